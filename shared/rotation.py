"""After a rotation of keys: sealed values are sealed anew, a few at a time, until none is stale."""

from typing import Any

from sqlalchemy import Column, LargeBinary, MetaData, and_, bindparam, func, select, update
from sqlalchemy import type_coerce as raw

from shared import pii
from shared.db import Session, Sessions, record

BATCH = 200


def _sealed(metadata: MetaData) -> list[Column[str]]:
    return [
        column
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, pii.Sealed)
    ]


async def reseal(sessions: Sessions, metadata: MetaData) -> int:
    """Seal stale values of a service's tables with today's key; give how many.

    What changes is the seal, not the value, so the audit tells of numbers only.
    """
    done = 0
    for column in _sealed(metadata):
        async with sessions.begin("poll:reseal") as session:
            done += await _batch(session, column)
    return done


async def _batch(session: Session, column: Column[str]) -> int:
    table: Any = column.table
    keys = list(table.primary_key.columns)
    # The key's id stands in front of the value: its length, then its letters.
    head = pii.keyring().seal("")[: 1 + len(next(iter(pii.keyring().keys)))]
    content = raw(column, LargeBinary)
    rows = (
        await session.execute(
            select(*keys, content.label("content"))
            .where(column.is_not(None), func.substring(content, 1, len(head)) != head)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
    ).all()
    if not rows:
        return 0
    statement = (
        update(table)
        .where(and_(*(key == bindparam(f"key_{key.name}") for key in keys)))
        .values({column.name: bindparam("value", type_=column.type)})
    )
    connection = await session.connection()
    await connection.execute(
        statement,
        [
            {f"key_{key.name}": getattr(row, key.name) for key in keys}
            | {"value": pii.keyring().open(row.content).decode()}
            for row in rows
        ],
    )
    record(session, "reseal", table.name, column.name, after={"rows": len(rows)})
    return len(rows)
