"""Putting persons in charge of parts of areas and into posts of units; handing over."""

from datetime import datetime, timedelta
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import areas, persons, vacancies
from services.registry.errors import AssignmentTaken, RegistrationRefused
from services.registry.models import AreaAssignment, Person, UnitPost
from services.registry.schemas.territories import (
    AreaAssignmentIn,
    EndIn,
    HandOverIn,
    UnitPostIn,
)
from shared.areas import Scope
from shared.db import AGELESS, Session, same_id
from shared.events.registry import AreaPersonAssigned, PersonPosted
from shared.outbox import publish
from shared.problems import Stale


async def assign_area(
    session: Session, scope: Scope, body: AreaAssignmentIn, now: datetime
) -> AreaAssignment:
    """Put a person in charge of named towns, of the other towns, or of a whole area.

    The same again gives the first. Whoever is nearest to a project is in charge of it.
    """
    paths = await queries.territories.known_paths(session, set(body.towns))
    findings = [
        *await areas.check_area(session, scope, "area_code", body.area_code, now),
        *rules.persons.check_towns(body.reach, body.area_code, body.towns, paths),
        *rules.persons.check_span(body.from_on, body.until_on),
        *await persons.check_unit(session, body.unit_id),
    ]
    if findings:
        raise RegistrationRefused(errors=findings)
    person = await persons.find_or_enter(session, body.unit_id, body.name, body.post)
    made = AreaAssignment(
        **body.model_dump(exclude={"name", "post", "unit_id", "towns"}),
        towns=sorted(set(body.towns)),
    )
    return await _enter(session, made, person, now)


async def _enter(
    session: Session, made: AreaAssignment, person: Person, now: datetime
) -> AreaAssignment:
    """Enter an assignment unless it stands, and look at the projects that it reaches."""
    made.id = same_id(
        AGELESS, made.area_code, made.reach, *made.towns, person.id, made.role, made.from_on
    )
    there = await queries.territories.locked_area_assignment_of(session, made.id)
    if there:
        if there.until_on == made.until_on:
            return there
        raise AssignmentTaken(assignment_id=str(there.id))
    made.person_id, made.person, made.version = person.id, person, 1
    made.registered_at = made.changed_at = now
    session.add(made)
    told = _told(made, now)
    event_id = same_id(AGELESS, "area assigned", told.model_dump_json())
    publish(session, told.model_copy(update={"id": event_id}))
    await vacancies.look(session, now)
    return made


async def end_area_assignment(
    session: Session, scope: Scope, assignment_id: UUID, body: EndIn, now: datetime
) -> AreaAssignment:
    """Set the last day of somebody in charge of an area; the row stays as its history."""
    row = await queries.territories.locked_area_assignment(session, assignment_id, scope)
    if row.version != body.version:
        raise Stale
    findings = rules.persons.check_span(row.from_on, body.until_on)
    if findings:
        raise RegistrationRefused(errors=findings)
    if row.until_on != body.until_on:
        row.until_on, row.version, row.changed_at = body.until_on, row.version + 1, now
        publish(session, _told(row, now))
        await vacancies.look(session, now)
    return row


async def hand_area_over(
    session: Session, scope: Scope, assignment_id: UUID, body: HandOverIn, now: datetime
) -> AreaAssignment:
    """Let another person take over on a day; the day before is the last of the one in office."""
    row = await queries.territories.locked_area_assignment(session, assignment_id, scope)
    if row.version != body.version:
        raise Stale
    findings = [
        *rules.persons.check_hand_over(row, body.from_on),
        *await persons.check_unit(session, body.unit_id),
    ]
    if findings:
        raise RegistrationRefused(errors=findings)
    person = await persons.find_or_enter(session, body.unit_id, body.name, body.post)
    made = AreaAssignment(
        area_code=row.area_code, reach=row.reach, towns=row.towns, role=row.role,
        from_on=body.from_on, until_on=row.until_on,
    )  # fmt: skip
    row.until_on, row.version = body.from_on - timedelta(days=1), row.version + 1
    row.changed_at = now
    publish(session, _told(row, now))
    return await _enter(session, made, person, now)


