"""Asks again while a service, its broker or its database is being started again."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

_PAUSE = 0.1
_NOT_NOW = {httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.GATEWAY_TIMEOUT}


async def ask(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    patience: float,
    headers: Mapping[str, str],
    **request: Any,
) -> httpx.Response:
    """Make a request; with `patience` again for so many seconds while nobody can answer it now.

    A write goes with an Idempotency-Key then, so that one whose answer was lost is not done
    twice. Raises httpx.TransportError if at the end nobody answers at all.
    """
    if patience and method != "GET":
        headers = {**headers, "idempotency-key": str(uuid4())}
    deadline = time.monotonic() + patience
    while True:
        try:
            answer = await http.request(method, url, headers=headers, **request)
            if not _later(answer) or time.monotonic() > deadline:
                return answer
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(_PAUSE)


def _later(answer: httpx.Response) -> bool:
    """Say whether an answer means "not now": also that the same request is still under way."""
    if answer.status_code == httpx.codes.CONFLICT:
        kind: str = answer.json().get("type", "")
        return kind.endswith("/key-busy")
    return answer.status_code in _NOT_NOW
