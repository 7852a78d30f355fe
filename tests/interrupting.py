"""Holding a process at a point of its work by locks in PostgreSQL, and seeing that it stands there.

Each helper takes a lock that the process will need, yields a check that returns once the process
is seen waiting for it, and lets the lock go at the end.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from tests.waiting import until

Waited = Callable[..., Awaitable[None]]
"""`await waited()` returns once a session is seen waiting for the lock; `waited(2)`: two are."""

_WAITING = """
    SELECT count(*) FROM pg_locks
    JOIN pg_stat_activity USING (pid)
    WHERE NOT granted AND pid <> pg_backend_pid() AND datname = current_database()
    AND application_name LIKE 'xinqing%' AND
"""


def _check(connection: "asyncpg.Connection[Any]", which: str, *values: object) -> Waited:
    async def waited(number: int = 1) -> None:
        async def waits() -> bool:
            # Within a transaction the server shows the sessions that were there at the first look.
            await connection.execute("SELECT pg_stat_clear_snapshot()")
            found: int = await connection.fetchval(_WAITING + which, *values)
            return found >= number

        await until(waits, within=30)

    return waited


@asynccontextmanager
async def table_held(url: str, table: str, mode: str = "SHARE") -> AsyncIterator[Waited]:
    """Hold a table, by default so that it can be read and not written."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN {mode} MODE")
            yield _check(
                connection, "locktype = 'relation' AND relation = $1::regclass::oid", table
            )
    finally:
        await connection.close()


@asynccontextmanager
async def relay_held(url: str, service: str) -> AsyncIterator[Waited]:
    """Hold a service's relay where it would go to sleep: it sends nothing until it is let go."""
    connection = await asyncpg.connect(url)
    try:
        task = f"relay:{service}"
        await connection.execute("SELECT pg_advisory_lock(hashtextextended($1, 1))", task)
        key = await connection.fetchval("SELECT hashtextextended($1, 1)", task)
        halves = ((key >> 32) & 0xFFFFFFFF, key & 0xFFFFFFFF)
        which = "locktype = 'advisory' AND classid::bigint = $1 AND objid::bigint = $2"
        yield _check(connection, which, *halves)
    finally:
        await connection.close()


@asynccontextmanager
async def rows_held(url: str, select: str, *values: object) -> AsyncIterator[Waited]:
    """Hold the rows of a `SELECT … FOR UPDATE`."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            assert await connection.fetch(select, *values), "there is no such row to hold"
            yield _check(connection, "locktype IN ('transactionid', 'tuple')")
    finally:
        await connection.close()
