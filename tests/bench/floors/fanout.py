"""The least that telling many subscribers can be: sign and post, so many at once, and no more."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Iterable, Sequence
from uuid import uuid4

import httpx

AT_ONCE = 128


def headers(secret: str, body: str) -> dict[str, str]:
    """Sign a message as Standard Webhooks asks."""
    message_id, at = str(uuid4()), str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    said = f"{message_id}.{at}.{body}".encode()
    digest = hmac.new(key, said, hashlib.sha256).digest()
    return {
        "content-type": "application/cloudevents+json",
        "webhook-id": message_id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


async def post(urls: Iterable[str], secret: str, body: str) -> Sequence[int]:
    """Post a message to each, and give the statuses."""
    statuses: list[int] = []
    left = iter(urls)
    async with httpx.AsyncClient(trust_env=False) as client:

        async def lane() -> None:
            for url in left:
                answer = await client.post(url, content=body, headers=headers(secret, body))
                statuses.append(answer.status_code)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(lane())
    return statuses
