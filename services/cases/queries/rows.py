"""How rows are locked, and how those are written that are unique while something lasts."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Executable, Select, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.cases.models import Base
from shared import asking, changes, db, plain
from shared.db import Session

_T = TypeVar("_T")
_RowT = TypeVar("_RowT", bound=Base)


def _locked_rows(statement: Select[_T]) -> Select[_T]:
    return statement.with_for_update().execution_options(populate_existing=True)


async def locked_all(session: Session, statement: Select[_T]) -> list[_T]:
    """Lock rows and read them as they are now, whatever this session has read of them before."""
    return list((await session.scalars(_locked_rows(statement))).all())


async def locked_first(session: Session, statement: Select[_T]) -> _T | None:
    """Lock one row and read it as it is now; None if there is none."""
    found = await locked_all(session, statement.limit(1))
    return found[0] if found else None


async def locked_by(session: Session, statement: Select[_T], **values: Any) -> _T | None:
    """Lock one row, as `locked_first` does, by the values of a statement that is built once."""
    return (await session.scalars(_locked_once(statement), values)).one_or_none()


@cache
def _locked_once(statement: Select[Any]) -> Select[Any]:
    return _locked_rows(statement.limit(1))


async def insert_new(session: Session, model: type[Base], **values: Any) -> bool:
    """Write a row unless an index says that it is there; audited like any other insert.

    A conflict waits for the transaction that holds the other row, so two cannot both be new.
    """
    table: Any = model.__table__
    statement, given = plain.new_row(table, values)
    if not await asking.rows(session, statement, *given):
        return False
    _noted(session, table, values)
    return True


async def written(session: Session, model: type[_RowT], **values: Any) -> _RowT | None:
    """Write a row as `insert_new` does and give it, which nobody else sees; None if it is there."""
    table: Any = model.__table__
    statement = _new(model, tuple(values))
    given = {_PUT + name: value for name, value in values.items()}
    found: _RowT | None = (await session.scalars(statement, given)).one_or_none()
    if found is not None:
        _noted(session, table, values)
    return found


_PUT = "put_"


@cache
def _new(model: type[Base], names: tuple[str, ...]) -> Executable:
    """Build it once: each condition and item that comes is written by it."""
    table: Any = model.__table__
    given = {name: bindparam(_PUT + name, type_=table.c[name].type) for name in names}
    new = insert(table).values(given).on_conflict_do_nothing().returning(*table.c)
    return select(model).from_statement(new)


def _noted(session: Session, table: Any, values: Mapping[str, Any]) -> None:  # noqa: ANN401  a mapped table has no type of its own
    after = {name: changes.shown(table.c[name], value) for name, value in values.items()}
    db.record(session, "insert", table.name, values["id"], after=after)
