"""Who was on sites of late, and what standing payroll sheets say: in sets, for many projects."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    TableValuedAlias,
    Uuid,
    and_,
    func,
    literal,
    or_,
    select,
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
from services.payroll.queries.sets import one_of
from services.payroll.rules.labour_conditions import OnSite, Paid
from services.payroll.rules.sheets import STANDING
from shared.db import Session

ProjectMonth = tuple[UUID, str]


async def last_seen(session: Session, project_ids: Collection[UUID]) -> Mapping[UUID, date]:
    """Give the last day on which anybody was seen at some projects, by project."""
    # From the last day back until one counts: the greatest of all would be asked of every record.
    last = (
        select(Attendance.day)
        .where(Attendance.project_id == Project.id, attendance.counts())
        .order_by(Attendance.day.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = await session.execute(select(Project.id, last).where(one_of(Project.id, project_ids)))
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


async def on_site(session: Session, days: Mapping[UUID, int], today: date) -> Mapping[UUID, OnSite]:
    """Count who was seen at projects within so many days, and who of them is not registered.

    Who is registered with a contract by now, or was when he was seen last, is none of them.
    """
    window = _by_project(days)
    seen = (
        select(Attendance.project_id, Attendance.attendee_id, func.max(Attendance.day).label("day"))
        .join(window, window.c.project_id == Attendance.project_id)
        .where(
            one_of(Attendance.project_id, days),
            # The widest window keeps other years out; each project's own is the narrower.
            Attendance.day > today - timedelta(days=max(days.values(), default=0)),
            Attendance.day > literal(today) - window.c.number,
            Attendance.day <= today,
            attendance.counts(),
        )
        .group_by(Attendance.project_id, Attendance.attendee_id)
        .subquery()
    )
    same = and_(Worker.id_index == Attendee.id_index, Worker.id_type == Attendee.id_type)
    covered = or_(
        _covered(seen.c.project_id, seen.c.day), _covered(seen.c.project_id, literal(today))
    )
    rows = await session.execute(
        select(
            seen.c.project_id,
            func.count(),
            func.count().filter(or_(Worker.id.is_(None), ~covered)),
        )
        .join(Attendee, Attendee.id == seen.c.attendee_id)
        .outerjoin(Worker, same)
        .group_by(seen.c.project_id)
    )
    return {project_id: OnSite(many, off) for project_id, many, off in rows}


def _by_project(numbers: Mapping[UUID, int]) -> TableValuedAlias:
    ids = literal(list(numbers), ARRAY(Uuid()))
    values = literal(list(numbers.values()), ARRAY(Integer()))
    return (
        func.unnest(ids, values)
        .table_valued("project_id", "number", name="window")
        .render_derived()
    )


def _standing(project_ids: Collection[UUID], since: str) -> Sequence[ColumnElement[bool]]:
    return (
        one_of(Sheet.project_id, project_ids),
        Sheet.period >= since,
        Sheet.status.in_(STANDING),
        SheetLine.sheet_id == Sheet.id,
        SheetLine.period == Sheet.period,
        SheetLine.period >= since,
    )


async def submitted(
    session: Session, project_ids: Collection[UUID], since: str
) -> Mapping[ProjectMonth, date]:
    """Give the months of which payroll sheets of projects stand, and when the first came."""
    first = func.min(func.timezone("Asia/Shanghai", Sheet.submitted_at))
    rows = await session.execute(
        select(Sheet.project_id, Sheet.period, first)
        .where(
            one_of(Sheet.project_id, project_ids),
            Sheet.period >= since,
            Sheet.status.in_(STANDING),
            Sheet.submitted_at.is_not(None),
        )
        .group_by(Sheet.project_id, Sheet.period)
    )
    return {(project_id, period): at.date() for project_id, period, at in rows}


async def paid(
    session: Session, project_ids: Collection[UUID], since: str
) -> Mapping[ProjectMonth, Sequence[Paid]]:
    """Give what the standing sheets pay net, by month and by days worked."""
    rows = await session.execute(
        select(
            Sheet.project_id, Sheet.period, SheetLine.days, func.count(), func.sum(SheetLine.net)
        )
        .where(*_standing(project_ids, since), SheetLine.days > 0, SheetLine.net.is_not(None))
        .group_by(Sheet.project_id, Sheet.period, SheetLine.days)
    )
    found: dict[ProjectMonth, list[Paid]] = {}
    for project_id, period, days, lines, net in rows:
        found.setdefault((project_id, period), []).append(
            Paid(Decimal(days or 0), lines, Decimal(net or 0))
        )
    return found


async def paid_much(
    session: Session, project_ids: Collection[UUID], since: str, *, month: Decimal, year: Decimal
) -> Collection[tuple[ProjectMonth, str]]:
    """Give the months in which somebody is paid more than an amount, in them or in their year."""
    amount = func.coalesce(SheetLine.gross, SheetLine.net, 0)
    by_month = (
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
        .where(
            *_standing(project_ids, f"{since[:4]}-01"), SheetLine.id_index.is_not(None)
        )
        .group_by(Sheet.project_id, Sheet.period, SheetLine.id_index)
        .subquery()
    )  # fmt: skip
    rows = await session.execute(
        select(
            by_month.c.project_id,
            by_month.c.period,
            func.bool_or(by_month.c.month > month),
            func.bool_or(by_month.c.year > year),
        )
        .where(or_(by_month.c.month > month, by_month.c.year > year), by_month.c.period >= since)
        .group_by(by_month.c.project_id, by_month.c.period)
    )
    signs: list[tuple[ProjectMonth, str]] = []
    for project_id, period, of_month, of_year in rows:
        signs += [((project_id, period), "amount_a_month")] * of_month
        signs += [((project_id, period), "amount_a_year")] * of_year
    return signs


async def many_cards(
    session: Session, project_ids: Collection[UUID], since: str, least: int
) -> Collection[ProjectMonth]:
    """Give the months in which one person is paid on at least so many cards."""
    rows = await session.execute(
        select(Sheet.project_id, Sheet.period)
        .where(*_standing(project_ids, since), SheetLine.id_index.is_not(None))
        .group_by(Sheet.project_id, Sheet.period, SheetLine.id_index)
        .having(func.count(SheetLine.card_index.distinct()) >= least)
    )
    return {(project_id, period) for project_id, period in rows}


async def held_for_others(
    session: Session, project_ids: Collection[UUID], least: int
) -> Collection[UUID]:
    """Give the projects at which one holder has at least so many cards of other workers."""
    rows = await session.scalars(
        select(PayeeAccount.project_id)
        .where(
            one_of(PayeeAccount.project_id, project_ids),
            PayeeAccount.replaced_at.is_(None),
            ~PayeeAccount.is_own,
        )
        .group_by(PayeeAccount.project_id, PayeeAccount.holder_index)
        .having(func.count(PayeeAccount.card_index.distinct()) >= least)
    )
    return set(rows)


async def same_amounts(
    session: Session, project_ids: Collection[UUID], since: str, *, workers: int, share: Decimal
) -> Collection[ProjectMonth]:
    """Give the months of which a sheet pays so many, and such a share of its lines, the same."""
    rows = await session.execute(
        select(Sheet.project_id, Sheet.period)
        .where(*_standing(project_ids, since), SheetLine.net > 0)
        .group_by(Sheet.id, Sheet.project_id, Sheet.period, Sheet.rows, SheetLine.net)
        .having(func.count() >= workers, func.count() >= share * Sheet.rows)
    )
    return {(project_id, period) for project_id, period in rows}
