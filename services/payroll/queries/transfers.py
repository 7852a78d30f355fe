"""What the poll for missed transfers looks for: by state, so it can neither miss nor repeat."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    Uuid,
    bindparam,
    column,
    func,
    join,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.payroll.models import Obligation, Source
from services.payroll.queries.obligations import REPLAN_WAITS
from services.payroll.rules.obligations import OPEN, ObligationStatus
from shared import asking
from shared.db import Session


async def fed_until(session: Session) -> Mapping[UUID | None, date]:
    """Give for each source the last day up to which its data are complete."""
    rows = await session.execute(select(Source.id, Source.fed_until))
    return {row.id: row.fed_until for row in rows}


_PLANNED = Obligation.status == asking.code(ObligationStatus.PLANNED)
_OPEN = Obligation.status.in_([asking.code(status) for status in OPEN])


_TODAY = bindparam("today", type_=Date)
_OVER = _OPEN & (Obligation.due_on < _TODAY)
_MOST = bindparam("most", type_=Integer)


def _told() -> Select[UUID, date]:
    """Give the oldest of each source by itself: one look at an index for each, whatever the sum."""
    fed = (
        func.unnest(
            bindparam("sources", type_=ARRAY(Uuid())), bindparam("days", type_=ARRAY(Date()))
        )
        .table_valued(column("source_id", Uuid()), column("until", Date()), name="fed")
        .render_derived()
    )
    mine = (
        select(Obligation.id, Obligation.due_on)
        .where(_OVER, Obligation.source_id == fed.c.source_id, Obligation.due_on <= fed.c.until)
        .order_by(Obligation.source_id, Obligation.due_on)
        .limit(_MOST)
        .lateral("mine")
    )
    return select(mine.c.id, mine.c.due_on).select_from(fed.join(mine, true()))


def _overdue() -> Select[Obligation]:
    alone = select(Obligation.id, Obligation.due_on).where(_OVER, Obligation.source_id.is_(None))
    # The order of the index on what is open: by the day alone, which is the same here, another
    # index would be read, and with it all that was ever owed.
    oldest_alone = alone.order_by(Obligation.source_id, Obligation.due_on).limit(_MOST)
    found = union_all(oldest_alone, _told()).subquery("found")
    oldest = select(found.c.id).order_by(found.c.due_on, found.c.id).limit(_MOST)
    return (
        select(Obligation)
        .where(Obligation.id.in_(oldest), _OVER)
        .order_by(Obligation.due_on, Obligation.id)
    )


# Built once: it is asked at every look for what is due.
_OVERDUE = _overdue()


def _miss_waits() -> ColumnElement[bool]:
    """Ask each source for its oldest alone: one look at an index for each, whatever the sum."""
    mine = (
        select(Obligation.id)
        .where(_OVER, Obligation.source_id == Source.id, Obligation.due_on <= Source.fed_until)
        .limit(1)
        .lateral("mine")
    )
    told = select(mine.c.id).select_from(join(Source, mine, true())).exists()
    alone = select(Obligation.id).where(_OVER, Obligation.source_id.is_(None)).exists()
    falling = select(Obligation.id).where(_PLANNED, Obligation.due_on < _TODAY).exists()
    return ~REPLAN_WAITS & (told | alone | falling)


MISS_WAITS = _miss_waits()
"""Whether an obligation would be missed or fall due `today`."""


async def locked_obligations_overdue(
    session: Session, today: date, fed_until: Mapping[UUID | None, date], limit: int
) -> Sequence[Obligation]:
    """Give open obligations whose day is over and whose data are there, oldest first.

    That is where their source is fed through the day, or where there is no account. What waits
    for a late bank is not read at all, however much it is.
    """
    sources = [source_id for source_id in fed_until if source_id]
    asked = {
        "today": today, "sources": sources, "days": [fed_until[each] for each in sources],
        "most": limit,
    }  # fmt: skip
    rows = await session.scalars(_OVERDUE.with_for_update(skip_locked=True), asked)
    return rows.all()


async def locked_obligations_falling_due(
    session: Session, today: date, limit: int
) -> Sequence[Obligation]:
    """Give planned obligations whose day is over; those whose data are there are missed before."""
    rows = await session.scalars(
        select(Obligation)
        .where(_PLANNED, Obligation.due_on < today)
        .order_by(Obligation.due_on, Obligation.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return rows.all()
