"""Files of rosters that came to be imported."""

from uuid import UUID

from sqlalchemy import Select, select

from services.payroll.errors import RosterListUnknown
from services.payroll.models import Crew, Project, RosterList
from services.payroll.queries import sites
from services.payroll.queries.sites import Site
from shared import known, paging
from shared.areas import Scope
from shared.db import Session


async def locked_roster_list(session: Session, site: Site, digest: str) -> RosterList | None:
    """Give the list of a file for changing; whoever sends the same waits for the roster's turn."""
    return await session.scalar(
        select(RosterList)
        .where(
            RosterList.project_id == site.project.id,
            RosterList.employer_id == site.employer_id,
            RosterList.digest == digest,
        )
        .with_for_update()
    )


def _seen(scope: Scope, project_id: UUID) -> Select[RosterList]:
    return (
        select(RosterList)
        .join(Project, Project.id == RosterList.project_id)
        .where(
            RosterList.project_id == project_id,
            known.in_scope(Project.area_code, scope, Project.contractor_id, RosterList.employer_id),
        )
    )


async def roster_lists(
    session: Session, project_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[RosterList]:
    """Give a page of a project's files, newest first; raises ProjectUnknown."""
    await sites.project_on_site(session, project_id, scope)
    statement = _seen(scope, project_id)
    return await paging.page(
        session, statement, by=(RosterList.id,), cursor=cursor, limit=limit, descending=True
    )


async def roster_list(
    session: Session, project_id: UUID, list_id: UUID, scope: Scope
) -> RosterList:
    """Give one file, or raise RosterListUnknown."""
    found = await session.scalar(_seen(scope, project_id).where(RosterList.id == list_id))
    if found is None:
        raise RosterListUnknown
    return found


async def crew_names(session: Session, project_id: UUID, scope: Scope) -> list[str]:
    """Give the names of the crews of a project that the caller sees; raises ProjectUnknown."""
    await sites.project_on_site(session, project_id, scope)
    rows = await session.scalars(
        select(Crew.name)
        .join(Project, Project.id == Crew.project_id)
        .where(
            Crew.project_id == project_id,
            known.in_scope(Project.area_code, scope, Project.contractor_id, Crew.employer_id),
        )
        .order_by(Crew.number)
    )
    return list(dict.fromkeys(rows))
