"""A pool: it follows what the server does to its connections, and asks those that lay idle."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from shared import connections, db, locks, pool, problems
from shared.db import Sessions
from tests.fixtures.database import connected
from tests.waiting import until


async def end(sessions: Sessions) -> None:
    """End the connections of a service's pool at the server."""
    async with connected(sessions.url) as other:
        gone = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        assert await other.fetchval(f"{gone} WHERE application_name = 'xinqing'")


async def test_a_pool_follows_connections_that_the_server_has_ended(sessions: Sessions) -> None:
    held: list[Any] = []

    async def ask() -> int:
        async with sessions.begin() as session:
            await barrier.wait()
            raw = await (await session.connection()).get_raw_connection()
            held.append(raw.driver_connection)
            return await session.scalar(text("SELECT 1")) or 0

    for _ in range(2):
        barrier = asyncio.Barrier(3)
        assert await asyncio.gather(ask(), ask(), ask()) == [1, 1, 1]
        await end(sessions)
        # The process hears of an end by reading it: the server's last word, then that it hung up.
        await until(lambda: all(each.is_closed() for each in held))


async def test_the_connection_that_knows_most_is_used_next(sessions: Sessions) -> None:
    async def place() -> int:
        async with sessions.begin() as session:
            await barrier.wait()
            return await session.scalar(text("SELECT pg_backend_pid()")) or 0

    barrier = asyncio.Barrier(3)
    assert len({*await asyncio.gather(place(), place(), place())}) == 3
    barrier = asyncio.Barrier(1)
    assert len({await place() for _ in range(4)}) == 1


@dataclass
class Between:
    """Stands between a pool and the server, and may keep from the pool that the server hung up."""

    server: URL
    url: str = ""
    heard: bytearray = field(default_factory=bytearray)
    """What the server said."""
    free: asyncio.Event = field(default_factory=asyncio.Event)
    """Set: the pool may hear that the server hung up."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        place = f"{self.server.query['host']}/.s.PGSQL.5432"
        answers, asks = await asyncio.open_unix_connection(place)
        asking = asyncio.create_task(self._pass_on(reader, asks.write))
        await self._pass_on(answers, lambda data: (self.heard.extend(data), writer.write(data)))
        await self.free.wait()
        asking.cancel()
        asks.close()
        writer.close()

    async def _pass_on(self, source: asyncio.StreamReader, to: Callable[[bytes], object]) -> None:
        # A server that ends with something unread resets the line instead of closing it.
        with suppress(ConnectionResetError):
            while data := await source.read(65536):
                to(data)


@asynccontextmanager
async def between(sessions: Sessions) -> AsyncIterator[Between]:
    made = Between(make_url(sessions.url))
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    made.url = f"postgresql://{made.server.username}@{host}:{port}/{made.server.database}"
    try:
        yield made
    finally:
        made.free.set()
        server.close()


async def test_a_connection_is_lost_from_the_servers_last_word_on(sessions: Sessions) -> None:
    async with between(sessions) as line:
        one = Sessions(db.engine(line.url, pool_size=1), url=line.url, service="house")

        async def ask() -> int:
            async with one.begin() as session:
                return await session.scalar(text("SELECT 1")) or 0

        assert await ask() == 1
        await end(sessions)
        await until(lambda: b"57P01" in line.heard)
        for _ in range(10):  # Turns of the loop in which the pool's driver reads that word.
            await asyncio.sleep(0)
        with pytest.raises(DBAPIError) as refused:
            await ask()
        assert problems.is_away(refused.value)
        line.free.set()
        assert await ask() == 1
        await one.close()


async def test_a_connection_that_lay_idle_is_asked_whether_it_lives(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def ping(connection: object) -> None:
        asked.append(connection)
        raise OSError

    monkeypatch.setattr(AsyncAdapt_asyncpg_connection, "ping", ping)

    async def backend() -> int:
        async with sessions.begin() as session:
            return await session.scalar(text("SELECT pg_backend_pid()")) or 0

    first = await backend()
    assert await backend() == first
    assert asked == []
    monkeypatch.setattr(pool, "ASK_AFTER", 0.0)
    assert await backend() != first
    assert len(asked) == 1


async def test_a_savepoint_that_is_undone_leaves_nothing_behind(sessions: Sessions) -> None:
    """Some thousands refused rows of a file would else fill the server's table of locks."""
    written = text("CREATE TEMPORARY TABLE written (n int)")
    held = text("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()"
                " AND locktype = 'transactionid'")  # fmt: skip
    async with sessions.begin() as session:
        await session.execute(written)
        for _ in range(10):
            with suppress(DBAPIError):
                async with session.begin_nested():
                    await session.execute(text("INSERT INTO written VALUES (1)"))
                    await session.execute(text("SELECT 1 / 0"))
        await session.execute(text("INSERT INTO written VALUES (2)"))
        assert await session.scalar(held) == 1, "the transaction's own number alone"
        assert await session.scalar(text("SELECT sum(n) FROM written")) == 2


async def test_a_type_is_asked_for_once_in_a_process(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[frozenset[int]] = []
    driver = asyncpg.Connection._introspect_types  # noqa: SLF001  what is spared

    async def introspect(connection: object, oids: Collection[int], seconds: object) -> object:
        asked.append(frozenset(oids))
        return await driver(connection, oids, seconds)

    monkeypatch.setattr(asyncpg.Connection, "_introspect_types", introspect)
    monkeypatch.setattr(connections, "_KNOWN", {})
    async with sessions.begin() as session:
        await session.execute(text("CREATE TYPE mood AS ENUM ('well', 'ill')"))
    arrays = "SELECT $1::int8range[], $2::mood[]"
    given = [[asyncpg.Range(1, 3)], ["well"]]
    for known in (0, 1, 1):
        asked.clear()
        one = await locks.connect(sessions.url)
        ranges, moods = await one.fetchrow(arrays, *given)
        assert ([*ranges], [*moods]) == tuple(given)
        assert await one.fetchval("SELECT $1::macaddr[]", ["08:00:2b:01:02:03"])
        assert len(asked) == 2 - known, "a database's own types are asked for on each connection"
        await one.close()
