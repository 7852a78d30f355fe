"""The least that a due instant can take to a subscriber: sleep until it, and post."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime

import httpx


async def post(url: str, dues: Sequence[datetime]) -> None:
    """Post at each instant to whoever listens."""
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.TaskGroup() as tasks:

        async def one(due: datetime) -> None:
            await asyncio.sleep(due.timestamp() - time.time())
            body = {"data": {"opened_at": due.isoformat()}}
            await client.post(url, json=body, headers={"webhook-id": due.isoformat()})

        for due in dues:
            tasks.create_task(one(due))
