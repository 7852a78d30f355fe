"""Projects, contracts and organisations as registry told them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.payroll.errors import ProjectUnknown
from services.payroll.models import Organisation, Project, ProjectState, WorksContract
from shared import asking, known
from shared.areas import Scope
from shared.db import Session


async def find_organisation(session: Session, organisation_id: UUID) -> Organisation | None:
    """Give an organisation, or None if registry has not told of it (yet)."""
    return await session.get(Organisation, organisation_id)


async def locked_organisation(session: Session, organisation_id: UUID) -> Organisation | None:
    """Give an organisation for changing, or None."""
    return (
        await session.scalars(
            select(Organisation).where(Organisation.id == organisation_id).with_for_update()
        )
    ).one_or_none()


async def project(session: Session, project_id: UUID) -> Project:
    """Give a project that was kept before."""
    return (await session.scalars(select(Project).where(Project.id == project_id))).one()


async def find_project(session: Session, project_id: UUID) -> Project | None:
    """Give a project, or None if registry has not told of it (yet)."""
    return await session.get(Project, project_id)


async def locked_project(session: Session, project_id: UUID) -> Project | None:
    """Give a project for changing, or None."""
    return (
        await session.scalars(select(Project).where(Project.id == project_id).with_for_update())
    ).one_or_none()


async def locked_project_in_scope(session: Session, project_id: UUID, scope: Scope) -> Project:
    """Give a project that the caller may change, or raise ProjectUnknown, which says why."""
    project = (
        await session.scalars(
            select(Project)
            .where(
                Project.id == project_id,
                known.in_scope(
                    Project.area_code, scope, Project.developer_id, Project.contractor_id
                ),
            )
            .with_for_update()
        )
    ).one_or_none()
    if project is None:
        raise ProjectUnknown.explained()
    return project


async def project_in_area(session: Session, project_id: UUID, scope: Scope) -> Project:
    """Give a project of the caller's areas, whoever takes part in it, or raise ProjectUnknown."""
    found = await session.scalar(
        select(Project).where(Project.id == project_id, known.in_scope(Project.area_code, scope))
    )
    if found is None:
        raise ProjectUnknown.explained()
    return found


async def locked_project_in_area(session: Session, project_id: UUID, scope: Scope) -> Project:
    """Give it for changing what belongs to it, or raise ProjectUnknown."""
    found = await session.scalar(
        select(Project)
        .where(Project.id == project_id, known.in_scope(Project.area_code, scope))
        .with_for_update(key_share=True)
    )
    if found is None:
        raise ProjectUnknown.explained()
    return found


async def locked_state(
    session: Session, project_id: UUID, told_at: datetime
) -> ProjectState | None:
    """Give the former card that a project was told to have at an instant, for changing, or None."""
    return (
        await session.scalars(
            select(ProjectState)
            .where(ProjectState.project_id == project_id, ProjectState.told_at == told_at)
            .with_for_update()
        )
    ).one_or_none()


_PROJECTS = select(Project).where(asking.one_of(Project.id, "ids"))


async def projects(session: Session, project_ids: Collection[UUID]) -> Mapping[UUID, Project]:
    """Give projects by id; of those that this transaction holds already nothing else is told."""
    there = asking.held(session, Project, project_ids)
    if lacking := [one for one in project_ids if one not in there]:
        there |= {row.id: row for row in await session.scalars(_PROJECTS, {"ids": lacking})}
    return there


async def find_contract(session: Session, works_contract_id: UUID) -> WorksContract | None:
    """Give a works contract, or None."""
    return await session.get(WorksContract, works_contract_id)


async def contracts(
    session: Session, contract_ids: Collection[UUID]
) -> Mapping[UUID, WorksContract]:
    """Give works contracts by id."""
    rows = await session.scalars(select(WorksContract).where(WorksContract.id.in_(contract_ids)))
    return {row.id: row for row in rows}
