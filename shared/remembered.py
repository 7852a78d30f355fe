"""What has been read for one of a batch of limits, and serves the others of its transaction."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

_KEY = "remembered"


def begin(session: AsyncSession) -> None:
    """Remember from now on: what others commit meanwhile is as if it came behind this batch."""
    session.info[_KEY] = {}


def locked(session: AsyncSession, table: str) -> dict[UUID, Any]:
    """Give the rows of a table, by id, that this batch has locked: only its objects change them.

    It is empty, and what is added is lost, outside of batches.
    """
    kept: dict[str, dict[Any, Any]] | None = session.info.get(_KEY)
    return {} if kept is None else kept.setdefault(f"locked {table}", {})


def of(session: AsyncSession, table: str, *beside: str) -> dict[Any, Any]:
    """Give what was read of a table, and of others beside it, to look up and to add to.

    It is empty, and what is added is lost, where nothing is remembered: outside of batches, and
    once this transaction has changed one of the tables itself.
    """
    kept: dict[str, dict[Any, Any]] | None = session.info.get(_KEY)
    if kept is None:
        return {}
    changed = {row.__tablename__ for row in (*session.new, *session.dirty)}
    if not changed.union(session.info.get("written", ())).isdisjoint((table, *beside)):
        return {}
    return kept.setdefault(table, {})
