"""Parties of a project as people and the clock change them; the project names who is in force."""

from datetime import date, datetime
from uuid import UUID

from services.registry import queries
from services.registry.actions import followers, parties, projects
from services.registry.models import Project, ProjectParty
from services.registry.schemas.parties import PartyIn, PartyPatch
from shared import clock
from shared.areas import Scope
from shared.db import Session
from shared.problems import Stale


async def enter_party(
    session: Session, scope: Scope, project_id: UUID, body: PartyIn, now: datetime
) -> ProjectParty:
    """Enter who has a role at a project from a day on, past or to come; the same gives the first.

    Whoever had a single role before ends on the day before. Raises ProjectUnknown, PartyTaken.
    """
    project = await queries.projects.locked_project(session, project_id, scope)
    row, new = await parties.enter_party(session, project, body, now)
    if new:
        await _put_in_force(session, project, clock.day_of(now), now)
    return row


async def end_party(
    session: Session,
    scope: Scope,
    body: PartyPatch,
    now: datetime,
    *,
    project_id: UUID,
    party_id: UUID,
) -> ProjectParty:
    """Set the last day of a role; the row stays as its history."""
    project = await queries.projects.locked_project(session, project_id, scope)
    row = await queries.parties.locked_party(session, project.id, party_id)
    if row.version != body.version:
        raise Stale
    if row.until_on != body.until_on:
        await parties.end_party(session, project, row, body, now)
        await _put_in_force(session, project, clock.day_of(now), now)
    return row


async def put_in_force(session: Session, today: date) -> int:
    """Let projects name whoever has a role today; give how many are different."""
    found = await queries.parties.locked_projects_to_follow(session, today)
    for project in found:
        await _put_in_force(session, project, today, clock.at(today))
    return len(found)


async def _put_in_force(session: Session, project: Project, today: date, now: datetime) -> None:
    was = followers.sight(project)
    if await parties.follow(session, project, today):
        projects.tell_changed(session, project, now)
        await followers.follow(session, project, was)
