"""What a transaction changes, as its audit rows tell it, and those that are not written yet."""

from functools import lru_cache
from itertools import groupby
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import ColumnElement, MetaData, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper, PassiveFlag
from sqlalchemy.orm import Session as SyncSession
from sqlalchemy.orm.attributes import get_history

from shared import plain
from shared.pii import Sealed

AUDIT, OUTBOX, TIMERS = "audit", "outbox", "timers"
"""Tables of plumbing whose rows are written without objects."""


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


@lru_cache(maxsize=20)
def _places(metadata: MetaData) -> dict[str, int]:
    """Give the places of tables in an order in which each refers only to those before it."""
    return {table.name: place for place, table in enumerate(metadata.sorted_tables)}


class Unwritten:
    """A transaction's rows of a table, told without objects, in their order until they are written.

    Those of the audit and the outbox are written at the end, others with each flush. What is rolled
    back to a savepoint takes along what was told since, and what of the time before was written
    since is to be written again.
    """

    def __init__(self, table: Any) -> None:  # noqa: ANN401  a mapped class's table
        """Begin with nothing told."""
        self.table = table
        self._told: list[dict[str, Any]] = []
        self._written = 0
        self._savepoints: dict[object, tuple[int, int]] = {}

    @staticmethod
    def all_of(session: AsyncSession | SyncSession) -> "dict[str, Unwritten]":
        """Give those of a session, by table."""
        kept: dict[str, Unwritten] = session.info.setdefault("unwritten", {})
        return kept

    @staticmethod
    def of(session: AsyncSession | SyncSession, table: Any) -> "Unwritten":  # noqa: ANN401
        """Give those of a session and a table."""
        kept = Unwritten.all_of(session)
        if table.name not in kept:
            kept[table.name] = Unwritten(table)
        return kept[table.name]

    @staticmethod
    def to_flush(session: AsyncSession | SyncSession) -> "list[Unwritten]":
        """Give those of which rows are to be written before the next statement, in their order.

        What others refer to goes before them.
        """
        found = [one for name, one in Unwritten.all_of(session).items()
                 if one and name not in {AUDIT, OUTBOX}]  # fmt: skip
        if len(found) > 1:
            found.sort(key=lambda one: _places(one.table.metadata)[one.table.name])
        return found

    def tell(self, row: dict[str, Any]) -> None:
        """Take a row to be written."""
        self._told.append(row)

    def __bool__(self) -> bool:
        """Say whether anything is to be written."""
        return self._written < len(self._told)

    def take(self) -> list[dict[str, Any]]:
        """Give what is to be written now."""
        rows, self._written = self._told[self._written :], len(self._told)
        return rows

    def write(self, session: SyncSession) -> None:
        """Write what was told and is not written yet by one statement.

        It is done in its time, and before anything else that writes to the table.
        """
        for _, rows in groupby(self.take() if self else (), key=tuple):
            plain.write(session, self.table, list(rows))

    def hold(self, savepoint: object) -> None:
        """Remember how far it was when a savepoint was set."""
        self._savepoints[savepoint] = (len(self._told), self._written)

    def go_back(self, savepoint: object) -> None:
        """Forget what was told, and that anything was written, since then."""
        told, written = self._savepoints.pop(savepoint, (0, 0))
        del self._told[told:]
        self._written = min(self._written, written)
