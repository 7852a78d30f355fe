"""What is told of months of projects: who was there, and how far sheets have come; in sets.

Months are worked out whenever something is told of them, so each statement is built once.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
    bindparam,
    case,
    cast,
    column,
    func,
    or_,
    select,
    true,
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
from services.payroll.queries.sets import one_text_of
from services.payroll.rules.disbursements import LineStatus
from services.payroll.rules.periods import first_day
from services.payroll.rules.sheets import STANDING, ArchiveCause
from shared import asking
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


_COLUMNS = (
    column("month_id", Uuid()),
    column("project_id", Uuid()),
    column("period", Text()),
    column("first_on", Date()),
    column("next_on", Date()),
)
_ARRAYS = [bindparam(one.name, type_=ARRAY(one.type)) for one in _COLUMNS]
WANTED = func.unnest(*_ARRAYS).table_valued(*_COLUMNS, name="wanted").render_derived()
"""The months that a statement is asked by, as a table: five arrays, however many there are."""


def asked_by(months: Sequence[PayMonth]) -> dict[str, Any]:
    """Give what a statement about `WANTED` is asked by.

    The first and last of all of them are said beside, by day and by period: only of what is known
    before can partitions be pruned, and each that is not costs as much as a small statement.
    """
    firsts = [first_day(one.period) for one in months]
    return {
        "month_id": [one.id for one in months],
        "project_id": [one.project_id for one in months],
        "period": [one.period for one in months],
        "first_on": firsts,
        "next_on": [months_after(one, 1) for one in firsts],
        "from_on": min(firsts),
        "until_on": months_after(max(firsts), 1),
        "first_period": min(one.period for one in months),
        "last_period": max(one.period for one in months),
    }


async def seen(session: Session, months: Sequence[PayMonth]) -> dict[UUID, Seen]:
    """Give what is told of some months, by month: four statements, however many there are."""
    asked = asked_by(months)
    attended = await _counted(session, _ATTENDED, asked)
    listed = await _counted(session, _LISTED, asked)
    sheets = await _sheets(session, asked)
    lines = await _lines(session, asked)
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


def of_those(period: Any) -> ColumnElement[bool]:  # noqa: ANN401  any mapped column
    """Say of what lies by period that it is of no month before or after all that are wanted."""
    first, last = bindparam("first_period", type_=Text), bindparam("last_period", type_=Text)
    found: ColumnElement[bool] = period.between(first, last)
    return found


DISBURSED = and_(
    Disbursement.project_id == WANTED.c.project_id, Disbursement.period == WANTED.c.period
)
"""Of a disbursement, that it is of a month that is wanted."""
IN_DISBURSEMENT = and_(
    DisbursementLine.disbursement_id == Disbursement.id,
    DisbursementLine.period == Disbursement.period,
)
"""Of a line, that it is one of its disbursement; the partitions lie by period."""


def _counts(people: CTE) -> Select[Any]:
    """Count people of each month: by employer, in all, and where it is told who is settled."""
    month_id, employer_id = people.c.month_id, people.c.employer_id
    sets = func.grouping_sets(tuple_(month_id), tuple_(month_id, employer_id))
    count: Any = func.count(people.c.who.distinct())
    counts = [count, *(count.filter(one) for one in people.c if one.name == "settled")]
    return select(month_id, employer_id, func.grouping(employer_id), *counts).group_by(sets)


async def _counted(
    session: Session, statement: Select[Any], asked: Mapping[str, Any]
) -> dict[UUID, dict[Any, int]]:
    found: dict[UUID, dict[Any, int]] = defaultdict(dict)
    for month, employer, of_all, number, *settled in await asking.told(session, statement, asked):
        found[month]["all" if of_all else employer] = number
        if of_all and settled:
            [found[month]["settled"]] = settled
    return found


def _seen_in_month() -> CTE:
    """Select who was seen in a month, from his first day to his last.

    Each month is looked up by itself: all together are sorted, record by record.
    """
    seen = (
        select(
            Attendance.attendee_id,
            func.min(Attendance.day).label("first_on"),
            func.max(Attendance.day).label("last_on"),
        )
        .where(
            Attendance.project_id == WANTED.c.project_id,
            Attendance.day >= bindparam("from_on", type_=Date),
            Attendance.day < bindparam("until_on", type_=Date),
            attendance.is_one_of(WANTED.c.first_on, WANTED.c.next_on - WANTED.c.first_on),
            attendance.counts(WANTED.c.project_id),
        )
        .group_by(Attendance.attendee_id)
        .correlate(WANTED)
        .lateral("seen")
    )
    month = (WANTED.c.month_id, WANTED.c.project_id, WANTED.c.period)
    return select(*month, *seen.c).join(seen, true()).cte("spans")


def _attended() -> CTE:
    """Select who was seen, whose he was by the roster of those days, and if all is settled.

    What became of his lines is looked up for each: gathered and joined, all lines of all months
    are tried for everybody, for nobody can say beforehand how many there will be.
    """
    spans = _seen_in_month()
    settled = _settled(spans)
    same = and_(Worker.id_index == Attendee.id_index, Worker.id_type == Attendee.id_type)
    spell = and_(
        RosterEntry.project_id == spans.c.project_id,
        RosterEntry.worker_id == Worker.id,
        RosterEntry.entered_on <= spans.c.last_on,
        or_(RosterEntry.left_on.is_(None), RosterEntry.left_on >= spans.c.first_on),
    )
    who = spans.c.attendee_id.label("who")
    return (
        select(spans.c.month_id, who, RosterEntry.employer_id, settled.c.settled)
        .join(Attendee, Attendee.id == spans.c.attendee_id)
        .outerjoin(Worker, same)
        .outerjoin(RosterEntry, spell)
        .outerjoin(settled, true())
        .cte("people")
    )


def _settled(spans: CTE) -> FromClause:
    """Select whether every line of a worker of a month is settled; of none nobody can say."""
    line = DisbursementLine
    return (
        select(func.bool_and(line.status == LineStatus.SETTLED).label("settled"))
        .join(Disbursement, IN_DISBURSEMENT)
        .where(
            line.worker_id == Worker.id,
            line.period == spans.c.period,
            of_those(line.period),
            Disbursement.project_id == spans.c.project_id,
        )
        .correlate(Worker, spans)
        .lateral("settled")
    )


def _listed() -> CTE:
    spell = and_(
        RosterEntry.project_id == WANTED.c.project_id,
        RosterEntry.entered_on < WANTED.c.next_on,
        or_(RosterEntry.left_on.is_(None), RosterEntry.left_on >= WANTED.c.first_on),
    )
    return (
        select(WANTED.c.month_id, RosterEntry.worker_id.label("who"), RosterEntry.employer_id)
        .join(RosterEntry, spell)
        .cte("people")
    )


_ATTENDED, _LISTED = _counts(_attended()), _counts(_listed())
_OF_MONTH = and_(Sheet.project_id == WANTED.c.project_id, Sheet.period == WANTED.c.period)
_STANDS = one_text_of(Sheet.status, STANDING)


def _how_far() -> Select[Any]:
    # A correction takes the place of what was submitted in time; what was sent back never counted.
    counted = or_(_STANDS, Sheet.archive_cause == ArchiveCause.SUPERSEDED)

    def last(name: Any) -> ColumnElement[Any]:  # noqa: ANN401  any mapped column
        lacking = func.count().filter(_STANDS, name.is_(None))
        return case((lacking == 0, func.max(name).filter(_STANDS)))

    return (
        select(
            WANTED.c.month_id,
            Sheet.employer_id,
            func.array_agg(Sheet.id).filter(_STANDS),
            func.min(Sheet.submitted_at).filter(counted),
            last(Sheet.reviewed_at),
            last(Sheet.sent_at),
        )
        .join(Sheet, _OF_MONTH)
        .group_by(WANTED.c.month_id, Sheet.employer_id)
        .having(func.count().filter(_STANDS) > 0)
    )


_HOW_FAR = _how_far()


async def _sheets(session: Session, asked: Mapping[str, Any]) -> dict[UUID, list[Sheets]]:
    found: dict[UUID, list[Sheets]] = defaultdict(list)
    for month_id, *values in await asking.told(session, _HOW_FAR, asked):
        found[month_id].append(Sheets(*values))
    return found


_PERSON = func.coalesce(SheetLine.id_index, cast(SheetLine.id, Text()))
_LINES: Select[Any] = (
    select(
        WANTED.c.month_id,
        func.count(_PERSON.distinct()),
        func.coalesce(func.sum(SheetLine.net), Decimal(0)),
    )
    .join(Sheet, and_(_OF_MONTH, _STANDS))
    .join(SheetLine, and_(SheetLine.sheet_id == Sheet.id, SheetLine.period == Sheet.period))
    .where(of_those(SheetLine.period))
    .group_by(WANTED.c.month_id)
)


async def _lines(session: Session, asked: Mapping[str, Any]) -> dict[UUID, tuple[int, Decimal]]:
    """Count people on the sheets for which somebody stands, and what they are to get."""
    rows = await asking.told(session, _LINES, asked)
    return {month_id: (count, total) for month_id, count, total in rows}
