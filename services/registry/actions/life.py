"""Stopping a project by two persons, resuming, completing and settling it."""

from datetime import date, datetime, timedelta
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import cards, projects, requirements, vacancies
from services.registry.errors import (
    PersonNeeded,
    RegistrationRefused,
    SecondPersonNeeded,
    SuspensionDecided,
    SuspensionUnknown,
)
from services.registry.models import Project, Suspension
from services.registry.rules.life import SuspensionState
from services.registry.rules.projects import ProjectStatus
from services.registry.rules.requirements import Moment
from services.registry.schemas.life import SuspensionIn
from shared import clock, timers
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session, new_id, same_id
from shared.events.registry import ProjectResumed, ProjectSuspended
from shared.outbox import publish

_BEGIN, _END = "begin", "end"


async def request_suspension(
    session: Session, caller: Caller, project_id: UUID, body: SuspensionIn, now: datetime
) -> Suspension:
    """Ask for a project to be stopped; the same request again, while undecided, is the first."""
    if caller.is_machine:
        raise PersonNeeded
    project = await queries.projects.locked_project(session, project_id, caller.scope)
    others = await queries.life.locked_suspensions(session, project.id)
    said = (body.reason, body.explanation, body.from_on, body.until_on, caller.subject)
    for one in others:
        asked = (one.reason, one.explanation, one.from_on, one.until_on, one.requested_by)
        if one.state is SuspensionState.REQUESTED and said == asked:
            return one
    findings = rules.life.check_suspension(
        body.from_on, body.until_on,
        today=clock.day_of(now), status=project.status, others=others,
    )  # fmt: skip
    if findings:
        raise RegistrationRefused(errors=findings)
    made = Suspension(
        id=new_id(), project_id=project.id, **body.model_dump(), state=SuspensionState.REQUESTED,
        requested_by=caller.subject, requested_at=now, changed_at=now,
    )  # fmt: skip
    session.add(made)
    return made


async def decide_suspension(
    session: Session, caller: Caller, suspension_id: UUID, now: datetime, *, approved: bool
) -> Suspension:
    """Approve or refuse a request of somebody else; approved, it stops the project in its time."""
    if caller.is_machine:
        raise PersonNeeded
    project, one, others = await _locked(session, suspension_id, caller.scope)
    if one.requested_by == caller.subject:
        raise SecondPersonNeeded
    if one.state is not SuspensionState.REQUESTED:
        raise SuspensionDecided
    one.decided_by, one.decided_at, one.changed_at = caller.subject, now, now
    if not approved:
        one.state = SuspensionState.REFUSED
        return one
    today = clock.day_of(now)
    findings = rules.life.check_suspension(
        one.from_on, one.until_on, today=today, status=project.status,
        others=[other for other in others if other is not one],
    )  # fmt: skip
    if findings:
        raise RegistrationRefused(errors=findings)
    one.state = SuspensionState.APPROVED
    if one.from_on > today:
        timers.arm(
            session, projects.SUSPENSION, one.id, clock.at(one.from_on), entered_at=now, step=_BEGIN
        )
    timers.arm(
        session, projects.SUSPENSION, one.id, clock.day_end(one.until_on), entered_at=now, step=_END
    )
    await _follow(session, project, others, now)
    return one


async def end_suspension(
    session: Session, scope: Scope, suspension_id: UUID, resumed_on: date, now: datetime
) -> Suspension:
    """Resume the works before the suspension's end; one that has not begun is withdrawn."""
    project, one, others = await _locked(session, suspension_id, scope)
    today = clock.day_of(now)
    if one.resumed_on == resumed_on:
        return one
    if one.state not in {SuspensionState.REQUESTED, SuspensionState.APPROVED}:
        raise SuspensionDecided
    if one.state is SuspensionState.REQUESTED or one.from_on > today:
        one.state = SuspensionState.WITHDRAWN
    else:
        findings = rules.life.check_resumption(resumed_on, one, today)
        if findings:
            raise RegistrationRefused(errors=findings)
        one.resumed_on = resumed_on
    one.changed_at = now
    await timers.disarm(session, one.id, projects.SUSPENSION)
    await _follow(session, project, others, now)
    return one


