"""Waiting for what must come true, instead of sleeping."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy import text

from shared.db import Sessions


async def until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]], within: float = 10
) -> None:
    """Return once `condition()` is true; raise AssertionError if it is not `within` seconds."""
    try:
        async with asyncio.timeout(within):
            while True:
                answer = condition()
                if answer if isinstance(answer, bool) else await answer:
                    return
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"Not true within {within:g} s: {condition}") from None


def somebody_waits(sessions: Sessions) -> Callable[[], Awaitable[bool]]:
    """Give the question whether a session of this database waits for a lock of another."""
    asked = text(
        "SELECT count(*) > 0 FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE NOT granted AND datname = current_database()"
    )

    async def waits() -> bool:
        async with sessions.begin("test") as session:
            return bool(await session.scalar(asked))

    return waits
