"""What the poll for missed transfers looks for: by state, so it can neither miss nor repeat."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Date, Uuid, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.payroll.models import Obligation, Source
from services.payroll.rules.obligations import ObligationStatus
from shared.db import Session


async def fed_until(session: Session) -> Mapping[UUID | None, date]:
    """Give for each source the last day up to which its data are complete."""
    rows = await session.execute(select(Source.id, Source.fed_until))
    return {row.id: row.fed_until for row in rows}


async def locked_obligations_falling_due(
    session: Session, today: date, limit: int
) -> Sequence[Obligation]:
    """Give planned obligations whose due day is over."""
    rows = await session.scalars(
        select(Obligation)
        .where(Obligation.status == ObligationStatus.PLANNED, Obligation.due_on < today)
        .order_by(Obligation.due_on, Obligation.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return rows.all()


async def locked_obligations_overdue(
    session: Session, today: date, fed_until: Mapping[UUID | None, date], limit: int
) -> Sequence[Obligation]:
    """Give due obligations whose data are there: their source is fed, or there is no account.

    What is waiting for a late bank is not read at all, however much it is.
    """
    due = (
        select(Obligation)
        .where(Obligation.status == ObligationStatus.DUE, Obligation.due_on < today)
        .order_by(Obligation.due_on, Obligation.id)
        .with_for_update(skip_locked=True, of=Obligation)
    )
    alone = (await session.scalars(due.where(Obligation.source_id.is_(None)).limit(limit))).all()
    sources = [source_id for source_id in fed_until if source_id]
    fed = (
        func.unnest(
            bindparam("sources", sources, ARRAY(Uuid())),
            bindparam("days", [fed_until[source_id] for source_id in sources], ARRAY(Date())),
        )
        .table_valued(column("source_id", Uuid()), column("until", Date()), name="fed")
        .render_derived()
    )
    told = (
        await session.scalars(
            due.join(fed, fed.c.source_id == Obligation.source_id)
            .where(Obligation.due_on <= fed.c.until)
            .limit(limit - len(alone))
        )
    ).all()
    return [*alone, *told]
