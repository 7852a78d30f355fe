"""Projects: those in the caller's areas, or those in which his organisation takes part."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from services.registry.errors import ProjectUnknown
from services.registry.models import AreaAssignment, Assignment, Project
from services.registry.queries import systems
from services.registry.rules.persons import PersonRole
from services.registry.rules.projects import Counts, ProjectStatus, counts
from services.registry.schemas.projects import ProjectFilter
from shared import asking, known, paging
from shared.areas import NATION, Reach, Scope
from shared.db import Session
from shared.known import KnownArea
from shared.moves import Left, SyncMove

_PARTIES = (joinedload(Project.developer), joinedload(Project.contractor))


ALL = Scope(frozenset({NATION}))
"""What the clock may change: everything."""


def visible(scope: Scope) -> ColumnElement[bool]:
    """Say whether a project lies in the caller's scope."""
    return known.in_scope(Project.area_code, scope, Project.developer_id, Project.contractor_id)


def gone(scope: Scope, seen: ColumnElement[bool]) -> Left | None:
    """Give how a sync tells of rows that left the caller's areas; to a company it tells nothing.

    A company never saw all rows of its areas, so ids of those that left are not its to know.
    """
    if scope.org is not None:
        return None
    return Left(known.in_scope(SyncMove.area_code, scope), seen)


def followed(column: InstrumentedAttribute[UUID], scope: Scope) -> Left | None:
    """Give how a sync tells of rows that left with their project; `column` is its id on them."""
    return gone(scope, exists().where(Project.id == column, visible(scope)))


def with_parties() -> Select[Project]:
    """Select projects with the organisations whose names stand on their cards."""
    return select(Project).options(*_PARTIES)


def in_charge(on: date | BindParameter[date]) -> ColumnElement[bool]:
    """Say whether somebody is in charge of a project on a day: of it, or of where it lies."""
    own = exists().where(
        Assignment.project_id == Project.id,
        Assignment.role == PersonRole.RESPONSIBLE_PERSON,
        Assignment.from_on <= on,
        or_(Assignment.until_on.is_(None), Assignment.until_on >= on),
    )
    return or_(own, _reached(on))


def _reached(on: date | BindParameter[date]) -> ColumnElement[bool]:
    """Say whether a project lies in a part of an area that somebody is in charge of on a day."""
    town = func.jsonb_array_elements_text(AreaAssignment.towns).column_valued("town")
    named = select(town).where(_below(town)).correlate(KnownArea, AreaAssignment).exists()
    return exists().where(
        KnownArea.code == Project.area_code,
        AreaAssignment.role == PersonRole.RESPONSIBLE_PERSON,
        AreaAssignment.from_on <= on,
        or_(AreaAssignment.until_on.is_(None), AreaAssignment.until_on >= on),
        or_(
            and_(AreaAssignment.reach == Reach.TOWNS, named),
            and_(
                AreaAssignment.reach == Reach.OTHER_TOWNS,
                _below(AreaAssignment.area_code),
                KnownArea.code != AreaAssignment.area_code,
            ),
            and_(AreaAssignment.reach == Reach.AREA, _below(AreaAssignment.area_code)),
        ),
    )


def _below(code: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Say whether a known area lies at or below another one: its path lists all codes above."""
    return func.strpos(KnownArea.path, func.concat("/", code, "/")) > 0


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
    if wanted.systems:
        statement = statement.where(systems.in_place(wanted.systems))
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
    await asking.wait_for(session, f"project:{code}")
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
