"""Who was on sites of late, and what standing payroll sheets say: in sets, for many projects.

They are asked each day and for each sheet, so each statement is built once.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Numeric,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.payroll.models import (
    Attendance,
    Attendee,
    LabourContract,
    PayeeAccount,
    Project,
    RosterEntry,
    Sheet,
    SheetLine,
    Worker,
)
from services.payroll.queries import attendance
from services.payroll.queries.sets import one_text_of
from services.payroll.rules.labour_conditions import OnSite, Paid
from services.payroll.rules.sheets import STANDING
from shared import asking
from shared.db import Session

ProjectMonth = tuple[UUID, str]
_TODAY = bindparam("today", type_=Date)
_SINCE = bindparam("since", type_=Text)


# From the last day back until one counts: the greatest of all would be asked of every record.
_LAST_DAY = (
    select(Attendance.day)
    .where(Attendance.project_id == Project.id, attendance.counts(Project.id))
    .order_by(Attendance.day.desc())
    .limit(1)
    .scalar_subquery()
)
_LAST_SEEN = select(Project.id, _LAST_DAY).where(asking.one_of(Project.id, "ids"))


async def last_seen(session: Session, project_ids: Collection[UUID]) -> Mapping[UUID, date]:
    """Give the last day on which anybody was seen at some projects, by project."""
    rows = await asking.told(session, _LAST_SEEN, {"ids": list(project_ids)})
    return {project_id: day for project_id, day in rows if day}


def _covered(project_id: ColumnElement[UUID], day: ColumnElement[date]) -> ColumnElement[bool]:
    """Say of a worker whether roster and contract of a project hold on a day."""
    spell = select(RosterEntry.id).where(
        RosterEntry.project_id == project_id,
        RosterEntry.worker_id == Worker.id,
        RosterEntry.entered_on <= day,
        or_(RosterEntry.left_on.is_(None), RosterEntry.left_on >= day),
    )
    contract = select(LabourContract.id).where(
        LabourContract.project_id == project_id,
        LabourContract.worker_id == Worker.id,
        LabourContract.start_on <= day,
        or_(LabourContract.end_on.is_(None), LabourContract.end_on >= day),
    )
    return and_(
        spell.correlate_except(RosterEntry).exists(),
        contract.correlate_except(LabourContract).exists(),
    )


def _on_site() -> Select[Any]:
    ids, numbers = bindparam("ids", type_=ARRAY(Uuid())), bindparam("days", type_=ARRAY(Integer()))
    named = func.unnest(ids, numbers).table_valued("project_id", "number", name="window")
    window = named.render_derived()
    seen = (
        select(Attendance.attendee_id, func.max(Attendance.day).label("day"))
        .where(
            Attendance.project_id == window.c.project_id,
            # The widest window keeps other years out; each project's own is the narrower.
            Attendance.day > bindparam("widest", type_=Date),
            Attendance.day <= _TODAY,
            attendance.is_one_of(_TODAY - window.c.number + 1, window.c.number),
            attendance.counts(window.c.project_id),
        )
        .group_by(Attendance.attendee_id)
        .correlate(window)
        .lateral("seen")
    )
    same = and_(Worker.id_index == Attendee.id_index, Worker.id_type == Attendee.id_type)
    at = window.c.project_id
    covered = or_(_covered(at, seen.c.day), _covered(at, _TODAY))
    return (
        select(at, func.count(), func.count().filter(or_(Worker.id.is_(None), ~covered)))
        .select_from(window)
        .join(seen, true())
        .join(Attendee, Attendee.id == seen.c.attendee_id)
        .outerjoin(Worker, same)
        .group_by(at)
    )


_ON_SITE = _on_site()


async def on_site(session: Session, days: Mapping[UUID, int], today: date) -> Mapping[UUID, OnSite]:
    """Count who was seen at projects within so many days, and who of them is not registered.

    Who is registered with a contract by now, or was when he was seen last, is none of them.
    """
    widest = today - timedelta(days=max(days.values(), default=0))
    asked = {"ids": list(days), "days": list(days.values()), "today": today, "widest": widest}
    rows = await asking.told(session, _ON_SITE, asked)
    return {project_id: OnSite(many, off) for project_id, many, off in rows}


# What sheets' conditions rest on, in one value: the project as told, its sheets that stand, cards
# of its workers that others hold, and how many rows of policy are in force for its area.
_CHANGED = """
    INSERT INTO sheet_looks AS known (project_id, mark)
    SELECT p.id, md5(concat_ws(';', $2::text, p.told_at, a.path,
        (SELECT count(*) FROM policies WHERE kind = ANY($3::text[]) AND valid_from <= $4::date),
        (SELECT string_agg(concat(s.id, s.submitted_at), ',' ORDER BY s.id) FROM sheets s
            WHERE s.project_id = p.id AND s.period >= $2 AND s.status = ANY($5::text[])),
        (SELECT string_agg(c.id::text, ',' ORDER BY c.id) FROM payee_accounts c
            WHERE c.project_id = p.id AND NOT c.is_own AND c.replaced_at IS NULL)))
    FROM projects p LEFT JOIN known_areas a ON a.code = p.area_code WHERE p.id = ANY($1::uuid[])
    ON CONFLICT (project_id) DO UPDATE SET mark = excluded.mark WHERE known.mark <> excluded.mark
    RETURNING project_id
