"""Assigning responsible persons to projects, and ending their assignments."""

from datetime import datetime, timedelta
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import reporting, vacancies
from services.registry.errors import AssignmentTaken, RegistrationRefused
from services.registry.models import Assignment, Person, Project
from services.registry.schemas.persons import AssignmentIn, AssignmentPatch
from services.registry.schemas.territories import HandOverIn
from shared import pii
from shared.areas import Scope
from shared.db import AGELESS, Session, same_id
from shared.events.registry import PersonAssigned
from shared.outbox import publish
from shared.problems import Finding, Stale


async def assign_person(
    session: Session, scope: Scope, project_id: UUID, body: AssignmentIn, now: datetime
) -> Assignment:
    """Put a person in charge of something at a project; the same again gives the first.

    A person is known by unit, name and post; his id is the same at every project.
    """
    project = await queries.projects.locked_project(session, project_id, scope)
    findings = rules.persons.check_span(body.from_on, body.until_on)
    findings += await check_unit(session, body.unit_id)
    if findings:
        raise RegistrationRefused(errors=findings)
    return await _enter(session, project, body, now)


async def check_unit(session: Session, unit_id: UUID) -> list[Finding]:
    """Give the finding that a person's unit is not registered."""
    if await queries.organisations.organisations_by_id(session, {unit_id}):
        return []
    return [rules.organisations.organisation_unknown("unit_id")]


async def find_or_enter(session: Session, unit_id: UUID, name: str, post: str) -> Person:
    """Give the person of a unit, name and post; entered, if he was not known."""
    person = await queries.persons.locked_person(session, unit_id, name, post)
    if person is None:
        # Entered again after a restore he is the one that others know. Nobody reads his name in it.
        index = pii.blind_index(f"{unit_id} {name} {post}", "name")
        person_id = same_id(AGELESS, "person", index)
        person = Person(id=person_id, unit_id=unit_id, name=name, post=post)
        session.add(person)
        await session.flush()  # Others refer to it, and no relationship orders them.
    return person


async def _enter(
    session: Session, project: Project, body: AssignmentIn, now: datetime
) -> Assignment:
    person = await find_or_enter(session, body.unit_id, body.name, body.post)
    there = await queries.persons.locked_assignment_of(
        session, project.id, person.id, body.role, body.from_on
    )
    if there:
        if there.until_on == body.until_on:
            return there
        raise AssignmentTaken(assignment_id=str(there.id))
    assignment = Assignment(
        id=same_id(AGELESS, project.id, person.id, body.role, body.from_on),
        project_id=project.id, person_id=person.id, person=person, role=body.role,
        from_on=body.from_on, until_on=body.until_on, version=1, registered_at=now, changed_at=now,
    )  # fmt: skip
    session.add(assignment)
    told = _assigned(assignment, project, now)
    event_id = same_id(AGELESS, "assigned", told.model_dump_json())
    publish(session, told.model_copy(update={"id": event_id}))
    await reporting.look_again(session, project, now)
    await vacancies.look(session, now, project_id=project.id)
    return assignment


async def hand_assignment_over(
    session: Session,
    scope: Scope,
    body: HandOverIn,
    now: datetime,
    *,
    project_id: UUID,
    assignment_id: UUID,
) -> Assignment:
    """Let another person take over on a day; the day before is the last of the one in office."""
    project = await queries.projects.locked_project(session, project_id, scope)
    row = await queries.persons.locked_assignment(session, project.id, assignment_id)
    if row.version != body.version:
        raise Stale
    findings = [
        *rules.persons.check_hand_over(row, body.from_on),
        *await check_unit(session, body.unit_id),
    ]
    if findings:
        raise RegistrationRefused(errors=findings)
    following = AssignmentIn(
        name=body.name, post=body.post, unit_id=body.unit_id, role=row.role,
        from_on=body.from_on, until_on=row.until_on,
    )  # fmt: skip
    row.until_on, row.version = body.from_on - timedelta(days=1), row.version + 1
    row.changed_at = now
    publish(session, _assigned(row, project, now))
    return await _enter(session, project, following, now)


async def end_assignment(
    session: Session,
    scope: Scope,
    body: AssignmentPatch,
    now: datetime,
    *,
    project_id: UUID,
    assignment_id: UUID,
) -> Assignment:
    """Set the last day of an assignment; the row stays as its history."""
    project = await queries.projects.locked_project(session, project_id, scope)
    assignment = await queries.persons.locked_assignment(session, project.id, assignment_id)
    if assignment.version != body.version:
        raise Stale
    findings = rules.persons.check_span(assignment.from_on, body.until_on)
    if findings:
        raise RegistrationRefused(errors=findings)
    if assignment.until_on != body.until_on:
        assignment.until_on = body.until_on
        assignment.version += 1
        assignment.changed_at = now
        publish(session, _assigned(assignment, project, now))
        await vacancies.look(session, now, project_id=project.id)
    return assignment


def _assigned(assignment: Assignment, project: Project, now: datetime) -> PersonAssigned:
    return PersonAssigned(
        occurred_at=now,
        project_id=project.id,
        assignment_id=assignment.id,
        area_code=project.area_code,
        person_id=assignment.person_id,
        unit_id=assignment.unit_id,
        role=assignment.role,
        from_on=assignment.from_on,
        until_on=assignment.until_on,
    )
