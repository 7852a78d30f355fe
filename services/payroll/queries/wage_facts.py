"""What rosters, gates, sheets and the bank know of some people of a project, in sets."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, literal, or_, select, union_all

from services.payroll.models import (
    Attendee,
    Disbursement,
    DisbursementLine,
    RosterEntry,
    Sheet,
    SheetLine,
    Worker,
)
from services.payroll.queries import attendance
from services.payroll.queries.sets import one_of, one_text_of
from services.payroll.rules.disbursements import UNDER_WAY, LineStatus
from services.payroll.rules.sheets import STANDING
from shared.db import Session

Month = tuple[str, str]
"""Blind index of the number, and the month."""


async def spells(
    session: Session, project_id: UUID, indexes: Collection[str], ids: Collection[UUID]
) -> Sequence[tuple[str, RosterEntry]]:
    """Give the times of some people on a project's roster, each with the number's index."""
    rows = await session.execute(
        select(Worker.id_index, RosterEntry)
        .join(RosterEntry, RosterEntry.worker_id == Worker.id)
        .where(
            RosterEntry.project_id == project_id,
            or_(one_text_of(Worker.id_index, indexes), one_of(Worker.id, ids)),
        )
        .order_by(RosterEntry.entered_on, RosterEntry.id)
    )
    return [(row[0], row[1]) for row in rows]


async def attended(
    session: Session, project_id: UUID, indexes: Collection[str], periods: Collection[str]
) -> Mapping[Month, Mapping[str, Decimal]]:
    """Give the days of some people in some months, by who told of them; one statement."""
    parts = []
    for period in sorted(periods):
        days = attendance.days_by_role(project_id, period)
        parts.append(
            select(literal(period).label("period"), Attendee.id_index, days.c.role, days.c.days)
            .join(Attendee, Attendee.id == days.c.attendee_id)
            .where(one_text_of(Attendee.id_index, indexes))
        )
    found: dict[Month, dict[str, Decimal]] = defaultdict(dict)
    for period, index, role, days in await session.execute(union_all(*parts)):
        found[index, period][role] = found[index, period].get(role, Decimal(0)) + days
    return found


async def months_attended(
    session: Session, project_id: UUID, periods: Collection[str]
) -> frozenset[str]:
    """Give of which months anybody told any attendance of a project; one statement."""
    parts = [
        select(literal(period)).where(
            select(literal(1)).where(*attendance.within(project_id, period)).exists()
        )
        for period in sorted(periods)
    ]
    return frozenset((await session.scalars(union_all(*parts))).all())


def _standing(project_id: UUID, periods: Collection[str]) -> tuple[Any, ...]:
    return (
        Sheet.project_id == project_id,
        one_text_of(Sheet.period, periods),
        Sheet.status.in_(STANDING),
    )


async def months_on_sheets(
    session: Session, project_id: UUID, periods: Collection[str]
) -> frozenset[str]:
    """Give of which months a sheet of a project stands."""
    rows = await session.scalars(select(Sheet.period).where(*_standing(project_id, periods)))
    return frozenset(rows.all())


async def on_sheets(
    session: Session, project_id: UUID, indexes: Collection[str], periods: Collection[str]
) -> Mapping[Month, tuple[Decimal | None, Decimal | None, Decimal | None]]:
    """Give days, gross and net yuan of some people on the sheets that stand."""
    rows = await session.execute(
        select(
            SheetLine.id_index,
            SheetLine.period,
            func.sum(SheetLine.days),
            func.sum(SheetLine.gross),
            func.sum(SheetLine.net),
        )
        .join(Sheet, (Sheet.id == SheetLine.sheet_id) & (Sheet.period == SheetLine.period))
        .where(
            *_standing(project_id, periods),
            one_text_of(SheetLine.period, periods),
            one_text_of(SheetLine.id_index, indexes),
        )
        .group_by(SheetLine.id_index, SheetLine.period)
    )
    return {(row[0] or "", row[1]): (row[2], row[3], row[4]) for row in rows}


async def paid(
    session: Session, project_id: UUID, indexes: Collection[str], periods: Collection[str]
) -> Mapping[Month, tuple[Decimal, Decimal, Decimal]]:
    """Give what of some people's wages has settled, is under way, and came back, in yuan."""
    line = DisbursementLine
    classes = (
        line.status == LineStatus.SETTLED,
        line.status.in_(UNDER_WAY),
        line.status == LineStatus.RETURNED,
    )
    sums = [func.coalesce(func.sum(case((one, line.amount))), Decimal(0)) for one in classes]
    rows = await session.execute(
        select(Worker.id_index, line.period, *sums)
        .join(Worker, Worker.id == line.worker_id)
        .join(Disbursement, Disbursement.id == line.disbursement_id)
        .where(
            Disbursement.project_id == project_id,
            one_text_of(line.period, periods),
            one_text_of(Worker.id_index, indexes),
        )
        .group_by(Worker.id_index, line.period)
    )
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}
