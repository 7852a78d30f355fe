"""What became of wages of months of projects: by employer and in all, of who left; in sets."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from services.payroll.models import (
    Attendance,
    Attendee,
    Disbursement,
    DisbursementLine,
    LineDispute,
    PayMonth,
    RosterEntry,
    Worker,
)
from services.payroll.queries import attendance
from services.payroll.queries.pay_months import (
    DISBURSED,
    IN_DISBURSEMENT,
    WANTED,
    asked_by,
    of_those,
)
from services.payroll.queries.sets import one_text_of
from services.payroll.rules.disbursements import UNDER_WAY, LineStatus
from shared import asking
from shared.db import Session

CLASSES = ("settled", "undisputed", "returned", "pending", "held", "disputed")


class Paid(NamedTuple):
    """What became of lines: people and yuan by class, and how many lines are not settled."""

    unsettled: int
    settled_on: date | None
    """The day of the last line that is."""
    people: dict[str, int]
    yuan: dict[str, Decimal]


NOTHING = Paid(0, None, dict.fromkeys(CLASSES, 0), dict.fromkeys(CLASSES, Decimal(0)))


def _disputed() -> ColumnElement[bool]:
    return (
        select(LineDispute.id)
        .where(LineDispute.line_id == DisbursementLine.id, LineDispute.closed_at.is_(None))
        .exists()
    )


def _sums() -> Select[Any]:
    line, disputed = DisbursementLine, _disputed()
    settled = line.status == LineStatus.SETTLED
    classes = {
        "settled": settled,
        "undisputed": and_(settled, ~disputed),
        "returned": line.status == LineStatus.RETURNED,
        "pending": one_text_of(line.status, UNDER_WAY),
        "held": line.status == LineStatus.HELD,
        "disputed": disputed,
    }
    whose = func.coalesce(line.worker_id, line.id)
    sums: list[Any] = [func.count(case((of, whose)).distinct()) for of in classes.values()]
    amounts = [func.sum(case((of, line.amount))) for of in classes.values()]
    sums += [func.coalesce(one, Decimal(0)) for one in amounts]
    return (
        select(
            WANTED.c.month_id,
            Disbursement.employer_id,
            func.grouping(Disbursement.employer_id),
            func.count().filter(~settled),
            func.max(line.settled_on).filter(settled),
            *sums,
        )
        .join(Disbursement, DISBURSED)
        .join(line, IN_DISBURSEMENT)
        .where(of_those(line.period))
        .group_by(
            func.grouping_sets(
                tuple_(WANTED.c.month_id), tuple_(WANTED.c.month_id, Disbursement.employer_id)
            )
        )
    )


_SUMS = _sums()


async def paid(session: Session, months: Sequence[PayMonth]) -> dict[UUID, dict[UUID | None, Paid]]:
    """Give what became of wages of some months, by month and employer; of None, in all."""
    rows = await asking.told(session, _SUMS, asked_by(months))
    found: dict[UUID, dict[UUID | None, Paid]] = defaultdict(dict)
    for month_id, employer_id, whole, unsettled, settled_on, *counts in rows:
        people = dict(zip(CLASSES, counts[: len(CLASSES)], strict=True))
        yuan = dict(zip(CLASSES, counts[len(CLASSES) :], strict=True))
        key = None if whole else employer_id
        found[month_id][key] = Paid(unsettled, settled_on, people, yuan)
    return found


class Left(NamedTuple):
    """Workers of an employer who left a site on a day."""

    project_id: UUID
    employer_id: UUID
    left_on: date


_LEFT = (
    select(RosterEntry.project_id, RosterEntry.employer_id, RosterEntry.left_on)
    .where(asking.one_of(RosterEntry.project_id, "ids"), RosterEntry.left_on.is_not(None))
    .distinct()
)


async def left(session: Session, project_ids: Collection[UUID]) -> Sequence[Left]:
    """Give when people of some projects left."""
    return [Left(*row) for row in await asking.told(session, _LEFT, {"ids": [*project_ids]})]


def _leavers() -> Select[UUID, UUID, date | None]:
    entry, line = RosterEntry, DisbursementLine
    mine = and_(
        Disbursement.project_id == entry.project_id,
        Disbursement.employer_id == entry.employer_id,
        line.worker_id == entry.worker_id,
    )
    lines = select(line.id).join(Disbursement, IN_DISBURSEMENT).where(mine).correlate(entry)
    again = aliased(RosterEntry)
    back = (
        select(again.id)
        .where(
            again.project_id == entry.project_id,
            again.employer_id == entry.employer_id,
            again.worker_id == entry.worker_id,
            or_(again.left_on.is_(None), again.left_on > entry.left_on),
        )
        .exists()
    )
    return (
        select(entry.project_id, entry.employer_id, entry.left_on)
        .where(
            asking.one_of(entry.project_id, "ids"),
            entry.left_on < bindparam("today", type_=Date),
            ~back,
            or_(lines.where(line.status != LineStatus.SETTLED).exists(), _unpaid_month(lines)),
        )
        .distinct()
    )


_MONTH: ColumnElement[timedelta] = literal_column("interval '1 month'")


def _seen(first: ColumnElement[Any], beyond: ColumnElement[Any]) -> Select[UUID]:
    """Select who was seen at a spell's project between two days."""
    return select(Attendance.attendee_id).where(
        Attendance.project_id == RosterEntry.project_id,
        Attendance.day >= cast(first, Date),
        Attendance.day < cast(beyond, Date),
        attendance.counts(RosterEntry.project_id),
    )


