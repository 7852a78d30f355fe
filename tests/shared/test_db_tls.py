"""A database's address may ask for TLS: then nothing is said before it, by whatever way we come."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from shared import db, locks, migrations
from tests.fixtures.database import load

SSL_REQUEST = bytes.fromhex("00000008 04d2162f")


@asynccontextmanager
async def plain_server(heard: bytearray) -> AsyncIterator[str]:
    """Answer as a PostgreSQL that speaks no TLS, and note what is said to it; give its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heard.extend(await reader.readexactly(len(SSL_REQUEST)))
            writer.write(b"N")
            heard.extend(await reader.read())
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"postgresql://payroll:a-password@{host}:{port}/payroll?sslmode=require"


async def by_pool(url: str) -> None:
    engine = db.engine(url)
    try:
        async with engine.connect():
            pass
    finally:
        await engine.dispose()


async def by_migration(url: str) -> None:
    await migrations.verify_head(load("payroll"), url)


@pytest.mark.parametrize("way", [by_pool, locks.connect, by_migration])
async def test_without_tls_nothing_is_said(way: Callable[[str], Awaitable[object]]) -> None:
    heard = bytearray()
    async with plain_server(heard) as url:
        with pytest.raises(ConnectionError):
            await way(url)
    assert heard == SSL_REQUEST
