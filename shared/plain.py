"""Rows without objects: bound as their columns take them, and written by the driver."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import asyncpg
from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError
from sqlalchemy.orm import Session as SyncSession
from sqlalchemy.util import await_only

from shared import turns

_DIALECT: Dialect = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy types none of it

Record = tuple[Any, ...]


_Bind = Callable[[Any], Any] | None


@lru_cache(maxsize=500)
def _binds(table: Table, names: tuple[str, ...]) -> Sequence[_Bind]:
    kinds = [table.c[name].type.dialect_impl(_DIALECT) for name in names]
    return [kind.bind_processor(_DIALECT) for kind in kinds]


def records(
    table: Table, names: tuple[str, ...], rows: Sequence[Mapping[str, Any]]
) -> list[Record]:
    """Give rows' values as the columns of these names take them; each row has them all."""
    # Column by column, which is quickest.
    columns = [
        [to(row[name]) for row in rows] if to else [row[name] for row in rows]
        for name, to in turns.unhurried(zip(names, _binds(table, names), strict=True))
    ]
    return list(zip(*columns, strict=True))


class _Insert(NamedTuple):
    """How rows of some columns are written, and what a flush would fill in beside."""

    statement: str
    names: tuple[str, ...]
    defaults: Mapping[str, Callable[[], Any]]


@lru_cache(maxsize=500)
def _insert(table: Table, given: tuple[str, ...]) -> _Insert:
    defaults = {
        column.name: _default(column.default)
        for column in table.c
        if column.default is not None and column.name not in given
    }
    names = (*given, *defaults)
    listed, places = ", ".join(names), ", ".join(f"${n}" for n, _ in enumerate(names, 1))
    statement = f"INSERT INTO {table.name} ({listed}) VALUES ({places})"  # noqa: S608  names of our own
    return _Insert(statement, names, defaults)


def _default(default: Any) -> Callable[[], Any]:  # noqa: ANN401  SQLAlchemy's kinds of defaults
    if default.is_scalar:
        return lambda: default.arg
    if default.is_callable:
        return lambda: default.arg(None)
    raise TypeError("a default that is an expression is not known before the row is written")


def write(session: SyncSession, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, which have the same columns, where nothing can be awaited: in a commit."""
    statement, names, defaults = _insert(table, tuple(rows[0]))
    if any(row.keys() != rows[0].keys() for row in rows):
        raise ValueError(f"rows of {table.name} have different columns")
    filled = [{**row, **{name: give() for name, give in defaults.items()}} for row in rows]
    connection = session.connection()
    raw: Any = connection.connection.driver_connection
    # The driver, which SQLAlchemy cannot see us use, has no transaction open before a statement
    # has gone through SQLAlchemy.
    if not raw.is_in_transaction():
        connection.exec_driver_sql("SELECT 1")
    with told(statement):
        await_only(raw.executemany(statement, records(table, names, filled)))


def new_row(table: Table, row: Mapping[str, Any]) -> tuple[str, Record]:
    """Give the statement that writes a row where no index says that it is there, and its values.

    It gives the row's key if it did.
    """
    statement, names, defaults = _insert(table, tuple(row))
    filled = {**row, **{name: give() for name, give in defaults.items()}}
    keys = ", ".join(column.name for column in table.primary_key)
    unless = f"{statement} ON CONFLICT DO NOTHING RETURNING {keys}"
    return unless, records(table, names, [filled])[0]


@contextmanager
def told(statement: str) -> Iterator[None]:
    """Raise what the driver raises as SQLAlchemy does."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        raise IntegrityError(statement, None, error, hide_parameters=True) from error
    except asyncpg.PostgresError as error:
        raise DBAPIError(statement, None, error, hide_parameters=True) from error
    except asyncpg.InterfaceError as error:
        raise InterfaceError(statement, None, error, hide_parameters=True) from error
