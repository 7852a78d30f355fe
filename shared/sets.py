"""Rows in sets: what a thousand rows say goes to the database as one statement."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import sqlalchemy as sa
from pydantic_core import to_jsonable_python
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, InstanceState
from sqlalchemy.types import TypeEngine

from shared import asking, clock, plain, turns
from shared.changes import Unwritten, difference, note_written, shown
from shared.db import AuditRow, Session, new_id, record, write_audit
from shared.pii import Sealed

_Changed = tuple[DeclarativeBase, dict[str, Any], dict[str, Any]]
"""A row, what it was, and what it has become."""
_Column = tuple[TypeEngine[Any], Sequence[Any]]
"""A type, and the values of as many rows as there are."""
_MANY, _FEW = 500, 2_000
"""Rows of which it takes long to seal them; values that take a millisecond on their way."""


async def change(session: Session, rows: Sequence[DeclarativeBase]) -> None:
    """Write what loaded and locked rows of one table have become: one UPDATE, audit rows in it.

    A flush would write the same row by row. What is as it was is left alone. Raises RuntimeError
    if a row is not there.
    """
    changed = [(row, *said) for row in rows if (said := difference(row, new=False)) != ({}, {})]
    if not changed:
        return
    table: Any = sa.inspect(changed[0][0]).mapper.local_table
    names = tuple(sorted({name for _, _, after in changed for name in after}))
    statement = _changing(table, names)
    with session.no_autoflush:
        await session.run_sync(write_audit)  # What was told of these rows before goes first.
        written = await session.execute(statement, _values(session, table, names, changed))
    if len(written.all()) != len(changed):
        raise RuntimeError(f"a row of {table.name} that was changed is not there")
    note_written(session, table.name)
    states: list[InstanceState[Any]] = [sa.inspect(row) for row, *_ in changed]
    # They are what the database holds, as after a flush, which would write them again.
    own = session.sync_session
    own._register_altered(states)  # noqa: SLF001  no name of it is public; so with the next
    InstanceState._commit_all_states(  # noqa: SLF001
        [(state, state.dict) for state in states], own.identity_map
    )


@lru_cache(maxsize=200)
def _changing(table: sa.Table, names: tuple[str, ...]) -> sa.Update:
    """Make the statement by which some columns change; made once, for it takes as long as it is."""
    keys = [*table.primary_key]
    wanted = [*keys, *(table.c[name] for name in names)]
    became = unnested("became", {column.key: (column.type, ()) for column in wanted})
    given = {name: sa.bindparam(f"on_{name}", type_=table.c[name].type) for name in _told(table)}
    news = _on_update(table) | given | {name: became.c[name] for name in names}
    changing = sa.update(table).where(*(key == became.c[key.key] for key in keys)).values(news)
    return changing.returning(keys[0]).add_cte(_recorded(table))


def _values(
    session: Session, table: sa.Table, names: Sequence[str], changed: Sequence[_Changed]
) -> dict[str, Any]:
    """Give what such a statement writes."""
    rows = [row for row, *_ in changed]
    keys = [sa.inspect(row).mapper.primary_key_from_instance(row)[0] for row in rows]
    wanted = (*(key.key for key in table.primary_key), *names)
    return {
        **{f"became_{name}": [getattr(row, name) for row in rows] for name in wanted},
        **{f"on_{name}": told() for name, told in _told(table).items()},
        "said_id": [new_id() for _ in rows],
        "said_row_id": [str(key) for key in keys],
        "said_before": [json.dumps(before) for _, before, _ in changed],
        "said_after": [json.dumps(after) for *_, after in changed],
        "said_at": clock.wall(),
        "said_actor": session.info.get("actor", "unknown"),
    }


def _on_update(table: sa.Table) -> dict[str, Any]:
    """Give what columns get at each change; beside another statement SQLAlchemy gives nothing."""
    told: dict[str, Any] = {each.name: each.onupdate for each in table.c if each.onupdate}
    return {name: one.arg for name, one in told.items() if not one.is_callable}


def _told(table: sa.Table) -> dict[str, Callable[[], Any]]:
    """Give what tells the others of them their values, each time anew."""
    told: dict[str, Any] = {each.name: each.onupdate for each in table.c if each.onupdate}
    return {name: partial(one.arg, None) for name, one in told.items() if one.is_callable}


def _recorded(table: sa.Table) -> sa.CTE:
    """Give the audit rows of a change, to be written by the statement that changes."""
    texts = ("row_id", "before", "after")
    said = unnested("said", {"id": (sa.Uuid(), ()), **{name: (sa.Text(), ()) for name in texts}})
    rows = {
        "id": said.c.id,
        "at": sa.bindparam("said_at", type_=AuditRow.at.type),
        "actor": sa.bindparam("said_actor", type_=sa.Text()),
        "action": sa.literal("update", sa.Text()),
        "table_name": sa.literal(table.name, sa.Text()),
        "row_id": said.c.row_id,
        "before": said.c.before.cast(JSONB),
        "after": said.c.after.cast(JSONB),
    }
    return sa.insert(AuditRow).from_select([*rows], sa.select(*rows.values())).cte("recorded")


def unnested(name: str, columns: Mapping[str, _Column]) -> sa.FromClause:
    """Give values as a table: an array for each column, however many rows there are."""
    arrays = [
        sa.bindparam(f"{name}_{each}", list(values), ARRAY(kind))
        for each, (kind, values) in columns.items()
    ]
    shape = [sa.column(each, kind) for each, (kind, _) in columns.items()]
    return sa.func.unnest(*arrays).table_valued(*shape, name=name).render_derived()


async def copy(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Write lines of one aggregate as one COPY, audited once with their number and digest."""
    if not rows:
        return
    await copied(session, model, rows)
    _record_once(session, "copy", model, rows)


