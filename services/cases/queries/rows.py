"""How rows are locked, and how those are written that are unique while something lasts."""

from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Executable, Select
from sqlalchemy.dialects.postgresql import insert

from services.cases.models import Base
from shared import changes, db
from shared.db import Session

_T = TypeVar("_T")


async def locked_all(session: Session, statement: Select[_T]) -> list[_T]:
    """Lock rows and read them as they are now, whatever this session has read of them before."""
    locked = statement.with_for_update().execution_options(populate_existing=True)
    return list((await session.scalars(locked)).all())


async def locked_first(session: Session, statement: Select[_T]) -> _T | None:
    """Lock one row and read it as it is now; None if there is none."""
    found = await locked_all(session, statement.limit(1))
    return found[0] if found else None


async def insert_new(session: Session, model: type[Base], **values: Any) -> bool:
    """Write a row unless an index says that it is there; audited like any other insert.

    A conflict waits for the transaction that holds the other row, so two cannot both be new.
    """
    table: Any = model.__table__
    done = await session.scalar(_new(table), values)
    if done is None:
        return False
    after = {name: changes.shown(table.c[name], value) for name, value in values.items()}
    db.record(session, "insert", table.name, done, after=after)
    return True


@cache
def _new(table: Any) -> Executable:  # noqa: ANN401  a mapped table has no type of its own
    """Build it once: each condition, case and entry that comes is written by it."""
    return insert(table).on_conflict_do_nothing().returning(table.c.id)
