"""Attendance: who may send it, who was seen when, by month and by day."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    SQLColumnExpression,
    Subquery,
    and_,
    any_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIT
from sqlalchemy.types import Text

from services.payroll.errors import ProjectUnknown
from services.payroll.models import (
    Attendance,
    AttendanceSheet,
    Attendee,
    Project,
    RosterEntry,
    Worker,
)
from shared import asking, known, paging, sets
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound
from shared.workdays import months_after

_KEY = ("project_id", "source", "record_key", "day")
TOLD = ("attendee_id", "at", "direction", "attend_type", "units", "confidence")


async def project_of_sender(
    session: Session, project_id: UUID, scope: Scope, company: UUID | None
) -> Project:
    """Give a project for which the caller may send attendance, or raise ProjectUnknown.

    A vendor's key that names a `company` sends for the sites of this company only.
    """
    named = Scope(scope.areas, company) if company else scope
    return await _project(session, project_id, named)


async def project_of_reader(session: Session, project_id: UUID, scope: Scope) -> Project:
    """Give a project whose attendance the caller may see, or raise ProjectUnknown."""
    return await _project(session, project_id, scope)


async def _project(session: Session, project_id: UUID, scope: Scope) -> Project:
    mine = known.in_scope(Project.area_code, scope, Project.contractor_id)
    row = await session.scalar(select(Project).where(Project.id == project_id, mine))
    if row is None:
        raise ProjectUnknown.explained()
    return row


async def take_turns(session: Session, project_id: UUID) -> None:
    """Let those who send attendance of one project take turns.

    Two batches with the same records in another order would wait for each other.
    """
    await asking.wait_for(session, f"attendance:{project_id}")


_ATTENDEES = select(Attendee.id_type, Attendee.id_index, Attendee.id).where(
    Attendee.project_id == bindparam("project_id"), asking.one_of(Attendee.id_index, "indexes")
)


async def attendees(
    session: Session, project_id: UUID, indexes: Collection[str]
) -> Mapping[tuple[str, str], UUID]:
    """Give whom a project's gates know of some people: the id by type and index of the number."""
    asked = {"project_id": project_id, "indexes": [*indexes]}
    rows = await asking.told(session, _ATTENDEES, asked)
    return {(id_type, index): row_id for id_type, index, row_id in rows}


async def differing(session: Session) -> Collection[tuple[Any, ...]]:
    """Give what of the batch just written stands otherwise under its key: key, day, and `TOLD`."""
    staged = sets.staged(Attendance)
    same = [staged.c[name] == getattr(Attendance, name) for name in _KEY]
    other = [staged.c[name].is_distinct_from(getattr(Attendance, name)) for name in TOLD]
    rows = await session.execute(
        select(staged.c.record_key, staged.c.day, *(staged.c[name] for name in TOLD))
        .join(Attendance, and_(*same))
        .where(or_(*other))
    )
    return {tuple(row) for row in rows}


def within(project_id: UUID, period: str) -> Sequence[ColumnElement[bool]]:
    first = date.fromisoformat(f"{period}-01")
    return (
        Attendance.project_id == project_id,
        Attendance.day >= first,
        Attendance.day < months_after(first, 1),
        counts(project_id),
    )


def counts(project_id: UUID | SQLColumnExpression[UUID]) -> ColumnElement[bool]:
    """Leave out what stood in a file of a project of which a later version has come.

    The project is named from without, not by the records: so its files are gathered once for all
    of them.
    """
    replaced = select(AttendanceSheet.source).where(
        AttendanceSheet.project_id == project_id, AttendanceSheet.replaced_at.is_not(None)
    )
    return Attendance.source.not_in(replaced.correlate_except(AttendanceSheet))


def is_one_of(first: ColumnElement[date], many: ColumnElement[int]) -> ColumnElement[bool]:
    """Leave out all but so many days from a first one on, which are given from without.

    Named one by one: of what lies between two columns nobody can say beforehand how much it is.
    """
    series = func.generate_series(0, many - 1)
    later = series.table_valued(column("number", Integer()), name="later").render_derived()
    days: Any = select(first + later.c.number).correlate_except(later).scalar_subquery()
    return Attendance.day == any_(func.array(days, type_=ARRAY(Date())))


def _registered(project_id: UUID, day: ColumnElement[date]) -> ColumnElement[bool]:
    """Give the predicate that a worker is on the project's roster on a day."""
    spell = (
        RosterEntry.project_id == project_id,
        RosterEntry.worker_id == Worker.id,
        RosterEntry.entered_on <= day,
        or_(RosterEntry.left_on.is_(None), RosterEntry.left_on >= day),
    )
    return select(RosterEntry.id).where(*spell).correlate_except(RosterEntry).exists()


