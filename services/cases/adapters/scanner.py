"""A virus scanner beside the platform, spoken to as clamd is (INSTREAM)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog

from shared.files import Scan

log = structlog.get_logger()

_PIECE = 256 * 1024
_LONGEST_ANSWER = 4_096


async def scan(content: bytes, address: str | None, patience: float) -> Scan:
    """Say what the scanner says of a file; what nobody could look at is NOT_SCANNED.

    `address` is `host:port`, or `unix:/path`; None: there is no scanner.
    """
    if not address:
        return Scan.NOT_SCANNED
    try:
        async with asyncio.timeout(patience), _opened(address) as (reader, writer):
            await _send(writer, content)
            answer = await reader.readuntil(b"\0")
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        log.warning("scanner_away", reason=type(error).__name__)
        return Scan.NOT_SCANNED
    verdict = answer.rstrip(b"\0\n ")
    if verdict.endswith(b": OK"):
        return Scan.CLEAN
    if verdict.endswith(b" FOUND"):
        log.error("infected_file_kept_apart")
        return Scan.INFECTED
    log.warning("scanner_refused")
    return Scan.NOT_SCANNED


@contextlib.asynccontextmanager
async def _opened(
    address: str,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    path = address.removeprefix("unix:")
    if path != address:
        reader, writer = await asyncio.open_unix_connection(path, limit=_LONGEST_ANSWER)
    else:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=_LONGEST_ANSWER)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _send(writer: asyncio.StreamWriter, content: bytes) -> None:
    """Send a file in pieces, each behind its length; a length of nought ends it."""
    writer.write(b"zINSTREAM\0")
    for at in range(0, len(content), _PIECE):
        piece = content[at : at + _PIECE]
        writer.write(len(piece).to_bytes(4, "big") + piece)
        await writer.drain()
    writer.write(bytes(4))
    await writer.drain()
