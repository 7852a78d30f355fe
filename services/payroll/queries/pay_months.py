"""What is told of months of projects: who was there, and how far sheets have come; in sets."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    FromClause,
    Select,
    Text,
    Uuid,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.payroll.models import (
    Attendance,
    Attendee,
    Disbursement,
    DisbursementLine,
    PayMonth,
    RosterEntry,
    Sheet,
    SheetLine,
    Worker,
)
from services.payroll.queries import attendance
from services.payroll.rules.disbursements import LineStatus
from services.payroll.rules.periods import first_day
from services.payroll.rules.sheets import STANDING, ArchiveCause
from shared.db import Session
from shared.workdays import months_after


class Sheets(NamedTuple):
    """How far the sheets of an employer for a month have come."""

    employer_id: UUID
    sheet_ids: Sequence[UUID]
    """Those for which somebody stands."""
    submitted_at: datetime | None
    """When somebody first stood for one that still counts, in whatever version."""
    reviewed_at: datetime | None
    """When the last was confirmed; None: one is not."""
    sent_at: datetime | None
    """When the last was given to the bank; None: one is not."""


class Seen(NamedTuple):
    """What is told of a month of a project."""

    attended: int | None
    attended_paid: int
    """Of those who attended, whose every line of the month is settled."""
    attended_by: dict[UUID | None, int]
    """By employer; those on no roster are nobody's."""
    on_roster: int
    on_roster_by: dict[UUID, int]
    sheets: Sequence[Sheets]
    on_sheet: int
    on_sheet_total: Decimal


def wanted_months(months: Sequence[PayMonth]) -> FromClause:
    """Give the months as a table: five arrays, however many there are."""
    firsts = [first_day(one.period) for one in months]
    arrays: list[ColumnElement[Any]] = [
        literal([one.id for one in months], ARRAY(Uuid())),
        literal([one.project_id for one in months], ARRAY(Uuid())),
        literal([one.period for one in months], ARRAY(Text())),
        literal(firsts, ARRAY(Date())),
        literal([months_after(one, 1) for one in firsts], ARRAY(Date())),
    ]
    columns = (
        column("month_id", Uuid()),
        column("project_id", Uuid()),
        column("period", Text()),
        column("first_on", Date()),
        column("next_on", Date()),
    )
    return func.unnest(*arrays).table_valued(*columns, name="wanted").render_derived()


async def seen(session: Session, months: Sequence[PayMonth]) -> dict[UUID, Seen]:
    """Give what is told of some months, by month: four statements, however many there are."""
    wanted = wanted_months(months)
    attended = await _counts(session, _attended(wanted, months))
    listed = await _counts(session, _listed(wanted))
    sheets = await _sheets(session, wanted)
    lines = await _lines(session, wanted)
    found = {}
    for month in months:
        there, on = attended.get(month.id, {}), listed.get(month.id, {})
        count, total = lines.get(month.id, (0, Decimal(0)))
        found[month.id] = Seen(
            there.pop("all", None),
            there.pop("settled", 0),
            there,
            on.pop("all", 0),
            on,
            sheets.get(month.id, ()),
            count,
            total,
        )
    return found


def disbursed(wanted: FromClause) -> ColumnElement[bool]:
    """Say of a disbursement that it is of a month that is wanted."""
    return and_(
        Disbursement.project_id == wanted.c.project_id, Disbursement.period == wanted.c.period
    )


IN_DISBURSEMENT = and_(
    DisbursementLine.disbursement_id == Disbursement.id,
    DisbursementLine.period == Disbursement.period,
)
"""Of a line, that it is one of its disbursement; the partitions lie by period."""


async def _counts(session: Session, people: CTE) -> dict[UUID, dict[Any, int]]:
    """Count people of each month: by employer, in all, and where it is told who is settled."""
    month_id, employer_id = people.c.month_id, people.c.employer_id
    sets = func.grouping_sets(tuple_(month_id), tuple_(month_id, employer_id))
    count: Any = func.count(people.c.who.distinct())
    counts = [count, *(count.filter(one) for one in people.c if one.name == "settled")]
    statement = select(month_id, employer_id, func.grouping(employer_id), *counts).group_by(sets)
    found: dict[UUID, dict[Any, int]] = defaultdict(dict)
    for month, employer, of_all, number, *settled in await session.execute(statement):
        found[month]["all" if of_all else employer] = number
        if of_all and settled:
            [found[month]["settled"]] = settled
    return found


