"""Payroll sheets: who may see them, their lines, findings and versions."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from services.payroll.errors import ProjectUnknown
from services.payroll.models import (
    Project,
    ProjectParty,
    Sheet,
    SheetDifference,
    SheetFinding,
    SheetLine,
)
from services.payroll.rules.sheet_facts import Elsewhere, Laid, Line
from services.payroll.rules.sheets import STANDING, Compared, Origin, SheetStatus
from services.payroll.schemas.sheets import SheetFilter, SheetFindingFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound

_SUBCONTRACTOR = "subcontractor"


def _takes_part(scope: Scope) -> ColumnElement[bool]:
    """Say of a project whether the caller's organisation is or was its subcontractor."""
    return (
        select(ProjectParty.id)
        .where(
            ProjectParty.project_id == Project.id,
            ProjectParty.role == _SUBCONTRACTOR,
            ProjectParty.organisation_id == scope.org,
        )
        .exists()
    )


def _sends(scope: Scope) -> ColumnElement[bool]:
    own = known.in_scope(Project.area_code, scope, Project.contractor_id)
    if scope.org is None:
        return own
    inside = known.in_scope(Project.area_code, Scope(scope.areas))
    return or_(own, and_(inside, _takes_part(scope)))


async def locked_project_of_sender(session: Session, project_id: UUID, scope: Scope) -> Project:
    """Give a project for which the caller may send sheets, or raise ProjectUnknown."""
    project = await session.scalar(
        select(Project)
        .where(Project.id == project_id, _sends(scope))
        .with_for_update(key_share=True)
    )
    if project is None:
        raise ProjectUnknown.explained()
    return project


async def project_of_sender(session: Session, project_id: UUID, scope: Scope) -> Project:
    """Give a project for which the caller may send sheets, or raise ProjectUnknown."""
    project = await session.scalar(select(Project).where(Project.id == project_id, _sends(scope)))
    if project is None:
        raise ProjectUnknown.explained()
    return project


async def subcontractors(session: Session, project_id: UUID) -> frozenset[UUID]:
    """Give who is or was a subcontractor of a project."""
    return frozenset(
        await session.scalars(
            select(ProjectParty.organisation_id).where(
                ProjectParty.project_id == project_id, ProjectParty.role == _SUBCONTRACTOR
            )
        )
    )


def _seen(scope: Scope) -> ColumnElement[bool]:
    """A sheet is its project's: the contractor sees all, a subcontractor its own."""
    mine = known.in_scope(Project.area_code, scope, Project.contractor_id, Sheet.employer_id)
    return Sheet.project_id.in_(select(Project.id).where(mine).correlate(Sheet))


async def sheet(session: Session, sheet_id: UUID, scope: Scope) -> Sheet:
    """Give a sheet, or raise NotFound."""
    row = await session.scalar(select(Sheet).where(Sheet.id == sheet_id, _seen(scope)))
    if row is None:
        raise NotFound
    return row


async def sheet_of_sender(session: Session, sheet_id: UUID, scope: Scope) -> Sheet:
    """Give a sheet whose file may be given back to whoever sends for its project and employer."""
    row = await sheet(session, sheet_id, scope)
    await project_of_sender(session, row.project_id, scope)
    return row


