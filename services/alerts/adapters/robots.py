"""What the robots of chat groups have in common."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from services.alerts.adapters import calls
from services.alerts.adapters.calls import Client
from services.alerts.adapters.codes import Code
from services.alerts.rules.deliveries import Answer, Verdict

GOOD: Mapping[Code, Verdict] = {0: Verdict.DELIVERED}
SERVER_ERRORS = 500


async def reach(client: Client, address: str) -> Answer:
    """See whether a robot's platform answers at its address; nothing is posted to the group.

    These addresses take POST only: what asks otherwise is told so.
    """
    answer = await calls.call(client, address, content=b"", headers={}, method="GET")
    if answer.status and answer.status >= SERVER_ERRORS:
        return replace(answer, error="status")
    return answer


def fit(text: str, limit: int) -> str:
    """Cut a text to so many bytes of UTF-8, between characters, and show that it was cut."""
    if len(text.encode()) <= limit:
        return text
    left = max(0, limit - len("…".encode()))
    return text.encode()[:left].decode("utf-8", "ignore") + "…"


def fitted(make: Callable[[int], Any], limit: int) -> bytes:
    """Give a body of JSON of at most so many bytes: `make` is asked for less text until it fits."""
    room = limit
    while True:
        body = json.dumps(make(room), ensure_ascii=False).encode()
        if len(body) <= limit or not room:
            return body
        room //= 2
