"""Rows that go from one area to another: who loses sight of one is told, who gains it, too."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, event, inspect, update
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm import Session as SyncSession
from sqlalchemy.orm.attributes import get_history

from shared import clock
from shared.changes import note_written
from shared.db import Plumbing, Session, Synced, new_id


class SyncMove(Synced, Plumbing):
    """A row that went from one area to another, so that those who lose sight of it are told."""

    __tablename__ = "sync_moves"
    __table_args__ = (Index("ix_sync_moves_order", "table_name", "changed_xid", "row_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    table_name: Mapped[str]
    row_id: Mapped[UUID]
    area_code: Mapped[str]
    """The area that the row left."""


@dataclass(frozen=True, slots=True)
class Left:
    """How to tell of rows that left: `Left(known.in_scope(SyncMove.area_code, scope), seen)`.

    `was` is the predicate over `SyncMove.area_code` that the caller could see a row there, `still`
    the one over the model that he can see it now, both without the other filters of the list.
    """

    was: ColumnElement[bool]
    still: ColumnElement[bool]


async def follow(session: Session, rows: Sequence[Any], left: str | None = None) -> None:
    """Let locked rows of one synced table follow the row by which callers see them.

    Whoever sees them from now on is told of them as of changed ones. `left`: the area from which
    they went with it; whoever sees that one alone is told that they left.
    """
    if not rows:
        return
    model = type(rows[0])
    # No column of the domain changes, so there is nothing for the audit.
    await session.execute(
        update(model)
        .where(model.id.in_([row.id for row in rows]))
        .values(changed_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    note_written(session, model.__tablename__)
    if left is not None:
        leave(session, rows, left)


def leave(session: Session, rows: Iterable[Any], area_code: str) -> None:
    """Tell whoever saw synced rows by an area, and does so no more, that they left."""
    session.add_all(_move(row, area_code) for row in rows)


@event.listens_for(SyncSession, "before_flush")
def _note_moves(session: SyncSession, _context: object, _instances: object) -> None:
    """Write down the area that a synced row leaves, beside the change."""
    changed: list[Any] = [row for row in session.dirty if isinstance(row, Synced)]
    for row in changed:
        # Asked only where it was set: to ask of each row costs more than its flush.
        if "area_code" not in inspect(row).committed_state:
            continue
        was = get_history(row, "area_code").deleted
        if was and was[0] is not None:
            session.add(_move(row, was[0]))


def _move(row: Any, area_code: str) -> SyncMove:  # noqa: ANN401  any synced row with an id
    return SyncMove(id=new_id(), table_name=row.__tablename__, row_id=row.id, area_code=area_code)