def _himself(seen: Select[UUID]) -> Select[UUID]:
    """Narrow it to the worker of the spell."""
    same = and_(Worker.id_index == Attendee.id_index, Worker.id_type == Attendee.id_type)
    return (
        seen.join(Attendee, Attendee.id == Attendance.attendee_id)
        .join(Worker, same)
        .where(Worker.id == RosterEntry.worker_id)
    )


def _unpaid_month(lines: Select[UUID]) -> ColumnElement[bool]:
    """Say of a spell whether one of its last two months was worked in and has no settled line."""
    entry = RosterEntry
    last = func.date_trunc("month", cast(entry.left_on, DateTime()))
    months = (
        func.generate_series(last - _MONTH, last, _MONTH)
        .table_valued(column("first_on", DateTime()), name="months")
        .render_derived()
        .lateral()
    )
    first, beyond = months.c.first_on, months.c.first_on + _MONTH
    seen = _seen(first, beyond).correlate(entry, months)
    himself = _himself(seen)
    settled = lines.where(
        DisbursementLine.period == func.to_char(first, "YYYY-MM"),
        DisbursementLine.status == LineStatus.SETTLED,
    ).correlate(entry, months)
    kept = select(PayMonth.id).where(
        PayMonth.project_id == entry.project_id,
        PayMonth.period == func.to_char(first, "YYYY-MM"),
    )
    return (
        select(literal_column("1"))
        .select_from(months)
        .where(
            entry.entered_on < cast(beyond, Date),
            or_(himself.exists(), ~seen.exists()),
            ~settled.exists(),
            kept.correlate(entry, months).exists(),
        )
        .correlate(entry)
        .exists()
    )


_LEAVERS = _leavers()


async def leavers(session: Session, project_ids: Collection[UUID], today: date) -> Sequence[Left]:
    """Give who left some projects and is not settled, by employer and day of leaving.

    Nobody is whose line has not settled, and nobody who worked in the month of his leaving or in
    the one before it and has no line of it that has. That he worked is told by attendance, and
    where nobody told any of the month by the roster. Months of which nothing was kept are passed
    over: what was before a project came here is nobody's to settle here.
    """
    asked = {"ids": [*project_ids], "today": today}
    return [Left(*row) for row in await asking.told(session, _LEAVERS, asked)]
