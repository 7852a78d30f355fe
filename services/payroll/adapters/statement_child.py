"""Runs the reader of statement files in the sandbox; the parent's side."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.payroll.adapters import statement_file
from services.payroll.adapters.statement_types import Outcome, Piece, Refused, Said
from shared import sandbox, tables

# What it holds grows with the texts that a workbook shares among its cells, and with nothing else.
MEMORY_MB, SECONDS = 300, 120.0


@asynccontextmanager
async def reading(content: bytes) -> AsyncIterator[AsyncIterator[Piece]]:
    """Give a file's lines piece by piece; the last piece says what the file is, or why not."""
    async with sandbox.stream(
        statement_file.read, content, memory_mb=MEMORY_MB, seconds=SECONDS
    ) as pieces:
        yield _ended(pieces)


async def _ended(pieces: AsyncIterator[Piece]) -> AsyncIterator[Piece]:
    """Give pieces; a child that gave up ends as a refusal."""
    try:
        async for piece in pieces:
            yield piece
    except sandbox.SandboxRefused as error:
        yield Piece(refused=Refused(*tables.failed(error)))


async def read_all(content: bytes) -> tuple[list[Said], Outcome | None, Refused | None]:
    """Read a small file at once."""
    lines: list[Said] = []
    outcome: Outcome | None = None
    refused: Refused | None = None
    async with reading(content) as pieces:
        async for piece in pieces:
            lines += piece.lines
            outcome, refused = piece.outcome, piece.refused
    return lines, outcome, refused
