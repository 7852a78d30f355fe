"""Projects: those in the caller's areas, or those in which his organisation takes part."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import joinedload

from services.registry.errors import ProjectUnknown
from services.registry.models import Assignment, Project
from services.registry.rules.persons import PersonRole
from services.registry.rules.projects import Counts, ProjectStatus, counts
from services.registry.schemas.projects import ProjectFilter
from shared import known, paging
from shared.areas import NATION, Scope
from shared.db import Session

_PARTIES = (joinedload(Project.developer), joinedload(Project.contractor))


ALL = Scope(frozenset({NATION}))
"""What the clock may change: everything."""


def visible(scope: Scope) -> ColumnElement[bool]:
    """Say whether a project lies in the caller's scope."""
    return known.in_scope(Project.area_code, scope, Project.developer_id, Project.contractor_id)


def gone(scope: Scope, seen: ColumnElement[bool]) -> paging.Left | None:
    """Give how a sync tells of rows that left the caller's areas; to a company it tells nothing.

    A company never saw all rows of its areas, so ids of those that left are not its to know.
    """
    if scope.org is not None:
        return None
    return paging.Left(known.in_scope(paging.SyncMove.area_code, scope), seen)


def in_charge(on: date) -> ColumnElement[bool]:
    """Say whether a project has a responsible person in force on a day."""
    return exists().where(
        Assignment.project_id == Project.id,
        Assignment.role == PersonRole.RESPONSIBLE_PERSON,
        Assignment.from_on <= on,
        or_(Assignment.until_on.is_(None), Assignment.until_on >= on),
    )


def _wanted(scope: Scope, wanted: ProjectFilter) -> Select[Project]:
    """Select the projects of a filter, for list and counts alike."""
    statement = select(Project).where(visible(scope))
    for name in (
        "developer_id", "contractor_id", "sector_authority_id", "investment_type", "status", "code",
    ):  # fmt: skip
        value = getattr(wanted, name)
        if value is not None:
            statement = statement.where(getattr(Project, name) == value)
    if wanted.area_code:
        inside = known.in_scope(Project.area_code, Scope(frozenset({wanted.area_code})))
        statement = statement.where(inside)
    if wanted.supervised_on:
        statement = statement.where(
            Project.status == ProjectStatus.IN_PROGRESS,
            Project.supervised_since <= wanted.supervised_on,
        )
    if wanted.nobody_in_charge_on:
        statement = statement.where(
            Project.status == ProjectStatus.IN_PROGRESS, ~in_charge(wanted.nobody_in_charge_on)
        )
    return statement


async def projects(
    session: Session,
    scope: Scope,
    wanted: ProjectFilter,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> paging.Found[Project]:
    """Give a page of projects, or of their changes."""
    return await paging.sync(
        session,
        _wanted(scope, wanted).options(*_PARTIES),
        model=Project,
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=gone(scope, visible(scope)),
    )


async def project_counts(session: Session, scope: Scope, wanted: ProjectFilter) -> Counts:
    """Give how many projects a filter finds."""
    found = _wanted(scope, wanted).subquery()
    grouped = select(found.c.status, found.c.investment_type, func.count()).group_by(
        found.c.status, found.c.investment_type
    )
    return counts((row[0], row[1], row[2]) for row in await session.execute(grouped))


async def project(session: Session, project_id: UUID, scope: Scope) -> Project:
    """Give a project that the caller may see; raises ProjectUnknown."""
    found = await session.scalar(
        select(Project).where(Project.id == project_id, visible(scope)).options(*_PARTIES)
    )
    if found is None:
        raise ProjectUnknown
    return found


async def locked_project(session: Session, project_id: UUID, scope: Scope) -> Project:
    """Give a project to be changed, it or what hangs on it; raises ProjectUnknown."""
    found = await session.scalar(
        select(Project)
        .where(Project.id == project_id, visible(scope))
        .options(*_PARTIES)
        .with_for_update(of=Project)
    )
    if found is None:
        raise ProjectUnknown
    return found


async def locked_project_of(session: Session, code: str) -> Project | None:
    """Give the project of a code; whoever enters the same one waits here."""
    key = func.hashtextextended(f"project:{code}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(key)))
    return await session.scalar(
        select(Project).where(Project.code == code).options(*_PARTIES).with_for_update(of=Project)
    )


async def locked_projects_of(session: Session, organisation_id: UUID) -> list[Project]:
    """Give the projects on whose card an organisation's name stands."""
    found = await session.scalars(
        select(Project)
        .where(
            or_(
                Project.developer_id == organisation_id,
                Project.contractor_id == organisation_id,
            )
        )
        .options(*_PARTIES)
        .order_by(Project.id)
        .with_for_update(of=Project)
    )
    return list(found.all())
