"""Rows in sets: what a thousand rows say goes to the database as one statement."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    FromClause,
    Table,
    Uuid,
    bindparam,
    column,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy import Text as Words
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, InstanceState
from sqlalchemy.types import TypeEngine

from shared import clock
from shared.db import AuditRow, Session, difference, new_id, record, shown

_Changed = tuple[DeclarativeBase, dict[str, Any], dict[str, Any]]
"""A row, what it was, and what it has become."""
_Column = tuple[TypeEngine[Any], Sequence[Any]]
"""A type, and the values of as many rows as there are."""


async def change(session: Session, rows: Sequence[DeclarativeBase]) -> None:
    """Write what loaded and locked rows of one table have become: one UPDATE, audit rows in it.

    A flush would write the same row by row. What is as it was is left alone. Raises RuntimeError
    if a row is not there.
    """
    changed = [(row, *said) for row in rows if (said := difference(row, new=False)) != ({}, {})]
    if not changed:
        return
    mapper: Any = inspect(changed[0][0]).mapper
    table: Any = mapper.local_table
    (key,) = mapper.primary_key
    names = sorted({name for _, _, after in changed for name in after})
    given = {name: [getattr(row, name) for row, *_ in changed] for name in (key.key, *names)}
    became = _unnested("became", {name: (table.c[name].type, given[name]) for name in given})
    statement = (
        update(table)
        .where(key == became.c[key.key])
        .values(_on_update(table) | {name: became.c[name] for name in names})
        .returning(key)
        .add_cte(_recorded(session, table.name, changed))
    )
    with session.no_autoflush:
        written = await session.execute(statement)
    if len(written.all()) != len(changed):
        raise RuntimeError(f"a row of {table.name} that was changed is not there")
    session.info["written"] = True
    states: list[InstanceState[Any]] = [inspect(row) for row, *_ in changed]
    # They are what the database holds, as after a flush, which would write them again.
    own = session.sync_session
    own._register_altered(states)  # noqa: SLF001  no name of it is public; so with the next
    InstanceState._commit_all_states(  # noqa: SLF001
        [(state, state.dict) for state in states], own.identity_map
    )


def _on_update(table: Table) -> dict[str, Any]:
    """Give what columns get at each change; beside another statement SQLAlchemy gives nothing."""
    defaults: dict[str, Any] = {each.name: each.onupdate for each in table.c if each.onupdate}
    return {
        name: default.arg(None) if default.is_callable else default.arg
        for name, default in defaults.items()
    }


def _recorded(session: Session, table: str, changed: Sequence[_Changed]) -> CTE:
    """Give the audit rows of a change, to be written by the statement that changes."""
    keys = [str(inspect(row).mapper.primary_key_from_instance(row)[0]) for row, *_ in changed]
    said = _unnested(
        "said",
        {
            "id": (Uuid(), [new_id() for _ in changed]),
            "row_id": (Words(), keys),
            "before": (Words(), [json.dumps(before) for _, before, _ in changed]),
            "after": (Words(), [json.dumps(after) for *_, after in changed]),
        },
    )
    rows = select(
        said.c.id,
        bindparam("at", clock.wall(), AuditRow.at.type),
        bindparam("actor", session.info.get("actor", "unknown"), Words()),
        bindparam("action", "update", Words()),
        bindparam("table_name", table, Words()),
        said.c.row_id,
        said.c.before.cast(JSONB),
        said.c.after.cast(JSONB),
    )
    names = ("id", "at", "actor", "action", "table_name", "row_id", "before", "after")
    return insert(AuditRow).from_select(names, rows).cte("recorded")


def _unnested(name: str, columns: Mapping[str, _Column]) -> FromClause:
    """Give values as a table: an array for each column, however many rows there are."""
    arrays = [
        bindparam(f"{name}_{each}", list(values), ARRAY(kind))
        for each, (kind, values) in columns.items()
    ]
    shape = [column(each, kind) for each, (kind, _) in columns.items()]
    return func.unnest(*arrays).table_valued(*shape, name=name).render_derived()


async def copy(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Write lines of one aggregate as one COPY, audited once with their number and digest."""
    if not rows:
        return
    await copied(session, model, rows)
    table: Any = model.__table__
    said = [{name: shown(table.c[name], row[name]) for name in rows[0]} for row in rows]
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()
    after = {"rows": len(rows), "sha256": digest}
    record(session, "copy", table.name, rows[0].get("id", ""), after=after)


async def copied(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Write rows of plumbing as one COPY, in their order, behind what was added before."""
    table: Any = model.__table__
    connection = await session.connection()
    # What the lines belong to goes first; and the driver, which SQLAlchemy cannot see us use,
    # has no transaction open before a statement has gone through SQLAlchemy.
    await session.flush()
    await session.execute(text("SELECT 1"))
    names, dialect = list(rows[0]), connection.dialect
    kinds = [table.c[name].type.dialect_impl(dialect) for name in names]
    sent = list(zip(names, [kind.bind_processor(dialect) for kind in kinds], strict=True))
    records = [tuple(to(row[name]) if to else row[name] for name, to in sent) for row in rows]
    raw: Any = (await connection.get_raw_connection()).driver_connection
    await raw.copy_records_to_table(table.name, records=records, columns=names)
