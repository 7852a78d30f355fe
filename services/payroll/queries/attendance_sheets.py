"""Attendance sheets: files of a month, their versions, and whom of the roster they name."""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from services.payroll.models import AttendanceSheet, Project, RosterEntry, Worker
from services.payroll.queries import sheets
from services.payroll.queries.sets import one_of, one_text_of
from services.payroll.rules.attendance_sheets import AttendanceSheetState
from services.payroll.rules.periods import first_day, last_day
from services.payroll.schemas.attendance_sheets import AttendanceSheetFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


class Named(NamedTuple):
    """A worker on the roster in a month."""

    worker_id: UUID
    id_type: str
    id_index: str
    name_index: str


async def on_roster(
    session: Session,
    project_id: UUID,
    period: str,
    indexes: Collection[str],
    names: Collection[str],
) -> Sequence[Named]:
    """Give who was on a project's roster in a month, by indexes of numbers or of names."""
    rows = await session.execute(
        select(Worker.id, Worker.id_type, Worker.id_index, RosterEntry.name_index)
        .join(RosterEntry, RosterEntry.worker_id == Worker.id)
        .where(
            RosterEntry.project_id == project_id,
            RosterEntry.entered_on <= last_day(period),
            or_(RosterEntry.left_on.is_(None), RosterEntry.left_on >= first_day(period)),
            or_(one_text_of(Worker.id_index, indexes), one_text_of(RosterEntry.name_index, names)),
        )
        .distinct()
    )
    return [Named(*row) for row in rows]


async def workers(session: Session, worker_ids: Collection[UUID]) -> Sequence[Worker]:
    """Give some workers."""
    return (await session.scalars(select(Worker).where(one_of(Worker.id, worker_ids)))).all()


async def locked_same_content(
    session: Session, project_id: UUID, employer_id: UUID, period: str, digest: str
) -> AttendanceSheet | None:
    """Give the sheet of a file that came before, for changing; behind the project's lock."""
    return await session.scalar(
        select(AttendanceSheet)
        .where(
            AttendanceSheet.project_id == project_id,
            AttendanceSheet.employer_id == employer_id,
            AttendanceSheet.period == period,
            AttendanceSheet.digest == digest,
        )
        .with_for_update()
    )


async def locked_versions(
    session: Session, project_id: UUID, employer_id: UUID, period: str
) -> Sequence[AttendanceSheet]:
    """Give the versions of an employer's month, the newest first, for changing."""
    rows = await session.scalars(
        select(AttendanceSheet)
        .where(
            AttendanceSheet.project_id == project_id,
            AttendanceSheet.employer_id == employer_id,
            AttendanceSheet.period == period,
            AttendanceSheet.state != AttendanceSheetState.REFUSED,
        )
        .order_by(AttendanceSheet.version.desc())
        .with_for_update()
    )
    return rows.all()


def _seen(scope: Scope) -> ColumnElement[bool]:
    mine = known.in_scope(
        Project.area_code, scope, Project.contractor_id, AttendanceSheet.employer_id
    )
    return AttendanceSheet.project_id.in_(select(Project.id).where(mine).correlate(AttendanceSheet))


async def sheet(session: Session, sheet_id: UUID, scope: Scope) -> AttendanceSheet:
    """Give a sheet, or raise NotFound."""
    row = await session.scalar(
        select(AttendanceSheet).where(AttendanceSheet.id == sheet_id, _seen(scope))
    )
    if row is None:
        raise NotFound
    return row


async def sheet_of_sender(session: Session, sheet_id: UUID, scope: Scope) -> AttendanceSheet:
    """Give a sheet whose file may be given back to whoever sends for its project."""
    row = await sheet(session, sheet_id, scope)
    await sheets.project_of_sender(session, row.project_id, scope)
    return row


async def listed(
    session: Session, scope: Scope, only: AttendanceSheetFilter, *, cursor: str | None, limit: int
) -> paging.Found[AttendanceSheet]:
    """Give a page of sheets, newest first."""
    statement = select(AttendanceSheet).where(_seen(scope))
    for name in ("project_id", "employer_id", "period", "state"):
        wanted = getattr(only, name)
        if wanted is not None:
            statement = statement.where(getattr(AttendanceSheet, name) == wanted)
    by = (AttendanceSheet.made_at, AttendanceSheet.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit, descending=True)