"""


async def changed(
    session: Session, project_ids: Collection[UUID], since: str, kinds: Collection[str], today: date
) -> Collection[UUID]:
    """Give those of some projects whose sheets, cards or policies of some kinds became others.

    Since it was asked last; whoever asks holds their conditions.
    """
    asked = ([*project_ids], since, [*kinds], today, [*STANDING])
    return [row[0] for row in await asking.rows(session, _CHANGED, *asked)]


_OF_SHEETS = (
    asking.one_of(Sheet.project_id, "ids"),
    Sheet.period >= _SINCE,
    one_text_of(Sheet.status, STANDING),
)
_STANDING = (
    *_OF_SHEETS,
    SheetLine.sheet_id == Sheet.id,
    SheetLine.period == Sheet.period,
    SheetLine.period >= _SINCE,
)
_SUBMITTED = (
    select(
        Sheet.project_id,
        Sheet.period,
        func.min(func.timezone("Asia/Shanghai", Sheet.submitted_at)),
    )
    .where(*_OF_SHEETS, Sheet.submitted_at.is_not(None))
    .group_by(Sheet.project_id, Sheet.period)
)


async def submitted(
    session: Session, project_ids: Collection[UUID], since: str
) -> Mapping[ProjectMonth, date]:
    """Give the months of which payroll sheets of projects stand, and when the first came."""
    rows = await asking.told(session, _SUBMITTED, {"ids": [*project_ids], "since": since})
    return {(project_id, period): at.date() for project_id, period, at in rows}


_PAID = (
    select(Sheet.project_id, Sheet.period, SheetLine.days, func.count(), func.sum(SheetLine.net))
    .where(*_STANDING, SheetLine.days > 0, SheetLine.net.is_not(None))
    .group_by(Sheet.project_id, Sheet.period, SheetLine.days)
)


async def paid(
    session: Session, project_ids: Collection[UUID], since: str
) -> Mapping[ProjectMonth, Sequence[Paid]]:
    """Give what the standing sheets pay net, by month and by days worked."""
    found: dict[ProjectMonth, list[Paid]] = {}
    rows = await asking.told(session, _PAID, {"ids": [*project_ids], "since": since})
    for project_id, period, days, lines, net in rows:
        found.setdefault((project_id, period), []).append(
            Paid(Decimal(days or 0), lines, Decimal(net or 0))
        )
    return found


def _paid_much() -> Select[Any]:
    amount = func.coalesce(SheetLine.gross, SheetLine.net, 0)
    months = (
        select(
            Sheet.project_id,
            Sheet.period,
            func.sum(amount).label("month"),
            func.sum(func.sum(amount))
            .over(
                partition_by=[
                    Sheet.project_id, SheetLine.id_index, func.substr(Sheet.period, 1, 4)
                ],
                order_by=Sheet.period,
            )
            .label("year"),
        )
        .where(*_STANDING, SheetLine.id_index.is_not(None))
        .group_by(Sheet.project_id, Sheet.period, SheetLine.id_index)
        .subquery()
    )  # fmt: skip
    of_month = months.c.month > bindparam("month", type_=Numeric(14, 2))
    of_year = months.c.year > bindparam("year", type_=Numeric(14, 2))
    return (
        select(months.c.project_id, months.c.period, func.bool_or(of_month), func.bool_or(of_year))
        .where(or_(of_month, of_year), months.c.period >= bindparam("shown", type_=Text))
        .group_by(months.c.project_id, months.c.period)
    )


_PAID_MUCH = _paid_much()


async def paid_much(
    session: Session, project_ids: Collection[UUID], since: str, *, month: Decimal, year: Decimal
) -> Collection[tuple[ProjectMonth, str]]:
    """Give the months in which somebody is paid more than an amount, in them or in their year."""
    # A year is added up from its first month on.
    asked = {"ids": [*project_ids], "since": f"{since[:4]}-01", "shown": since}
    rows = await asking.told(session, _PAID_MUCH, {**asked, "month": month, "year": year})
    signs: list[tuple[ProjectMonth, str]] = []
    for project_id, period, of_month, of_year in rows:
        signs += [((project_id, period), "amount_a_month")] * of_month
        signs += [((project_id, period), "amount_a_year")] * of_year
    return signs


_MANY_CARDS = (
    select(Sheet.project_id, Sheet.period)
    .where(*_STANDING, SheetLine.id_index.is_not(None))
    .group_by(Sheet.project_id, Sheet.period, SheetLine.id_index)
    .having(func.count(SheetLine.card_index.distinct()) >= bindparam("least", type_=Integer))
)


async def many_cards(
    session: Session, project_ids: Collection[UUID], since: str, least: int
) -> Collection[ProjectMonth]:
    """Give the months in which one person is paid on at least so many cards."""
    asked = {"ids": [*project_ids], "since": since, "least": least}
    return {(row[0], row[1]) for row in await asking.told(session, _MANY_CARDS, asked)}


_HELD_FOR_OTHERS = (
    select(PayeeAccount.project_id)
    .where(
        asking.one_of(PayeeAccount.project_id, "ids"),
        PayeeAccount.replaced_at.is_(None),
        ~PayeeAccount.is_own,
    )
    .group_by(PayeeAccount.project_id, PayeeAccount.holder_index)
    .having(func.count(PayeeAccount.card_index.distinct()) >= bindparam("least", type_=Integer))
)


async def held_for_others(
    session: Session, project_ids: Collection[UUID], least: int
) -> Collection[UUID]:
    """Give the projects at which one holder has at least so many cards of other workers."""
    asked = {"ids": [*project_ids], "least": least}
    return {row[0] for row in await asking.told(session, _HELD_FOR_OTHERS, asked)}


_SAME_AMOUNTS = (
    select(Sheet.project_id, Sheet.period)
    .where(*_STANDING, SheetLine.net > 0)
    .group_by(Sheet.id, Sheet.project_id, Sheet.period, Sheet.rows, SheetLine.net)
    .having(
        func.count() >= bindparam("workers", type_=Integer),
        func.count() >= bindparam("share", type_=Numeric) * Sheet.rows,
    )
)


async def same_amounts(
    session: Session, project_ids: Collection[UUID], since: str, *, workers: int, share: Decimal
) -> Collection[ProjectMonth]:
    """Give the months of which a sheet pays so many, and such a share of its lines, the same."""
    asked = {"ids": [*project_ids], "since": since, "workers": workers, "share": share}
    return {(row[0], row[1]) for row in await asking.told(session, _SAME_AMOUNTS, asked)}
