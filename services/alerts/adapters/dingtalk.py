"""Group robots of DingTalk 钉钉, by its pages 自定义机器人接入 and 自定义机器人安全设置 (加签).

The signature is base64 of HMAC-SHA256 over the time, a line feed and the secret, under the secret;
it stands percent-encoded in the address, beside the time in milliseconds, at most an hour off. 20
messages a minute for each robot; who sends more is shut out for ten minutes. A body has at most
20,000 bytes.
"""

import base64
import hmac
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote_plus

from services.alerts.adapters import calls, codes, robots
from services.alerts.adapters.calls import Client
from services.alerts.adapters.codes import Code, Meaning
from services.alerts.rules.deliveries import Answer, Parcel, Verdict
from shared import clock

LONGEST, LONGEST_TITLE = 20_000, 300
SHUT_OUT = 600.0
CODES: Mapping[Code, Meaning] = {
    -1: Meaning("busy", Verdict.AGAIN),
    130101: Meaning("too_fast", Verdict.AGAIN, SHUT_OUT),
    410100: Meaning("too_fast", Verdict.AGAIN, SHUT_OUT),
    # The robot asks for a keyword, a signature or an address that we did not give.
    310000: Meaning("unverified"),
    400013: Meaning("gone", Verdict.GONE),
    400101: Meaning("gone", Verdict.GONE),
    400102: Meaning("gone", Verdict.GONE),
    400106: Meaning("gone", Verdict.GONE),
    400105: Meaning("malformed"),
    430101: Meaning("unsuitable"),
    430102: Meaning("unsuitable"),
    430103: Meaning("unsuitable"),
    430104: Meaning("unsuitable"),
}


async def send(client: Client, parcel: Parcel) -> Answer:
    """Post one message to the group."""
    answer = await calls.call(
        client, _signed(parcel), content=robots.fitted(partial(_body, parcel), LONGEST),
        headers={"content-type": calls.JSON},
    )  # fmt: skip
    return codes.read(answer, "errcode", CODES, robots.GOOD)


def _body(parcel: Parcel, room: int) -> dict[str, Any]:
    title = robots.fit(parcel.subject, LONGEST_TITLE)
    # Two blanks before its end break a line of Markdown.
    lines = "  \n".join([f"#### {title}", *robots.fit(parcel.body, room).splitlines()])
    return {"msgtype": "markdown", "markdown": {"title": title, "text": lines}}


def _signed(parcel: Parcel) -> str:
    """Give the robot's address, signed if it has a secret."""
    if not parcel.secrets:
        return parcel.address
    secret, at = parcel.secrets[0], round(clock.wall().timestamp() * 1000)
    sign = hmac.digest(secret.encode(), f"{at}\n{secret}".encode(), "sha256")
    return f"{parcel.address}&timestamp={at}&sign={quote_plus(base64.b64encode(sign))}"


async def check(client: Client, address: str) -> Answer:
    """See whether DingTalk answers."""
    return await robots.reach(client, address)
