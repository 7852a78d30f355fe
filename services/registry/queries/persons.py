"""Responsible persons and their assignments to projects."""

from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from services.registry.errors import AssignmentUnknown
from services.registry.models import Assignment, Person
from services.registry.queries import projects
from services.registry.rules.persons import PersonRole
from services.registry.schemas.persons import AssignmentFilter
from shared import asking, paging
from shared.areas import Scope
from shared.db import Session


async def assignments(
    session: Session,
    project_id: UUID,
    scope: Scope,
    wanted: AssignmentFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[Assignment]:
    """Give the persons of a project, all or those of a day; raises ProjectUnknown."""
    project = await projects.project(session, project_id, scope)
    statement = select(Assignment).where(Assignment.project_id == project.id)
    if wanted.on:
        statement = statement.where(
            Assignment.from_on <= wanted.on,
            or_(Assignment.until_on.is_(None), Assignment.until_on >= wanted.on),
        )
    if wanted.role:
        statement = statement.where(Assignment.role == wanted.role)
    return await paging.page(
        session,
        statement.options(joinedload(Assignment.person)),
        by=(Assignment.from_on, Assignment.id),
        cursor=cursor,
        limit=limit,
    )


async def locked_person(session: Session, unit_id: UUID, name: str, post: str) -> Person | None:
    """Give a person of a unit; whoever enters the same one waits here."""
    await asking.wait_for(session, f"person:{unit_id}:{name}:{post}")
    return await session.scalar(
        select(Person)
        .where(Person.unit_id == unit_id, Person.name == name, Person.post == post)
        .with_for_update()
    )


async def locked_assignment(session: Session, project_id: UUID, assignment_id: UUID) -> Assignment:
    """Give an assignment of a locked project, to be changed; raises AssignmentUnknown."""
    found = await session.scalar(
        select(Assignment)
        .where(Assignment.id == assignment_id, Assignment.project_id == project_id)
        .options(joinedload(Assignment.person))
        .with_for_update(of=Assignment)
    )
    if found is None:
        raise AssignmentUnknown
    return found


async def locked_assignment_of(
    session: Session, project_id: UUID, person_id: UUID, role: PersonRole, from_on: date
) -> Assignment | None:
    """Give the assignment of a person, role and first day; the caller holds the project's lock."""
    return await session.scalar(
        select(Assignment)
        .where(
            Assignment.project_id == project_id,
            Assignment.person_id == person_id,
            Assignment.role == role,
            Assignment.from_on == from_on,
        )
        .options(joinedload(Assignment.person))
        .with_for_update(of=Assignment)
    )