async def put_suspension_in_force(session: Session, suspension_id: UUID, at: datetime) -> None:
    """Stop the project on a suspension's first day, and let it run again after its last."""
    project_id = await queries.life.find_project_of(session, suspension_id)
    if project_id is None:
        raise SuspensionUnknown
    project = await queries.projects.locked_project(session, project_id, queries.projects.ALL)
    suspensions = await queries.life.locked_suspensions(session, project.id)
    await _follow(session, project, suspensions, at)


async def complete_project(
    session: Session, scope: Scope, project_id: UUID, completed_on: date, now: datetime
) -> Project:
    """Complete a project; the same day again changes nothing. A suspension ends with it."""
    project = await queries.projects.locked_project(session, project_id, scope)
    if (project.status, project.completed_on) == (ProjectStatus.COMPLETE, completed_on):
        return project
    findings = rules.life.check_completion(
        completed_on, today=clock.day_of(now), status=project.status,
        started_on=project.started_on,
    )  # fmt: skip
    if findings:
        raise RegistrationRefused(errors=findings)
    await projects.end_suspensions(session, project, now)
    project.status, project.completed_on = ProjectStatus.COMPLETE, completed_on
    projects.tell_changed(session, project, now)
    await vacancies.look(session, now, project_id=project.id)
    await requirements.follow(session, [project], Moment(now, clock.day_of(now)))
    return project


async def settle_project(
    session: Session, scope: Scope, project_id: UUID, settled_on: date, now: datetime
) -> Project:
    """Keep the day on which all wages of a complete project were settled."""
    project = await queries.projects.locked_project(session, project_id, scope)
    if project.settled_on == settled_on:
        return project
    findings = rules.life.check_settlement(
        settled_on, today=clock.day_of(now), completed_on=project.completed_on
    )
    if findings:
        raise RegistrationRefused(errors=findings)
    project.settled_on = settled_on
    projects.tell_changed(session, project, now)
    return project


async def _locked(
    session: Session, suspension_id: UUID, scope: Scope
) -> tuple[Project, Suspension, list[Suspension]]:
    """Lock a suspension's project, then all its suspensions; raises SuspensionUnknown."""
    seen = await queries.life.suspension(session, suspension_id, scope)
    project = await queries.projects.locked_project(session, seen.project_id, scope)
    others = await queries.life.locked_suspensions(session, project.id)
    return project, next(one for one in others if one.id == suspension_id), others


async def _follow(
    session: Session, project: Project, suspensions: list[Suspension], at: datetime
) -> None:
    """Bring a project's status to what its suspensions say on this day, and tell of it.

    Asked by a timer of the past it is the same as in its time; twice, it changes nothing.
    """
    day = clock.day_of(at)
    ended = None
    for one in suspensions:
        if one.state is SuspensionState.APPROVED and one.last_on < day:
            one.state, one.changed_at, ended = SuspensionState.OVER, at, one
    now_stopped = rules.life.in_force(suspensions, day)
    if now_stopped and now_stopped.begun_at is None:
        now_stopped.begun_at = at
        if project.status is not ProjectStatus.STOPPED:
            project.status = ProjectStatus.STOPPED
            projects.tell_changed(session, project, at)
        publish(session, _suspended(project, now_stopped, at))
    elif now_stopped is None and ended and project.status is ProjectStatus.STOPPED:
        project.status = ProjectStatus.IN_PROGRESS
        projects.tell_changed(session, project, at)
        publish(session, _resumed(project, ended, at))
    await vacancies.look(session, at, project_id=project.id)
    await requirements.follow(session, [project], Moment(at, day))


def _suspended(project: Project, one: Suspension, at: datetime) -> ProjectSuspended:
    return ProjectSuspended(
        id=same_id(clock.at(one.from_on), one.id, "suspended"),
        occurred_at=at,
        project_id=project.id,
        project=cards.card(project),
        area_code=project.area_code,
        suspension_id=one.id,
        reason=one.reason,
        from_on=one.from_on,
        until_on=one.until_on,
    )


def _resumed(project: Project, one: Suspension, at: datetime) -> ProjectResumed:
    return ProjectResumed(
        id=same_id(clock.at(one.from_on), one.id, "resumed"),
        occurred_at=at,
        project_id=project.id,
        project=cards.card(project),
        area_code=project.area_code,
        suspension_id=one.id,
        reason=one.reason,
        from_on=one.from_on,
        until_on=one.last_on,
        resumed_on=one.last_on + timedelta(days=1),
    )
