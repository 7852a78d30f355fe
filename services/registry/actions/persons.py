"""Assigning responsible persons to projects, and ending their assignments."""

from datetime import datetime
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import reporting
from services.registry.errors import AssignmentTaken, RegistrationRefused
from services.registry.models import Assignment, Person, Project
from services.registry.schemas.persons import AssignmentIn, AssignmentPatch
from shared import pii
from shared.areas import Scope
from shared.db import AGELESS, Session, same_id
from shared.events.registry import PersonAssigned
from shared.outbox import publish
from shared.problems import Stale


async def assign_person(
    session: Session, scope: Scope, project_id: UUID, body: AssignmentIn, now: datetime
) -> Assignment:
    """Put a person in charge of something at a project; the same again gives the first.

    A person is known by unit, name and post; his id is the same at every project.
    """
    project = await queries.projects.locked_project(session, project_id, scope)
    findings = rules.persons.check_span(body.from_on, body.until_on)
    if not await queries.organisations.organisations_by_id(session, {body.unit_id}):
        findings.append(rules.organisations.organisation_unknown("unit_id"))
    if findings:
        raise RegistrationRefused(errors=findings)
    person = await queries.persons.locked_person(session, body.unit_id, body.name, body.post)
    if person is None:
        # Entered again after a restore he is the one that others know. Nobody reads his name in it.
        index = pii.blind_index(f"{body.unit_id} {body.name} {body.post}", "name")
        person_id = same_id(AGELESS, "person", index)
        person = Person(id=person_id, unit_id=body.unit_id, name=body.name, post=body.post)
        session.add(person)
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
    return assignment


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