async def locked_sheet(session: Session, sheet_id: UUID, scope: Scope) -> Sheet:
    """Give a sheet for changing, behind its project's lock, or raise NotFound.

    Whoever sends, submits or moves sheets of a project takes turns, so that what one check saw is
    still so when the sheet counts.
    """
    there = await sheet(session, sheet_id, scope)
    await session.execute(
        select(Project.id).where(Project.id == there.project_id).with_for_update(key_share=True)
    )
    return (
        await session.scalars(
            select(Sheet)
            .where(Sheet.id == sheet_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).one()


async def locked_sheet_of_contractor(session: Session, sheet_id: UUID, scope: Scope) -> Sheet:
    """Give a sheet to one of its project's contractor, for changing, or raise NotFound."""
    mine = known.in_scope(Project.area_code, scope, Project.contractor_id)
    there = select(Sheet.id).join(Project, Project.id == Sheet.project_id)
    if await session.scalar(there.where(Sheet.id == sheet_id, mine)) is None:
        raise NotFound
    return await locked_sheet(session, sheet_id, scope)


async def locked_projects(session: Session, project_ids: Collection[UUID]) -> None:
    """Lock some projects in the order of their ids, so that two moves never wait for each other."""
    await session.execute(
        select(Project.id)
        .where(Project.id.in_(project_ids))
        .order_by(Project.id)
        .with_for_update(key_share=True)
    )


async def sheets(
    session: Session, scope: Scope, only: SheetFilter, *, cursor: str | None, limit: int
) -> paging.Found[Sheet]:
    """Give a page of sheets, newest first."""
    statement = select(Sheet).where(_seen(scope))
    for name in ("project_id", "employer_id", "period", "run", "status"):
        wanted = getattr(only, name)
        if wanted is not None:
            statement = statement.where(getattr(Sheet, name) == wanted)
    by = (Sheet.made_at, Sheet.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit, descending=True)


async def lines(
    session: Session, sheet_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[SheetLine]:
    """Give a page of a sheet's lines in their order; raises NotFound."""
    owner = await sheet(session, sheet_id, scope)
    statement = select(SheetLine).where(_of(owner))
    by = (SheetLine.position, SheetLine.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


def _of(owner: Sheet) -> ColumnElement[bool]:
    # The period too, so that only one partition is looked into.
    return and_(SheetLine.sheet_id == owner.id, SheetLine.period == owner.period)


async def findings(
    session: Session,
    sheet_id: UUID,
    scope: Scope,
    only: SheetFindingFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[SheetFinding]:
    """Give a page of what a sheet's last check found; raises NotFound."""
    owner = await sheet(session, sheet_id, scope)
    statement = _findings_of(owner)
    for name in ("severity", "code", "row"):
        wanted = getattr(only, name)
        if wanted is not None:
            statement = statement.where(getattr(SheetFinding, name) == wanted)
    by = (SheetFinding.sheet_id, SheetFinding.position)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


def _findings_of(owner: Sheet) -> Select[SheetFinding]:
    return select(SheetFinding).where(
        SheetFinding.sheet_id == owner.id, SheetFinding.check_no == owner.checks
    )


async def all_findings(session: Session, owner: Sheet) -> Sequence[SheetFinding]:
    """Give all that a sheet's last check found."""
    rows = await session.scalars(_findings_of(owner).order_by(SheetFinding.position))
    return rows.all()


async def noted_findings(session: Session, owner: Sheet) -> Sequence[SheetFinding]:
    """Give what the reader noted in a sheet."""
    rows = await session.scalars(
        _findings_of(owner)
        .where(SheetFinding.origin == Origin.READING)
        .order_by(SheetFinding.position)
    )
    return rows.all()


async def differences(
    session: Session, sheet_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[SheetDifference]:
    """Give a page of how a version differs from the one before; raises NotFound."""
    owner = await sheet(session, sheet_id, scope)
    statement = select(SheetDifference).where(SheetDifference.sheet_id == owner.id)
    by = (SheetDifference.sheet_id, SheetDifference.position)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def file_of_content(
    session: Session, project_id: UUID, period: str, digest: str
) -> UUID | None:
    """Give the kept file of a sheet that came of the same content, if there is one."""
    return await session.scalar(select(Sheet.file_id).where(*_same(project_id, period, digest)))


def _same(project_id: UUID, period: str, digest: str) -> list[ColumnElement[bool]]:
    return [
        Sheet.project_id == project_id,
        Sheet.period == period,
        Sheet.digest == digest,
        Sheet.status != SheetStatus.ARCHIVED,
    ]


async def locked_same_content(
    session: Session, project_id: UUID, period: str, digest: str
) -> Sheet | None:
    """Give the sheet that came of the same file for a project and period, for changing."""
    return await session.scalar(
        select(Sheet).where(*_same(project_id, period, digest)).with_for_update()
    )


async def locked_versions(
    session: Session, project_id: UUID, employer_id: UUID, period: str, run: int
) -> Sequence[Sheet]:
    """Give all versions of a sheet for changing, the newest first."""
    rows = await session.scalars(
        select(Sheet)
        .where(
            Sheet.project_id == project_id,
            Sheet.employer_id == employer_id,
            Sheet.period == period,
            Sheet.run == run,
            Sheet.status != SheetStatus.REFUSED,
        )
        .order_by(Sheet.version.desc())
        .with_for_update()
    )
    return rows.all()


async def elsewhere(session: Session, owner: Sheet) -> Sequence[Elsewhere]:
    """Give the lines of the other sheets of a project and period that stand."""
    others = select(Sheet.id).where(
        Sheet.project_id == owner.project_id,
        Sheet.period == owner.period,
        Sheet.status.in_(STANDING),
        # What this one takes the place of is no other sheet.
        or_(Sheet.employer_id != owner.employer_id, Sheet.run != owner.run),
    )
    rows = await session.execute(
        select(SheetLine.sheet_id, SheetLine.id_index, SheetLine.card_index).where(
            SheetLine.sheet_id.in_(others), SheetLine.period == owner.period
        )
    )
    return [Elsewhere(*row) for row in rows]


async def checked_lines(session: Session, owner: Sheet) -> Laid:
    """Give a sheet's lines as they are checked, and where in the file each stands."""
    columns = [getattr(SheetLine, name) for name in ("position", "sheet", "row", *Line._fields[1:])]
    rows = await session.execute(select(*columns).where(_of(owner)).order_by(SheetLine.position))
    laid = Laid([], {})
    for position, name, number, *rest in rows:
        laid.lines.append(Line(position, *rest))
        laid.places[position] = (name, number)
    return laid


_COMPARED = (
    "id_index", "name_index", "card_index", "crew", "days", "hours", "gross", "deductions", "net",
)  # fmt: skip


async def former_version(session: Session, row: Sheet) -> Sheet:
    """Give the version that a version replaces."""
    return (await session.scalars(select(Sheet).where(Sheet.id == row.replaces_id))).one()


async def compared_lines(session: Session, owner: Sheet) -> list[Compared]:
    """Give a sheet's lines as they are compared with another version's."""
    columns = [getattr(SheetLine, name) for name in _COMPARED]
    rows = await session.execute(
        select(SheetLine.row, SheetLine.items, *columns)
        .where(_of(owner))
        .order_by(SheetLine.position)
    )
    return [
        Compared(row, {**dict(zip(_COMPARED, values, strict=True)), **items})
        for row, items, *values in rows
    ]


async def whole_lines(session: Session, owner: Sheet) -> list[dict[str, Any]]:
    """Give all of a sheet's lines with all their columns, to be written again elsewhere."""
    columns = list(SheetLine.__table__.columns)
    rows = await session.execute(select(*columns).where(_of(owner)).order_by(SheetLine.position))
    return [dict(row._mapping) for row in rows]  # noqa: SLF001  the public name of it
