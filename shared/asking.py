"""Single statements in the driver's own way, which costs a fifth of what SQLAlchemy's does."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import Executable
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler

from shared import plain
from shared.changes import Unwritten
from shared.locks import connect

_DIALECT = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy types none of it


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
    """Give the rows of a statement of plumbing, with `$1` and so on, within a transaction.

    The driver begins it with the first statement that goes through SQLAlchemy; so that one does.
    """
    if session.new or session.dirty or Unwritten.to_flush(session):
        await session.flush()  # As before each statement, so that locks keep their order.
    connection = await session.connection()
    raw: Any = (await connection.get_raw_connection()).driver_connection
    if not raw.is_in_transaction():
        return (await connection.exec_driver_sql(statement, values)).all()
    with plain.told(statement):
        found: Sequence[Any] = await raw.fetch(statement, *values)
    return found


async def told(
    session: AsyncSession, statement: Executable, values: Mapping[str, Any]
) -> Sequence[Any]:
    """Give the plain rows of a statement that is built once, without lists of values, as `rows`."""
    built = _built(statement)
    said = built.construct_params(dict(values))
    return await rows(session, str(built), *(said[name] for name in built.positiontup or ()))


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
