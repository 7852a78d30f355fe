"""Group robots of Feishu 飞书, by its page 自定义机器人使用指南 (Custom bot usage guide).

The signature, in the body beside the time in seconds, is base64 of HMAC-SHA256 over nothing, under
the time, a line feed and the secret; the time is at most an hour off. A body has at most 20 kB. A
robot takes 100 messages a minute and 5 a second, and says 11232 where it is more, or where Feishu
itself is busy.
"""

import base64
import hmac
from collections.abc import Mapping
from functools import partial
from typing import Any

from services.alerts.adapters import calls, codes, robots
from services.alerts.adapters.calls import Client
from services.alerts.adapters.codes import Code, Meaning
from services.alerts.rules.deliveries import Answer, Parcel, Verdict
from shared import clock

LONGEST, LONGEST_TITLE = 20_000, 300
CODES: Mapping[Code, Meaning] = {
    11232: Meaning("too_fast", Verdict.AGAIN, 60),
    9499: Meaning("malformed"),
    19001: Meaning("gone", Verdict.GONE),
    19021: Meaning("unverified"),
    19022: Meaning("unverified"),
    19024: Meaning("unverified"),
}
TONGUES = {"zh": "zh_cn", "en": "en_us"}


async def send(client: Client, parcel: Parcel) -> Answer:
    """Post one message to the group."""
    answer = await calls.call(
        client, parcel.address, content=robots.fitted(partial(_body, parcel), LONGEST),
        headers={"content-type": calls.JSON},
    )  # fmt: skip
    return codes.read(answer, "code", CODES, robots.GOOD)


def _body(parcel: Parcel, room: int) -> dict[str, Any]:
    lines = robots.fit(parcel.body, room).splitlines()
    post = {
        "title": robots.fit(parcel.subject, LONGEST_TITLE),
        "content": [[{"tag": "text", "text": line}] for line in lines],
    }
    body = {"msg_type": "post", "content": {"post": {TONGUES[parcel.language]: post}}}
    return (_sign(parcel.secrets[0]) if parcel.secrets else {}) | body


def _sign(secret: str) -> dict[str, str]:
    at = int(clock.wall().timestamp())
    sign = hmac.digest(f"{at}\n{secret}".encode(), b"", "sha256")
    return {"timestamp": str(at), "sign": base64.b64encode(sign).decode()}


async def check(client: Client, address: str) -> Answer:
    """See whether Feishu answers."""
    return await robots.reach(client, address)
