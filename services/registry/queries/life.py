"""Suspensions of the projects that the caller may see."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select

from services.registry.errors import SuspensionUnknown
from services.registry.models import Project, Suspension
from services.registry.queries import projects
from services.registry.rules.life import SuspensionState
from services.registry.schemas.life import SuspensionFilter
from shared import paging
from shared.areas import Scope
from shared.db import Session


def _visible(scope: Scope) -> Select[Suspension]:
    return (
        select(Suspension)
        .join(Project, Suspension.project_id == Project.id)
        .where(projects.visible(scope))
    )


async def suspensions(
    session: Session,
    scope: Scope,
    wanted: SuspensionFilter,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> paging.Found[Suspension]:
    """Give a page of suspensions, or of their changes."""
    statement = _visible(scope)
    if wanted.project_id:
        statement = statement.where(Suspension.project_id == wanted.project_id)
    if wanted.state:
        statement = statement.where(Suspension.state == wanted.state)
    if wanted.on:
        statement = statement.where(
            Suspension.state.in_((SuspensionState.APPROVED, SuspensionState.OVER)),
            Suspension.from_on <= wanted.on,
            Suspension.until_on >= wanted.on,
            or_(Suspension.resumed_on.is_(None), Suspension.resumed_on > wanted.on),
        )
    return await paging.sync(
        session,
        statement,
        model=Suspension,
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=projects.followed(Suspension.project_id, scope),
    )


async def suspension(session: Session, suspension_id: UUID, scope: Scope) -> Suspension:
    """Give a suspension that the caller may see; raises SuspensionUnknown."""
    found = await session.scalar(_visible(scope).where(Suspension.id == suspension_id))
    if found is None:
        raise SuspensionUnknown
    return found


async def find_project_of(session: Session, suspension_id: UUID) -> UUID | None:
    """Give whose suspension it is."""
    return await session.scalar(select(Suspension.project_id).where(Suspension.id == suspension_id))


async def locked_suspensions(session: Session, project_id: UUID) -> list[Suspension]:
    """Give all suspensions of a project, oldest first; the caller holds the project's lock."""
    found = await session.scalars(
        select(Suspension)
        .where(Suspension.project_id == project_id)
        .order_by(Suspension.from_on, Suspension.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(found.all())
