"""Projects as those see them who work there: their contractor, and who else employs people."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select

from services.payroll.errors import ProjectUnknown, RosterRefused
from services.payroll.models import Project, ProjectParty
from shared import asking, known
from shared.areas import Scope
from shared.db import Session
from shared.problems import Finding
from shared.wording import Text

EMPLOYING = ("contractor", "subcontractor", "participant")


@dataclass(frozen=True, slots=True)
class Site:
    """A project, and the employer whose people are told of."""

    project: Project
    employer_id: UUID


def open_to(scope: Scope) -> ColumnElement[bool]:
    """Give the predicate that somebody works at a project, or watches over its area."""
    seen = known.in_scope(Project.area_code, scope, Project.contractor_id)
    if scope.org is None:
        return seen
    employs = (
        select(ProjectParty.id)
        .where(
            ProjectParty.project_id == Project.id,
            ProjectParty.role.in_(EMPLOYING),
            ProjectParty.organisation_id == scope.org,
        )
        .exists()
    )
    return seen | (known.in_scope(Project.area_code, Scope(scope.areas)) & employs)


async def project_on_site(session: Session, project_id: UUID, scope: Scope) -> Project:
    """Give a project whose roster the caller may look at, or raise ProjectUnknown."""
    found = await session.scalar(select(Project).where(Project.id == project_id, open_to(scope)))
    if found is None:
        raise ProjectUnknown.explained()
    return found


async def site(session: Session, project_id: UUID, employer_id: UUID | None, scope: Scope) -> Site:
    """Give a project with the employer that is named, else the caller's, else the contractor.

    Whoever writes to the same roster waits here. Raises ProjectUnknown, and RosterRefused where
    the employer does not work there or is not the caller's to speak for.
    """
    project = await project_on_site(session, project_id, scope)
    await wait_for_turn(session, project_id)
    own = scope.org if scope.org != project.contractor_id else None
    employer = employer_id or own or project.contractor_id
    if employer is None:
        raise RosterRefused(errors=[Finding("employer_id", "employer_missing", *_NOBODY)])
    there = employer == project.contractor_id or await session.scalar(
        select(ProjectParty.id)
        .where(
            ProjectParty.project_id == project_id,
            ProjectParty.role.in_(EMPLOYING),
            ProjectParty.organisation_id == employer,
        )
        .limit(1)
    )
    if not there or (own and employer != own):
        raise RosterRefused(errors=[Finding("employer_id", "employer_unknown", *_ELSEWHERE)])
    return Site(project, employer)


async def wait_for_turn(session: Session, project_id: UUID) -> None:
    """Wait until nobody else writes to a project's roster."""
    await asking.wait_for(session, f"roster:{project_id}")


_NOBODY = (
    Text("该项目尚未登记施工总承包单位", "The project has no contractor yet"),
    Text("请写明用人单位", "Name the employer"),
)
_ELSEWHERE = (
    Text("该单位不是本项目的参建单位，或不由您填报", "It employs nobody here, or not for you"),
    Text("请先登记参建单位；分包单位只能填报本单位人员", "Register its part in the project first"),
)
