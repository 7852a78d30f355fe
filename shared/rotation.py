"""After a rotation of keys: what old keys sealed is sealed anew, in sets, until none is left.

Tables and columns are read off the metadata, so that a new one cannot be forgotten; kept files are
listed by their store. Nothing remembers how far it came: each value says itself which key sealed
it, so whatever ends in the middle is begun again, and finds what is left.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy import Column, LargeBinary, MetaData, Table
from sqlalchemy import type_coerce as raw

from shared import pii
from shared.db import Session, Sessions, record
from shared.files import FileMissing, Files
from shared.locks import held
from shared.pii import Keyring, Unsealable
from shared.sets import unnested

log = structlog.get_logger()

BATCH = 500
FILES_AT_ONCE = 8
FILES_LOCK = "kept_files"
"""Held while files are sealed anew: one that is discarded meanwhile would be put back."""


def sealed_columns(metadata: MetaData) -> dict[Table, list[Column[Any]]]:
    """Give the sealed columns of a service, by table."""
    found = {
        table: [column for column in table.columns if isinstance(column.type, pii.Sealed)]
        for table in metadata.sorted_tables
    }
    return {table: columns for table, columns in found.items() if columns}


async def reseal(sessions: Sessions, metadata: MetaData) -> int:
    """Seal values of a service's tables that an old key sealed with today's; give how many rows.

    What changes is the seal, not the value, so the audit tells of numbers only. Rows that others
    hold are left for the next look.
    """
    ring = pii.keyring()
    return sum(
        [
            await _reseal_table(sessions, ring, table, columns)
            for table, columns in sealed_columns(metadata).items()
        ]
    )


async def _reseal_table(
    sessions: Sessions, ring: Keyring, table: Table, columns: Sequence[Column[Any]]
) -> int:
    """Walk along the table's key, a batch of stale rows in each transaction."""
    done, behind = 0, None
    while ring.older:
        async with sessions.begin("poll:reseal") as session:
            rows = (await session.execute(_stale(ring, table, columns, behind))).all()
            if not rows:
                break
            behind = rows[-1][: len(table.primary_key.columns)]
            done += await _write(session, ring, table, columns, rows)
    return done


def _stale(
    ring: Keyring,
    table: Table,
    columns: Sequence[Column[Any]],
    behind: Any | None,  # noqa: ANN401  a row
) -> sa.Select[Any]:
    """Give rows behind a key, and locked, of which an old key that is here sealed something."""
    keys = list(table.primary_key.columns)
    contents = [raw(column, LargeBinary).label(column.name) for column in columns]
    old = sa.or_(
        *(
            sa.func.substring(raw(column, LargeBinary), 1, len(head)) == head
            for column in columns
            for head in map(pii.head_of, ring.older)
        )
    )
    wanted = sa.select(*keys, *contents).where(old).order_by(*keys).limit(BATCH)
    if behind is not None:
        after = [sa.literal(value, key.type) for key, value in zip(keys, behind, strict=True)]
        wanted = wanted.where(sa.tuple_(*keys) > sa.tuple_(*after))
    return wanted.with_for_update(skip_locked=True)


async def _write(
    session: Session,
    ring: Keyring,
    table: Table,
    columns: Sequence[Column[Any]],
    rows: Sequence[Any],
) -> int:
    """Write a batch as one statement."""
    keys = list(table.primary_key.columns)
    said = await asyncio.to_thread(_anew, ring, len(keys), rows)
    given: dict[str, tuple[Any, Sequence[Any]]] = {
        f"key_{key.name}": (key.type, [row[place] for row in said])
        for place, key in enumerate(keys)
    }
    for place, column in enumerate(columns, len(keys)):
        given[column.name] = (LargeBinary(), [row[place] for row in said])
    anew = unnested("anew", given)
    # Neither does a row change for those who pull it, nor its instant.
    kept: dict[str, Any] = {one.name: one for one in table.c if one.onupdate}
    sealed = {column.name: raw(anew.c[column.name], column.type) for column in columns}
    await session.execute(
        sa.update(table)
        .where(*(key == anew.c[f"key_{key.name}"] for key in keys))
        .values(kept | sealed)
    )
    names = ",".join(column.name for column in columns)
    record(session, "reseal", table.name, names, after={"rows": len(said)})
    return len(said)