async def post_person(
    session: Session, scope: Scope, organisation_id: UUID, body: UnitPostIn, now: datetime
) -> UnitPost:
    """Make a person head of a unit, director of an office, or its officer on duty, from a day on.

    A unit has one head at a time. Raises OrganisationUnknown outside the caller's areas.
    """
    unit = await queries.organisations.locked_organisation(session, organisation_id, scope)
    findings = [
        *rules.persons.check_span(body.from_on, body.until_on),
        *await persons.check_unit(session, body.unit_id),
    ]
    if findings:
        raise RegistrationRefused(errors=findings)
    person = await persons.find_or_enter(session, body.unit_id, body.name, body.post)
    others = await queries.territories.locked_unit_posts(session, unit.id, body.role)
    for one in others:
        if (one.person_id, one.from_on) == (person.id, body.from_on):
            if one.until_on == body.until_on:
                return one
            raise AssignmentTaken(post_id=str(one.id))
    if body.role in rules.persons.SINGLE:
        held = rules.persons.held_already(others, body.from_on, body.until_on)
        if held:
            raise RegistrationRefused(errors=held)
    return _post(session, _unit_post(unit.id, body, person, now), unit.area_code, now)


def _unit_post(organisation_id: UUID, body: UnitPostIn, person: Person, now: datetime) -> UnitPost:
    return UnitPost(
        id=same_id(AGELESS, organisation_id, person.id, body.role, body.from_on),
        organisation_id=organisation_id, role=body.role, from_on=body.from_on,
        until_on=body.until_on, person_id=person.id, person=person, version=1,
        registered_at=now, changed_at=now,
    )  # fmt: skip


def _post(session: Session, made: UnitPost, area_code: str, now: datetime) -> UnitPost:
    session.add(made)
    told = _posted(made, area_code, now)
    event_id = same_id(AGELESS, "posted", told.model_dump_json())
    publish(session, told.model_copy(update={"id": event_id}))
    return made


async def end_post(
    session: Session,
    scope: Scope,
    body: EndIn,
    now: datetime,
    *,
    organisation_id: UUID,
    post_id: UUID,
) -> UnitPost:
    """Set the last day of somebody's post; the row stays as its history."""
    unit = await queries.organisations.locked_organisation(session, organisation_id, scope)
    row = await queries.territories.locked_unit_post(session, unit.id, post_id)
    if row.version != body.version:
        raise Stale
    findings = rules.persons.check_span(row.from_on, body.until_on)
    if body.until_on != row.until_on and row.role in rules.persons.SINGLE:
        others = await queries.territories.locked_unit_posts(session, unit.id, row.role)
        rest = [one for one in others if one is not row]
        findings += rules.persons.held_already(rest, row.from_on, body.until_on)
    if findings:
        raise RegistrationRefused(errors=findings)
    if row.until_on != body.until_on:
        row.until_on, row.version, row.changed_at = body.until_on, row.version + 1, now
        publish(session, _posted(row, unit.area_code, now))
    return row


async def hand_post_over(
    session: Session,
    scope: Scope,
    body: HandOverIn,
    now: datetime,
    *,
    organisation_id: UUID,
    post_id: UUID,
) -> UnitPost:
    """Let another person take a post over on a day; the day before is the last of the other."""
    unit = await queries.organisations.locked_organisation(session, organisation_id, scope)
    row = await queries.territories.locked_unit_post(session, unit.id, post_id)
    if row.version != body.version:
        raise Stale
    findings = [
        *rules.persons.check_hand_over(row, body.from_on),
        *await persons.check_unit(session, body.unit_id),
    ]
    if findings:
        raise RegistrationRefused(errors=findings)
    person = await persons.find_or_enter(session, body.unit_id, body.name, body.post)
    until_on, row.until_on = row.until_on, body.from_on - timedelta(days=1)
    row.version, row.changed_at = row.version + 1, now
    publish(session, _posted(row, unit.area_code, now))
    following = UnitPostIn(
        name=body.name, post=body.post, unit_id=body.unit_id, role=row.role,
        from_on=body.from_on, until_on=until_on,
    )  # fmt: skip
    return _post(session, _unit_post(unit.id, following, person, now), unit.area_code, now)


def _told(row: AreaAssignment, now: datetime) -> AreaPersonAssigned:
    return AreaPersonAssigned(
        occurred_at=now,
        assignment_id=row.id,
        area_code=row.area_code,
        reach=row.reach,
        towns=row.towns,
        person_id=row.person_id,
        unit_id=row.unit_id,
        role=row.role,
        from_on=row.from_on,
        until_on=row.until_on,
    )


def _posted(row: UnitPost, area_code: str, now: datetime) -> PersonPosted:
    return PersonPosted(
        occurred_at=now,
        organisation_id=row.organisation_id,
        post_id=row.id,
        area_code=area_code,
        person_id=row.person_id,
        unit_id=row.unit_id,
        role=row.role,
        from_on=row.from_on,
        until_on=row.until_on,
    )
