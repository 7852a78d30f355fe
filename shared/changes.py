"""What a transaction changes, as its audit rows tell it, and those that are not written yet."""

from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import ColumnElement, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper, PassiveFlag
from sqlalchemy.orm import Session as SyncSession
from sqlalchemy.orm.attributes import get_history

from shared.pii import Sealed


def shown(column: ColumnElement[Any], value: object) -> object:
    """Give a value as the audit may show it: a sealed one only as its being there."""
    if isinstance(column.type, Sealed):
        return None if value is None else "[sealed]"
    return to_jsonable_python(value, fallback=str, bytes_mode="base64")


def difference(row: object, *, new: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the columns of a row that a flush will write, as they were and as they will be."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    state = inspect(row)
    mapper: Mapper[Any] = state.mapper
    for attribute in mapper.column_attrs:
        # Asked only of what was set: to ask of all costs more than all else about a row.
        if attribute.key not in (state.dict if new else state.committed_state):
            continue
        history = get_history(row, attribute.key, PassiveFlag.PASSIVE_NO_INITIALIZE)
        column = attribute.columns[0]
        if new and history.added:
            after[attribute.key] = shown(column, history.added[0])
        elif history.has_changes() and not new:
            before[attribute.key] = shown(column, history.deleted[0] if history.deleted else None)
            after[attribute.key] = shown(column, history.added[0] if history.added else None)
    return before, after


def note_written(session: AsyncSession | SyncSession, *tables: str) -> None:
    """Note whose rows this transaction changes, for those who wait for them."""
    session.info.setdefault("written", set()).update(tables)


class Unwritten:
    """Audit rows of a transaction in the order of what they tell of, until they are written.

    What is rolled back to a savepoint takes along what was told since, and what of the time before
    was written since is to be written again.
    """

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._told: list[dict[str, Any]] = []
        self._written = 0
        self._savepoints: dict[object, tuple[int, int]] = {}

    @staticmethod
    def of(session: AsyncSession | SyncSession) -> "Unwritten":
        """Give those of a session."""
        kept: Unwritten = session.info.setdefault("unwritten", Unwritten())
        return kept

    def tell(self, row: dict[str, Any]) -> None:
        """Take what tells of one change."""
        self._told.append(row)

    def __bool__(self) -> bool:
        """Say whether anything is to be written."""
        return self._written < len(self._told)

    def take(self) -> list[dict[str, Any]]:
        """Give what is to be written now."""
        rows, self._written = self._told[self._written :], len(self._told)
        return rows

    def hold(self, savepoint: object) -> None:
        """Remember how far it was when a savepoint was set."""
        self._savepoints[savepoint] = (len(self._told), self._written)

    def go_back(self, savepoint: object) -> None:
        """Forget what was told, and that anything was written, since then."""
        told, written = self._savepoints.pop(savepoint, (0, 0))
        del self._told[told:]
        self._written = min(self._written, written)
