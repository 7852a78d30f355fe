"""Organisations and projects by id, for reading and for changing."""

from collections.abc import Collection, Mapping
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from services.cases.errors import ProjectUnknown
from services.cases.models import Organisation, Project
from services.cases.queries import rows
from shared import known
from shared.areas import Scope
from shared.db import Session

_Row = TypeVar("_Row", Organisation, Project)


async def locked_find_organisation(session: Session, organisation_id: UUID) -> Organisation | None:
    """Give an organisation for changing, or None."""
    statement = select(Organisation).where(Organisation.id == organisation_id)
    return await rows.locked_first(session, statement)


async def locked_find_project(session: Session, project_id: UUID) -> Project | None:
    """Give a project for changing, or None."""
    return await rows.locked_first(session, select(Project).where(Project.id == project_id))


async def project(session: Session, project_id: UUID) -> Project | None:
    """Give a project, or None while registry has not told of it."""
    return (await _by_id(session, Project, {project_id})).get(project_id)


async def own_project(
    session: Session, project_id: UUID, developer_id: UUID | None, scope: Scope
) -> Project:
    """Give a project that a developer has built, or raise ProjectUnknown."""
    statement = select(Project).where(
        Project.id == project_id,
        Project.developer_id == developer_id,
        known.in_scope(Project.area_code, Scope(scope.areas)),
    )
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise ProjectUnknown
    return found


async def projects(session: Session, ids: Collection[UUID]) -> Mapping[UUID, Project]:
    """Give some projects by id; those that are known."""
    return await _by_id(session, Project, ids)


async def organisations(session: Session, ids: Collection[UUID]) -> Mapping[UUID, Organisation]:
    """Give some organisations by id; those that are known."""
    return await _by_id(session, Organisation, ids)


async def _by_id(session: Session, model: type[_Row], ids: Collection[UUID]) -> Mapping[UUID, _Row]:
    found = await session.scalars(select(model).where(model.id.in_(ids)))
    return {row.id: row for row in found}