def _seen_in(wanted: FromClause, months: Sequence[PayMonth]) -> CTE:
    """Select who was seen in a month, from his first day to his last.

    The days of all of them are said beside: only of what is known before can partitions be pruned.
    """
    firsts = [first_day(one.period) for one in months]
    return (
        select(
            wanted.c.month_id,
            wanted.c.project_id,
            Attendance.attendee_id,
            func.min(Attendance.day).label("first_on"),
            func.max(Attendance.day).label("last_on"),
        )
        .join(
            Attendance,
            and_(
                Attendance.project_id == wanted.c.project_id,
                Attendance.day >= wanted.c.first_on,
                Attendance.day < wanted.c.next_on,
                Attendance.day >= min(firsts),
                Attendance.day < months_after(max(firsts), 1),
                attendance.counts(),
            ),
        )
        .group_by(wanted.c.month_id, wanted.c.project_id, Attendance.attendee_id)
        .cte("spans")
    )


def _attended(wanted: FromClause, months: Sequence[PayMonth]) -> CTE:
    """Select who was seen, whose he was by the roster of those days, and if all is settled.

    What became of his lines is gathered first: joined line by line, it is tried for each of all
    who attended.
    """
    spans, settled = _seen_in(wanted, months), _settled(wanted)
    same = and_(Worker.id_index == Attendee.id_index, Worker.id_type == Attendee.id_type)
    spell = and_(
        RosterEntry.project_id == spans.c.project_id,
        RosterEntry.worker_id == Worker.id,
        RosterEntry.entered_on <= spans.c.last_on,
        or_(RosterEntry.left_on.is_(None), RosterEntry.left_on >= spans.c.first_on),
    )
    his = and_(settled.c.month_id == spans.c.month_id, settled.c.worker_id == Worker.id)
    who = spans.c.attendee_id.label("who")
    return (
        select(spans.c.month_id, who, RosterEntry.employer_id, settled.c.settled)
        .join(Attendee, Attendee.id == spans.c.attendee_id)
        .outerjoin(Worker, same)
        .outerjoin(RosterEntry, spell)
        .outerjoin(settled, his)
        .cte("people")
    )


def _settled(wanted: FromClause) -> CTE:
    """Select who has lines of a month, and whether every one of them is settled."""
    line = DisbursementLine
    return (
        select(
            wanted.c.month_id,
            line.worker_id,
            func.bool_and(line.status == LineStatus.SETTLED).label("settled"),
        )
        .join(Disbursement, disbursed(wanted))
        .join(line, IN_DISBURSEMENT)
        .group_by(wanted.c.month_id, line.worker_id)
        .cte("settled")
    )


def _listed(wanted: FromClause) -> CTE:
    spell = and_(
        RosterEntry.project_id == wanted.c.project_id,
        RosterEntry.entered_on < wanted.c.next_on,
        or_(RosterEntry.left_on.is_(None), RosterEntry.left_on >= wanted.c.first_on),
    )
    return (
        select(wanted.c.month_id, RosterEntry.worker_id.label("who"), RosterEntry.employer_id)
        .join(RosterEntry, spell)
        .cte("people")
    )


def _of(wanted: FromClause) -> ColumnElement[bool]:
    return and_(Sheet.project_id == wanted.c.project_id, Sheet.period == wanted.c.period)


async def _sheets(session: Session, wanted: FromClause) -> dict[UUID, list[Sheets]]:
    stands = Sheet.status.in_(STANDING)
    # A correction takes the place of what was submitted in time; what was sent back never counted.
    counted = or_(stands, Sheet.archive_cause == ArchiveCause.SUPERSEDED)

    def last(name: Any) -> ColumnElement[Any]:  # noqa: ANN401  any mapped column
        lacking = func.count().filter(stands, name.is_(None))
        return case((lacking == 0, func.max(name).filter(stands)))

    rows = await session.execute(
        select(
            wanted.c.month_id,
            Sheet.employer_id,
            func.array_agg(Sheet.id).filter(stands),
            func.min(Sheet.submitted_at).filter(counted),
            last(Sheet.reviewed_at),
            last(Sheet.sent_at),
        )
        .join(Sheet, _of(wanted))
        .group_by(wanted.c.month_id, Sheet.employer_id)
        .having(func.count().filter(stands) > 0)
    )
    found: dict[UUID, list[Sheets]] = defaultdict(list)
    for month_id, *values in rows:
        found[month_id].append(Sheets(*values))
    return found


async def _lines(session: Session, wanted: FromClause) -> dict[UUID, tuple[int, Decimal]]:
    """Count people on the sheets for which somebody stands, and what they are to get."""
    person = func.coalesce(SheetLine.id_index, cast(SheetLine.id, Text()))
    statement: Select[Any] = (
        select(
            wanted.c.month_id,
            func.count(person.distinct()),
            func.coalesce(func.sum(SheetLine.net), Decimal(0)),
        )
        .join(Sheet, and_(_of(wanted), Sheet.status.in_(STANDING)))
        .join(
            SheetLine,
            and_(SheetLine.sheet_id == Sheet.id, SheetLine.period == Sheet.period),
        )
        .group_by(wanted.c.month_id)
    )
    rows = await session.execute(statement)
    return {month_id: (count, total) for month_id, count, total in rows}
