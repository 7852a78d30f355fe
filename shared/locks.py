"""Advisory locks: what one process at a time does, however many replicas there are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.connections import Learned

TRY = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
_LET_GO = "SELECT pg_advisory_unlock(hashtextextended($1, 0))"


async def connect(url: str, *, seconds: float = 10) -> "asyncpg.Connection[Any]":
    """Open a connection of one's own, never pooled, that notices a dead server soon."""
    return await asyncpg.connect(
        url.replace("postgresql+asyncpg://", "postgresql://", 1),
        timeout=seconds,
        command_timeout=60,
        connection_class=Learned,
        server_settings={
            "application_name": "xinqing-alone",
            "timezone": "UTC",
            "tcp_keepalives_idle": "5",
            "tcp_keepalives_interval": "2",
            "tcp_keepalives_count": "3",
            # What is asked here is the same each time: it need not be planned for its values.
            "plan_cache_mode": "force_generic_plan",
        },
    )


class Keeper:
    """Holds the advisory lock of a task on a connection of its own, which it keeps for the next.

    The lock lives as long as the connection, so whoever loses the connection has lost the lock.
    To open one costs the server a process each time, so one that holds no lock any more is kept;
    whatever ends otherwise takes its connection with it.
    """

    def __init__(self, url: str) -> None:
        """Take the address of the database; nothing is opened yet."""
        self._url = url
        self._kept: asyncpg.Connection[Any] | None = None

    @asynccontextmanager
    async def alone(self, task: str) -> "AsyncIterator[asyncpg.Connection[Any] | None]":
        """Hold the advisory lock of a task; None if another holds it."""
        connection, self._kept = self._kept, None
        if connection is None or connection.is_closed():
            connection = await connect(self._url)
        try:
            held = await connection.fetchval(TRY, task)
            yield connection if held else None
            if held:
                await connection.fetchval(_LET_GO, task)
        except BaseException:
            # Terminate rather than close: a server that does not answer must not hold us up.
            connection.terminate()
            raise
        # Of two that were open at once one is enough.
        self.close()
        self._kept = connection

    def close(self) -> None:
        """Let go of the connection that is kept."""
        if self._kept is not None:
            self._kept.terminate()
            self._kept = None


@asynccontextmanager
async def held(
    bind: AsyncEngine | AsyncConnection, task: str, *, wait: bool
) -> AsyncIterator[bool]:
    """Hold an advisory lock on a pooled connection for a short while (a scenario's clock).

    Gives whether it is ours; with `wait` it waits for the other holder.
    """
    if not isinstance(bind, AsyncEngine):
        raise TypeError("a lock is held on a connection of the pool")
    plain = bind.execution_options(isolation_level="AUTOCOMMIT")
    async with plain.connect() as taken:
        lock = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
        name = {"task": task}
        got = await taken.scalar(text(f"SELECT {lock}(hashtextextended(:task, 0))"), name)
        ours = wait or bool(got)
        try:
            yield ours
        finally:
            if ours:
                unlock = text("SELECT pg_advisory_unlock(hashtextextended(:task, 0))")
                await taken.execute(unlock, name)
