"""Single statements in the driver's own way, which costs a fifth of what SQLAlchemy's does."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Executable,
    String,
    any_,
    bindparam,
    event,
    inspect,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.asyncpg import PGCompiler_asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, SessionTransaction
from sqlalchemy.orm import Session as SyncSession
from sqlalchemy.orm.util import identity_key
from sqlalchemy.sql.compiler import SQLCompiler

from shared import plain
from shared.changes import Unwritten
from shared.locks import connect

_DRIVER = "driver"
_Row = TypeVar("_Row", bound=DeclarativeBase)


class _Written(PGCompiler_asyncpg):
    """Writes what is fixed in a statement into it, rather than ask by it each time.

    PostgreSQL plans a statement that is asked often for any values: an index of a part of a table
    serves it only where it reads that it asks for this part.
    """

    def visit_bindparam(self, bindparam: BindParameter[Any], *args: Any, **how: Any) -> str:
        """Give a parameter, or its value where nobody can give another."""
        a_word = isinstance(bindparam.type, String) and isinstance(bindparam.value, str)
        if bindparam.unique and (a_word or isinstance(bindparam.value, bool)):
            how["literal_binds"] = True
        said: str = super().visit_bindparam(bindparam, *args, **how)  # type: ignore[no-untyped-call]
        return said


_DIALECT = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy types none of it
_DIALECT.statement_compiler = _Written


class Asker:
    """Asks on a connection of its own, one statement after the other, each a transaction by itself.

    It is for what is looked at all the time and mostly finds nothing.
    """

    def __init__(self, url: str) -> None:
        """Take the address of the database; nothing is opened yet."""
        self._url = url
        self._kept: asyncpg.Connection[Any] | None = None
        self._turn = asyncio.Lock()

    async def row(
        self, statement: Executable, values: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """Give the one row of a statement that is built once, by its columns' names."""
        built = _built(statement)
        said = built.construct_params(dict(values))
        given = [said[name] for name in built.positiontup or ()]
        async with self._turn:
            found = await (await self._connection()).fetchrow(str(built), *given)
        return dict(found) if found else None

    async def _connection(self) -> "asyncpg.Connection[Any]":
        if self._kept is None or self._kept.is_closed():
            self._kept = await connect(self._url)
            for kind in ("json", "jsonb"):
                await self._kept.set_type_codec(
                    kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
                )
        return self._kept

    def close(self) -> None:
        """Let go of the connection."""
        if self._kept is not None:
            self._kept.terminate()
            self._kept = None


async def rows(session: AsyncSession, statement: str, *values: object) -> Sequence[Any]:
    """Give the rows of a statement of plumbing, with `$1` and so on, within the transaction."""
    own = session.sync_session
    if own.autoflush and (own.new or own.dirty or Unwritten.to_flush(own)):
        await session.flush()  # As before each statement, so that locks keep their order.
    raw = await driver(session)
    with plain.told(statement):
        found: Sequence[Any] = await raw.fetch(statement, *values)
    return found


async def driver(session: AsyncSession) -> Any:  # noqa: ANN401  the driver types it by its records
    """Give the driver's connection, in a transaction, and keep it until that ends."""
    if kept := session.info.get(_DRIVER):
        return kept
    pooled = await (await session.connection()).get_raw_connection()
    raw: Any = pooled.driver_connection
    if not raw.is_in_transaction():
        adapter: Any = pooled.dbapi_connection
        # SQLAlchemy begins it with the first of its own statements, of which this may be none.
        try:
            await adapter._start_transaction()  # noqa: SLF001  it has no public name for it
        except adapter.dbapi.Error as error:
            made = DBAPIError.instance("BEGIN", None, error, adapter.dbapi.Error, True)  # noqa: FBT003  hides parameters; it takes them in their order
            raise made from error
    session.info[_DRIVER] = raw
    return raw


# A savepoint, too, is set by what SQLAlchemy is asked first within it: for the connection.
@event.listens_for(SyncSession, "after_transaction_create")
@event.listens_for(SyncSession, "after_transaction_end")
def _other(session: SyncSession, _: SessionTransaction) -> None:
    session.info.pop(_DRIVER, None)


async def told(
    session: AsyncSession, statement: Executable, values: Mapping[str, Any]
) -> Sequence[Any]:
    """Give the plain rows of a statement that is built once, without lists of values, as `rows`."""
    built = _built(statement)
    said = built.construct_params(dict(values))
    return await rows(session, str(built), *(said[name] for name in built.positiontup or ()))


async def seldom(
    session: AsyncSession, model: type[_Row], ids: Executable, values: Mapping[str, Any]
) -> list[_Row]:
    """Give the rows whose ids such a statement gives, in its order, where mostly there are none."""
    found = [row[0] for row in await told(session, ids, values)]
    if not found:
        return []
    loaded: Any = await session.scalars(select(model).where(model.__table__.c.id.in_(found)))
    by_id = {row.id: row for row in loaded}
    return [by_id[each] for each in found if each in by_id]


def held(session: AsyncSession, model: type[_Row], ids: Iterable[UUID]) -> dict[UUID, _Row]:
    """Give those rows of a table that the session holds by their ids, as it last saw them.

    Asked for again they would come as they are: what is loaded is not loaded anew.
    """
    there = session.sync_session.identity_map
    rows = {one: there.get(identity_key(model, one)) for one in ids}
    return {one: row for one, row in rows.items() if row is not None and not inspect(row).expired}


def code(value: str) -> ColumnElement[str]:
    """Give a code of ours that is written into a statement, not handed over with each asking.

    A plan for any value could not use an index that holds only the rows of one.
    """
    return literal_column(f"'{value}'", String)


def one_of(column: Any, name: str) -> ColumnElement[bool]:  # noqa: ANN401  any mapped column
    """Say that a column holds one of the values by whose name a statement built once is asked."""
    found: ColumnElement[bool] = column == any_(bindparam(name, type_=ARRAY(column.type)))
    return found


_WAIT = """
    SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest($1::text[]) AS name
"""


async def wait_for(session: AsyncSession, *names: str) -> None:
    """Take some names, in their order, until the transaction ends; who takes the same waits."""
    if names:
        await rows(session, _WAIT, sorted(names))


@lru_cache(maxsize=500)
def _built(statement: Any) -> SQLCompiler:  # noqa: ANN401  what is executed has no type that compiles
    built = statement.compile(dialect=_DIALECT)
    if not isinstance(built, SQLCompiler) or built.post_compile_params:
        # A list of values would be as many parameters as it is long, each time anew.
        raise TypeError("what is asked is one statement, written out, without lists of values")
    return built