def _anew(ring: Keyring, keys: int, rows: Sequence[Any]) -> list[list[Any]]:
    """Give rows with what old keys sealed sealed anew; what cannot be opened stays as it is."""
    return [[*row[:keys], *(_seal_anew(ring, each) for each in row[keys:])] for row in rows]


def _seal_anew(ring: Keyring, sealed: bytes | None) -> bytes | None:
    if sealed is None or not ring.needs_reseal(sealed):
        return sealed
    try:
        return ring.seal(ring.open(sealed))
    except Unsealable:
        return sealed


async def reseal_files(files: Files, sessions: Sequence[Sessions] = ()) -> int:
    """Seal kept files that an old key sealed with today's; give how many.

    While a batch is sealed nobody discards a file: whose files they are is locked.
    """
    done = 0
    async for batch in files.listed():
        stale = [
            file_id for file_id, key in await _keys(files, batch) if key in files.keyring.older
        ]
        if stale:
            async with _held(sessions):
                done += sum(await _each(files, stale))
    return done


async def _each(files: Files, stale: Sequence[UUID]) -> list[bool]:
    slots = asyncio.Semaphore(FILES_AT_ONCE)

    async def one(file_id: UUID) -> bool:
        async with slots:
            try:
                return await files.reseal(file_id)
            except FileMissing:
                return False  # Discarded since it was listed.
            except Unsealable:
                log.error("kept_file_lost", file_id=str(file_id), why="Unsealable")
                return False

    return list(await asyncio.gather(*map(one, stale)))


@asynccontextmanager
async def _held(sessions: Sequence[Sessions]) -> AsyncIterator[None]:
    """Hold the lock of kept files in each database, in their order."""
    async with AsyncExitStack() as stack:
        for one in sessions:
            await stack.enter_async_context(held(one.bind, FILES_LOCK, wait=True))
        yield


async def _keys(files: Files, batch: Sequence[UUID]) -> list[tuple[UUID, str]]:
    """Give by which key each file is sealed; those that are gone meanwhile are left out."""
    slots = asyncio.Semaphore(FILES_AT_ONCE)

    async def one(file_id: UUID) -> tuple[UUID, str] | None:
        async with slots:
            try:
                return file_id, await files.key_of(file_id)
            except FileMissing:
                return None

    return [found for found in await asyncio.gather(*map(one, batch)) if found]


@dataclass(frozen=True, slots=True)
class Left:
    """Something that another key than today's sealed."""

    where: str
    """`table.column`, or `kept files`."""
    key: str
    count: int


async def left(sessions: Sessions, metadata: MetaData) -> list[Left]:
    """Count what is sealed by another key than today's, by column and key, whoever has that key."""
    today, found = next(iter(pii.keyring().keys)), []
    for table, columns in sealed_columns(metadata).items():
        for column in columns:
            content = raw(column, LargeBinary)
            key = sa.func.substring(content, 2, sa.func.get_byte(content, 0))
            counts = sa.select(key, sa.func.count()).where(column.is_not(None)).group_by(key)
            async with sessions.begin("operator:cli") as session:
                rows = (await session.execute(counts)).all()
            said = [(bytes(name).decode("ascii", "replace"), count) for name, count in rows]
            found += [Left(f"{table.name}.{column.name}", *one) for one in said if one[0] != today]
    return found


async def files_left(files: Files) -> list[Left]:
    """Count the kept files that another key than today's sealed, by key."""
    counted: Counter[str] = Counter()
    async for batch in files.listed():
        counted.update(key for _, key in await _keys(files, batch))
    today = next(iter(files.keyring.keys))
    return [Left("kept files", key, count) for key, count in counted.items() if key != today]
