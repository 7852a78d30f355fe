"""Missed transfers of which their contractor has told nobody."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select

from services.payroll.models import Obligation
from services.payroll.queries.sets import one_text_of
from services.payroll.rules.notices import ReportStanding
from services.payroll.rules.obligations import MISSED
from shared.db import Session

_OWED = and_(
    one_text_of(Obligation.status, MISSED),
    Obligation.contractor_report_at.is_(None),
    Obligation.contractor_id.is_not(None),
)
STANDS: dict[ReportStanding, ColumnElement[bool]] = {
    ReportStanding.AWAITED: and_(_OWED, Obligation.report_overdue_on.is_(None)),
    ReportStanding.OVERDUE: and_(_OWED, Obligation.report_overdue_on.is_not(None)),
    ReportStanding.GIVEN: Obligation.contractor_report_at.is_not(None),
}


REPORT_WAITS = exists().where(STANDS[ReportStanding.AWAITED])
"""Whether the report of any miss is awaited."""


async def areas_unreported(session: Session) -> Sequence[str]:
    """Give the areas in which a report is awaited."""
    found = await session.scalars(
        select(Obligation.area_code).where(STANDS[ReportStanding.AWAITED]).distinct()
    )
    return sorted(found)


async def locked_unreported(
    session: Session, area_code: str, before: date, limit: int
) -> Sequence[Obligation]:
    """Give, for changing, what was found missed in an area before a day and is not reported."""
    rows = await session.scalars(
        select(Obligation)
        .where(
            STANDS[ReportStanding.AWAITED],
            Obligation.area_code == area_code,
            Obligation.missed_on < before,
        )
        # Everybody locks in this order, so that two writers wait instead of deadlocking.
        .order_by(Obligation.id)
        .limit(limit)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def locked_find(session: Session, obligation_id: UUID) -> Obligation | None:
    """Give an obligation for changing, if it is there."""
    statement = select(Obligation).where(Obligation.id == obligation_id).with_for_update()
    return (await session.scalars(statement)).one_or_none()
