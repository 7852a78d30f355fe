"""A system need not be in place for a time: one person asks, another decides, a timer ends it."""

from datetime import date, datetime
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import requirements
from services.registry.errors import (
    ExemptionDecided,
    ExemptionOpen,
    PersonNeeded,
    RegistrationRefused,
    SecondPersonNeeded,
)
from services.registry.models import Exemption, Project, Requirement
from services.registry.rules.requirements import Moment
from services.registry.schemas.requirements import ExemptionIn
from shared import clock, timers
from shared.areas import NATION, Scope
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding

TIMER = "exemption"
EVERYWHERE = Scope(frozenset({NATION}))


async def propose_exemption(
    session: Session, caller: Caller, requirement_id: UUID, body: ExemptionIn, now: datetime
) -> Exemption:
    """Ask for an exemption; nothing is exempted before another person confirms it.

    Raises RequirementUnknown, ExemptionOpen, RegistrationRefused (over, or longer than the list
    allows), PersonNeeded.
    """
    if caller.is_machine:
        raise PersonNeeded
    seen = await queries.requirements.requirement(session, requirement_id, caller.scope)
    project = await queries.projects.locked_project(session, seen.project_id, caller.scope)
    there = await queries.requirements.locked_exemption(session, requirement_id)
    if there:
        if (there.type, there.reason, there.until_on, there.proposed_by) == (
            body.type, body.reason, body.until_on, caller.subject,
        ):  # fmt: skip
            return there
        raise ExemptionOpen(exemption_id=str(there.id))
    if findings := await _findings(session, seen, body, clock.day_of(now)):
        raise RegistrationRefused(errors=findings)
    exemption = Exemption(
        id=new_id(),
        requirement_id=requirement_id,
        project_id=project.id,
        type=body.type,
        reason=body.reason,
        until_on=body.until_on,
        proposed_by=caller.subject,
        proposed_at=now,
    )
    session.add(exemption)
    return exemption


async def _findings(
    session: Session, of: Requirement, body: ExemptionIn, today: date
) -> list[Finding]:
    asked = await queries.requirements.requirement_list(session, of.list_id)
    kind = asked.asked().get(of.kind)
    if kind is None:
        return [rules.requirements.kind_not_on_list("requirement_id", of.kind)]
    return list(rules.requirements.check_exemption(body.until_on, kind, today))


async def confirm_exemption(
    session: Session, caller: Caller, exemption_id: UUID, now: datetime
) -> Exemption:
    """Decide, as the second person, that the system is exempted until its day; arm its end.

    Raises ExemptionUnknown, ExemptionDecided, SecondPersonNeeded, PersonNeeded.
    """
    if caller.is_machine:
        raise PersonNeeded
    seen = await queries.requirements.exemption(session, exemption_id, caller.scope)
    project = await queries.projects.locked_project(session, seen.project_id, caller.scope)
    exemption = await queries.requirements.locked_exemption(session, seen.requirement_id)
    moment = Moment(now, clock.day_of(now))
    if (
        exemption is None
        or exemption.id != exemption_id
        or exemption.confirmed_at
        or exemption.until_on < moment.day
    ):
        raise ExemptionDecided
    if exemption.proposed_by == caller.subject:
        raise SecondPersonNeeded
    exemption.confirmed_by, exemption.confirmed_at = caller.subject, now
    rows = await queries.requirements.locked_requirements_of(session, {project.id})
    row = next(each for each in rows if each.id == exemption.requirement_id)
    row.exempt_until = exemption.until_on
    timers.arm(session, TIMER, exemption.id, clock.day_end(exemption.until_on), entered_at=now)
    await requirements.follow(session, [project], moment)
    return exemption


async def end_exemption(
    session: Session, caller: Caller, exemption_id: UUID, now: datetime
) -> Exemption:
    """Take an exemption back, or what was asked for; raises ExemptionUnknown, ExemptionDecided."""
    seen = await queries.requirements.exemption(session, exemption_id, caller.scope)
    project = await queries.projects.locked_project(session, seen.project_id, caller.scope)
    exemption = await queries.requirements.locked_exemption(session, seen.requirement_id)
    if exemption is None or exemption.id != exemption_id:
        raise ExemptionDecided
    await timers.disarm(session, exemption.id, TIMER)
    await _end(session, project, exemption, Moment(now, clock.day_of(now)))
    return exemption


async def lapse_exemption(session: Session, exemption_id: UUID, due_at: datetime) -> None:
    """End an exemption whose last day is over; one that was taken back before is left alone."""
    seen = await queries.requirements.exemption(session, exemption_id, EVERYWHERE)
    (project,) = await queries.requirements.locked_projects_with(session, {seen.project_id})
    exemption = await queries.requirements.locked_exemption(session, seen.requirement_id)
    if exemption and exemption.id == exemption_id:
        moment = Moment(due_at, clock.day_of(due_at), by_clock=True)
        await _end(session, project, exemption, moment)


async def _end(session: Session, project: Project, exemption: Exemption, moment: Moment) -> None:
    exemption.ended_at = moment.at
    rows = await queries.requirements.locked_requirements_of(session, {project.id})
    row = next(each for each in rows if each.id == exemption.requirement_id)
    row.exempt_until = None
    await requirements.follow(session, [project], moment)