async def add(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Write some new rows of one aggregate as one INSERT, audited once, as by `copy`.

    A flush would make an object of each, and an audit row. What they belong to is written before.
    """
    if not rows:
        return
    await session.flush()  # What the rows belong to goes first.
    table: Any = model.__table__
    await session.run_sync(plain.write, table, rows)
    _record_once(session, "insert", model, rows)


def gather(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Write some new rows of one aggregate with the next flush, audited once, as by `add`.

    Those of several aggregates are then one statement.
    """
    if not rows:
        return
    _record_once(session, "insert", model, rows)
    unwritten = Unwritten.of(session, model.__table__)
    for row in rows:
        unwritten.tell(dict(row))


def put(session: Session, model: type[DeclarativeBase], row: Mapping[str, Any]) -> None:
    """Write a new row with the next flush, audited by itself, without an object of it.

    It is for lines that are only read later: a flush makes a statement and a look of each object.
    """
    table: Any = model.__table__
    after = {name: shown(table.c[name], value) for name, value in row.items()}
    record(session, "insert", table.name, row["id"], after=after)
    Unwritten.of(session, table).tell(dict(row))


async def rewrite(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Write some columns of locked rows that are too many to make objects of: one UPDATE.

    Each row has its `id` beside what it becomes; audited once, with their number and digest.
    Objects that the session has of them are as they were. Raises RuntimeError if a row is not
    there.
    """
    if not rows:
        return
    await session.flush()  # What was added or changed before goes first.
    table: Any = model.__table__
    given = {name: (table.c[name].type, [row[name] for row in rows]) for name in rows[0]}
    became = unnested("became", given)
    news = {name: became.c[name] for name in given if name != "id"}
    told = {name: give() for name, give in _told(table).items()}
    statement = (
        sa.update(table).where(table.c.id == became.c.id).values(_on_update(table) | told | news)
    )
    written: Any = await session.execute(statement)
    if written.rowcount != len(rows):
        raise RuntimeError(f"a row of {table.name} that was to change is not there")
    note_written(session, table.name)
    after = await turns.aside(digest, model, rows)
    record(session, "rewrite", table.name, rows[0]["id"], after=after)


def _record_once(
    session: Session, action: str, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> None:
    table: Any = model.__table__
    record(session, action, table.name, rows[0].get("id", ""), after=digest(model, rows))


def digest(model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give what the audit keeps of rows in place of themselves: their number and digest."""
    table: Any = model.__table__
    sealed = {name for name in rows[0] if isinstance(table.c[name].type, Sealed)}
    kept = [{name: row[name] for name in rows[0]} for row in rows]
    for row in kept if sealed else ():
        row |= {name: shown(table.c[name], row[name]) for name in sealed}
    # All at once: asked value by value it takes longer than to write the rows.
    said = to_jsonable_python(kept, fallback=str, bytes_mode="base64")
    summed = hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()
    return {"rows": len(rows), "sha256": summed}


async def merged(
    session: Session,
    model: type[DeclarativeBase],
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> int:
    """Write rows, bound as their columns take them, where their keys are not there; how many were.

    They stay in the temporary table `staged` until the transaction ends or the next set comes.
    """
    table: Any = model.__table__
    staged_as, listed = f"staged_{table.name}", ", ".join(names)
    # In the driver's own way: nothing can be kept of statements about a table that is new.
    make = f"""
        DROP TABLE IF EXISTS pg_temp.{staged_as};
        CREATE TEMPORARY TABLE {staged_as} ON COMMIT DROP AS
        SELECT {listed} FROM {table.name} WITH NO DATA
    """  # noqa: S608  names of our own
    merge = f"""
        INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {staged_as} ON CONFLICT DO NOTHING
    """  # noqa: S608  as above
    raw = await _raw(session)
    with plain.told(make):
        await raw.execute(make)
    await raw.copy_records_to_table(staged_as, records=_paced(rows), columns=names)
    with plain.told(merge):
        said: str = await raw.execute(merge)
    return int(said.rsplit(maxsplit=1)[-1])


def staged(model: type[DeclarativeBase]) -> sa.TableClause:
    """Give the table in which the rows of `merged` stand."""
    table: Any = model.__table__
    return sa.table(f"staged_{table.name}", *(sa.column(one.name, one.type) for one in table.c))


class Bound(NamedTuple):
    """Rows as their columns take them: names, and values in their order."""

    names: Sequence[str]
    records: Sequence[tuple[Any, ...]]


async def bound(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> Bound:
    """Give rows as their columns take them, for `copied`; their values change no more."""
    table: Any = model.__table__
    names = tuple(rows[0])
    if len(rows) < _MANY:
        return Bound(names, plain.records(table, names, rows))
    # To seal some thousand values takes long enough to keep others waiting.
    return Bound(names, await turns.aside(plain.records, table, names, rows))


async def copied(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]] | Bound
) -> None:
    """Write rows of plumbing as one COPY, in their order, behind what was added before."""
    table: Any = model.__table__
    raw = await _raw(session)
    names, records = rows if isinstance(rows, Bound) else await bound(session, model, rows)
    await raw.copy_records_to_table(table.name, records=_paced(records), columns=names)


async def _raw(session: Session) -> Any:  # noqa: ANN401  the driver types it by its records
    """Give the driver's connection in a transaction, behind what was added before."""
    await session.flush()  # What rows belong to goes before them.
    return await asking.driver(session)


async def _paced(records: Sequence[tuple[Any, ...]]) -> AsyncIterator[tuple[Any, ...]]:
    """Let others go on between some rows and the next: the driver makes bytes of them in the loop.

    It would go through thousands without a stop, and everybody would wait for it.
    """
    some = _FEW // len(records[0]) if records else 1
    for first in range(0, len(records), some):
        for one in records[first : first + some]:
            yield one
        await asyncio.sleep(0)