def days_by_role(project_id: UUID, period: str) -> Subquery:
    """Give each person's days of a month by who told of them.

    A day counts what was told of it, once where only a passage was told, and once whoever told it
    how often.
    """
    role = func.split_part(Attendance.source, ":", 1).label("role")
    # Days as bits of a number: passages, of which there are most, make no row for each day.
    first = date.fromisoformat(f"{period}-01")
    number = type_coerce(Attendance.day - literal(first), Integer)
    by_day = (
        select(
            Attendance.attendee_id,
            role,
            func.max(Attendance.units).label("units"),
            func.bit_or(literal(1).bitwise_lshift(number)).label("days"),
        )
        .where(*within(project_id, period))
        .group_by(Attendance.attendee_id, role, case((Attendance.units.is_not(None), number)))
        .subquery()
    )
    said = by_day.c.units.is_not(None)
    told, seen = (
        func.coalesce(func.bit_or(by_day.c.days).filter(which), 0) for which in (said, ~said)
    )
    untold = func.bit_count(cast(seen.bitwise_and(told.bitwise_not()), BIT(31)))
    counted = func.coalesce(func.sum(by_day.c.units), 0) + untold
    return (
        select(by_day.c.attendee_id, by_day.c.role, counted.label("days"))
        .group_by(by_day.c.attendee_id, by_day.c.role)
        .subquery()
    )


def _told(project_id: UUID, period: str) -> Subquery:
    """Put a person's days by who told of them into one value, as text: gates beside sheets."""
    by_role = days_by_role(project_id, period)
    said = func.jsonb_object_agg(by_role.c.role, cast(by_role.c.days, Text()))
    return (
        select(by_role.c.attendee_id, said.label("told")).group_by(by_role.c.attendee_id).subquery()
    )


def _months(project_id: UUID, period: str) -> Subquery:
    """Count a month's days and records of each person: a day once, on the roster or off it."""
    by_day = (
        select(
            Attendance.attendee_id,
            Attendance.day,
            func.max(Attendance.units).label("units"),
            func.count().label("records"),
        )
        .where(*within(project_id, period))
        .group_by(Attendance.attendee_id, Attendance.day)
        .subquery()
    )
    told = _told(project_id, period)
    same = and_(Worker.id_index == Attendee.id_index, Worker.id_type == Attendee.id_type)
    off = ~_registered(project_id, by_day.c.day)
    return (
        select(
            by_day.c.attendee_id,
            Worker.id.label("worker_id"),
            func.count().label("days"),
            func.count().filter(off).label("unregistered_days"),
            func.sum(by_day.c.units).label("units"),
            func.sum(by_day.c.records).label("records"),
            func.min(by_day.c.day).label("first_on"),
            func.max(by_day.c.day).label("last_on"),
            told.c.told,
        )
        .join(Attendee, Attendee.id == by_day.c.attendee_id)
        .join(told, told.c.attendee_id == by_day.c.attendee_id)
        .outerjoin(Worker, same)
        .group_by(by_day.c.attendee_id, Worker.id, told.c.told)
        .subquery()
    )


async def months(
    session: Session,
    project_id: UUID,
    scope: Scope,
    period: str,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[Any]:
    """Give a page of the people of a month with their days; raises ProjectUnknown."""
    project = await project_of_reader(session, project_id, scope)
    counted = _months(project.id, period)
    statement: Select[Any] = select(
        Attendee.id_type, Attendee.id_number, *(one for one in counted.c)
    ).join(counted, counted.c.attendee_id == Attendee.id)
    return await paging.page(session, statement, by=(Attendee.id,), cursor=cursor, limit=limit)


class AttendedDay(NamedTuple):
    """How many were seen on a day."""

    day: date
    people: int
    records: int


async def days(
    session: Session, project_id: UUID, scope: Scope, period: str
) -> Sequence[AttendedDay]:
    """Give how many people were seen on each day of a month; raises ProjectUnknown."""
    project = await project_of_reader(session, project_id, scope)
    rows = await session.execute(
        select(Attendance.day, func.count(Attendance.attendee_id.distinct()), func.count())
        .where(*within(project.id, period))
        .group_by(Attendance.day)
        .order_by(Attendance.day)
    )
    return [AttendedDay(*row) for row in rows]


async def attendee(session: Session, attendee_id: UUID, scope: Scope) -> Attendee:
    """Give somebody whom gates saw, or raise NotFound."""
    mine = known.in_scope(Project.area_code, scope, Project.contractor_id)
    row = await session.scalar(
        select(Attendee)
        .join(Project, Project.id == Attendee.project_id)
        .where(Attendee.id == attendee_id, mine)
    )
    if row is None:
        raise NotFound
    return row
