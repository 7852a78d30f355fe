"""Who takes part in the projects that the caller may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Date, and_, bindparam, or_, select
from sqlalchemy.orm import joinedload

from services.registry.errors import PartyUnknown
from services.registry.models import Project, ProjectParty
from services.registry.queries import projects
from services.registry.rules.parties import COLUMNS, NEEDED, PartyRole, gaps
from services.registry.schemas.parties import PartyFilter
from shared import paging
from shared.areas import Scope
from shared.db import Session


@dataclass(frozen=True, slots=True)
class RoleGap:
    """Days on which nobody held a role, and what was said of it."""

    role: PartyRole
    from_on: date
    until_on: date | None
    reason: str | None


async def parties(
    session: Session,
    project_id: UUID,
    scope: Scope,
    wanted: PartyFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[ProjectParty]:
    """Give the parties of a project, all or those of a day; raises ProjectUnknown."""
    project = await projects.project(session, project_id, scope)
    statement = select(ProjectParty).where(ProjectParty.project_id == project.id)
    if wanted.on:
        statement = statement.where(
            or_(ProjectParty.from_on.is_(None), ProjectParty.from_on <= wanted.on),
            or_(ProjectParty.until_on.is_(None), ProjectParty.until_on >= wanted.on),
        )
    if wanted.role:
        statement = statement.where(ProjectParty.role == wanted.role)
    return await paging.page(
        session,
        statement.options(joinedload(ProjectParty.organisation)),
        by=(ProjectParty.registered_at, ProjectParty.id),
        cursor=cursor,
        limit=limit,
    )


async def role_gaps(
    session: Session, project_id: UUID, scope: Scope, today: date
) -> paging.Found[RoleGap]:
    """Give the days on which nobody held a role that the project needs, up to today."""
    project = await projects.project(session, project_id, scope)
    found = []
    rows = await session.scalars(select(ProjectParty).where(ProjectParty.project_id == project.id))
    by_role: dict[PartyRole, list[ProjectParty]] = {}
    for row in rows:
        by_role.setdefault(row.role, []).append(row)
    for role in NEEDED:
        said = {row.until_on: row.gap_reason for row in by_role.get(role, ())}
        begun = {row.from_on: row.gap_reason for row in by_role.get(role, ())}
        for gap in gaps(by_role.get(role, ())):
            if gap.from_on > today:
                continue
            before = said.get(date.fromordinal(gap.from_on.toordinal() - 1))
            after = gap.until_on and begun.get(date.fromordinal(gap.until_on.toordinal() + 1))
            found.append(RoleGap(role, gap.from_on, gap.until_on, before or after or None))
    return paging.Found(found, None)


async def locked_parties(session: Session, project_id: UUID, role: PartyRole) -> list[ProjectParty]:
    """Give all who have or had a role at a project; the caller holds the project's lock."""
    found = await session.scalars(
        select(ProjectParty)
        .where(ProjectParty.project_id == project_id, ProjectParty.role == role)
        .options(joinedload(ProjectParty.organisation))
        .order_by(ProjectParty.registered_at, ProjectParty.id)
        .with_for_update(of=ProjectParty)
        .execution_options(populate_existing=True)
    )
    return list(found.all())


async def locked_party(session: Session, project_id: UUID, party_id: UUID) -> ProjectParty:
    """Give a party of a locked project, to be changed; raises PartyUnknown."""
    found = await session.scalar(
        select(ProjectParty)
        .where(ProjectParty.id == party_id, ProjectParty.project_id == project_id)
        .options(joinedload(ProjectParty.organisation))
        .with_for_update(of=ProjectParty)
    )
    if found is None:
        raise PartyUnknown
    return found


def _names_another() -> ColumnElement[bool]:
    """Say of a project that its developer, contractor or authority is not who is so `today`."""
    today = bindparam("today", type_=Date())
    other = []
    for role, column in COLUMNS.items():
        named = getattr(Project, column)
        rows = select(ProjectParty.organisation_id).where(
            ProjectParty.project_id == Project.id, ProjectParty.role == role
        )
        here = rows.where(
            or_(ProjectParty.from_on.is_(None), ProjectParty.from_on <= today),
            or_(ProjectParty.until_on.is_(None), ProjectParty.until_on >= today),
        ).correlate(Project)
        now_held = here.scalar_subquery()
        moved = named.is_distinct_from(now_held)
        if role is PartyRole.DEVELOPER:  # A project is never without one: the last one stays.
            moved = and_(here.exists(), moved)
        other.append(and_(rows.correlate(Project).exists(), moved))
    return or_(*other)


_NAMES_ANOTHER = _names_another()
PARTY_WAITS = select(Project).where(_NAMES_ANOTHER).exists()
"""Whether a project names somebody else than whoever has a role at it today."""


async def locked_projects_to_follow(session: Session, today: date) -> Sequence[Project]:
    """Give projects whose developer, contractor or authority is not the one in force today."""
    statement = projects.with_parties().where(_NAMES_ANOTHER).order_by(Project.id)
    found = await session.scalars(statement.with_for_update(of=Project), {"today": today})
    return found.all()
