"""Group robots of WeCom 企业微信, by its page 群机器人配置说明 (path 91770; 99110 since).

Markdown of at most 4,096 bytes of UTF-8, no signature (the key stands in the address), 20 messages
a minute for each robot. Codes by the page 全局错误码 (90313).
"""

import json
from collections.abc import Mapping

from services.alerts.adapters import calls, codes, robots
from services.alerts.adapters.calls import Client
from services.alerts.adapters.codes import Code, Meaning
from services.alerts.rules.deliveries import Answer, Parcel, Verdict

LONGEST = 4096
CODES: Mapping[Code, Meaning] = {
    -1: Meaning("busy", Verdict.AGAIN),
    45009: Meaning("too_fast", Verdict.AGAIN, 60),
    45033: Meaning("too_fast", Verdict.AGAIN, 60),
    40008: Meaning("malformed"),
    40035: Meaning("malformed"),
    40058: Meaning("malformed"),
    44004: Meaning("malformed"),
    45002: Meaning("too_long"),
    93000: Meaning("gone", Verdict.GONE),
    93004: Meaning("gone", Verdict.GONE),
    93008: Meaning("gone", Verdict.GONE),
}


async def send(client: Client, parcel: Parcel) -> Answer:
    """Post one message to the group."""
    content = robots.fit(f"**{parcel.subject}**\n{parcel.body}", LONGEST)
    body = {"msgtype": "markdown", "markdown": {"content": content}}
    answer = await calls.call(
        client, parcel.address, content=json.dumps(body, ensure_ascii=False).encode(),
        headers={"content-type": calls.JSON},
    )  # fmt: skip
    return codes.read(answer, "errcode", CODES, robots.GOOD)


async def check(client: Client, address: str) -> Answer:
    """See whether WeCom answers."""
    return await robots.reach(client, address)
