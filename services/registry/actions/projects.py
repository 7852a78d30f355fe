"""Registering and changing projects."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import (
    areas,
    cards,
    comparison,
    followers,
    reporting,
    requirements,
    vacancies,
)
from services.registry.actions import parties as parties_of
from services.registry.errors import ProjectCodeTaken, RegistrationRefused
from services.registry.models import Organisation, Project, ProjectVersion
from services.registry.rules.life import SuspensionState
from services.registry.rules.organisations import OrganisationRole
from services.registry.rules.projects import ProjectStatus
from services.registry.rules.requirements import Moment
from services.registry.schemas.projects import ProjectIn, ProjectPatch
from shared import clock, timers
from shared.areas import Scope
from shared.db import AGELESS, Session, new_id, same_id
from shared.events.registry import ProjectChanged, ProjectRegistered, project_id
from shared.outbox import publish
from shared.problems import Finding, Stale
from shared.wording import Text

SUSPENSION = "suspension"
"""The kind of the timer that begins and ends a suspension."""

# Who takes part in a project, and what he must be registered as.
PARTIES: Mapping[str, OrganisationRole] = {
    "developer_id": OrganisationRole.DEVELOPER,
    "contractor_id": OrganisationRole.CONTRACTOR,
    "sector_authority_id": OrganisationRole.SECTOR_AUTHORITY,
}


async def register_project(
    session: Session, scope: Scope, body: ProjectIn, now: datetime
) -> Project:
    """Enter a project; the same one again gives the first."""
    fields = body.model_dump(exclude_unset=True)
    findings, parties = await _check(session, scope, fields, now)
    if findings:
        raise RegistrationRefused(errors=findings)
    there = await queries.projects.locked_project_of(session, body.code)
    if there:
        # What was not sent is not compared: a contract may have named the contractor since.
        if all(getattr(there, name) == value for name, value in fields.items()):
            return there
        raise ProjectCodeTaken(
            Text("项目编码 {code} 已登记", "The project code {code} is registered").fill(
                code=body.code
            ),
            project_id=str(there.id),
        )
    project = made(body, parties, now)
    session.add(project)
    publish(session, registered(project, now))
    await follow_registration(session, scope, [project], now)
    return project


async def follow_registration(
    session: Session, scope: Scope, fresh: Sequence[Project], now: datetime
) -> None:
    """Do what follows from new projects, however many were entered at once."""
    await session.flush()  # Their parties refer to them, and no relationship orders them.
    for project in fresh:
        parties_of.keep_first(session, project, now)
        _keep_version(session, project, now)
    await followers.follow_new(session, fresh)
    await reporting.await_half_year(session, now)
    await comparison.match_projects(session, scope, fresh, now)
    moment = Moment(now, clock.day_of(now))
    await requirements.follow(session, fresh, moment, tell=False)


def made(body: ProjectIn, parties: Mapping[UUID, Organisation], now: datetime) -> Project:
    """Make a project; `parties` are the organisations that it names."""
    project = Project(
        # Entered again after a restore it is the one that others know; so with what is told of it.
        id=id_of(body.code), version=1, registered_at=now, changed_at=now,
        contractor=None, **body.model_dump(),
    )  # fmt: skip
    _name_parties(project, parties)
    return project


def id_of(code: str) -> UUID:
    """Give the id of the project that has, or will have, a code."""
    return project_id(code)


def registered(project: Project, now: datetime) -> ProjectRegistered:
    """Give what is told of a new project."""
    told = cards.card(project)
    event_id = same_id(AGELESS, "registered", told.model_dump_json())
    return ProjectRegistered(id=event_id, occurred_at=now, project_id=project.id, project=told)


async def change_project(
    session: Session, scope: Scope, project_id: UUID, body: ProjectPatch, now: datetime
) -> Project:
    """Change what was sent; if nothing is different, nothing is told."""
    project = await queries.projects.locked_project(session, project_id, scope)
    if project.version != body.version:
        raise Stale
    fields = body.model_dump(exclude_unset=True, exclude={"version"})
    changed = {k: v for k, v in fields.items() if getattr(project, k) != v}
    if not changed:
        return project
    findings, parties = await _check(session, scope, changed, now)
    if "status" in changed:
        suspensions = await queries.life.locked_suspensions(session, project.id)
        stopped_by = rules.life.in_force(suspensions, clock.day_of(now))
        findings += rules.life.check_status(changed["status"], stopped_by)
    if findings:
        raise RegistrationRefused(errors=findings)
    was = followers.sight(project)
    for name, value in changed.items():
        setattr(project, name, value)
    if "status" in changed:
        await _follow_status(session, project, now)
    _name_parties(project, parties)
    await parties_of.hand_over(session, project, changed, parties, now)
    tell_changed(session, project, now)
    await followers.follow(session, project, was)
    await comparison.match_projects(session, scope, [project], now)
    await reporting.look_again(session, project, now)
    await vacancies.look(session, now, project_id=project.id)
    await requirements.follow(session, [project], Moment(now, clock.day_of(now)))
    return project


async def end_suspensions(session: Session, project: Project, now: datetime) -> None:
    """End what stops a project that is complete: there is nothing left to resume."""
    for one in await queries.life.locked_suspensions(session, project.id):
        if one.state is SuspensionState.APPROVED:
            one.state = SuspensionState.OVER if one.begun_at else SuspensionState.WITHDRAWN
        elif one.state is SuspensionState.REQUESTED:
            one.state = SuspensionState.WITHDRAWN
        else:
            continue
        one.changed_at = now
        await timers.disarm(session, one.id, SUSPENSION)


async def _follow_status(session: Session, project: Project, now: datetime) -> None:
    """Date a completion that an edit says; works that go on again are not complete."""
    if project.status is not ProjectStatus.COMPLETE:
        project.completed_on = project.settled_on = None
        return
    await end_suspensions(session, project, now)
    project.completed_on = clock.day_of(now)


def tell_changed(session: Session, project: Project, now: datetime) -> None:
    """Count a change of a project, and tell its card."""
    project.version += 1
    project.changed_at = now
    _keep_version(session, project, now)
    publish(
        session, ProjectChanged(occurred_at=now, project_id=project.id, project=cards.card(project))
    )


def _keep_version(session: Session, project: Project, now: datetime) -> None:
    """Keep what a project is like from now on, for those who ask for the past."""
    names = (
        "version", "area_code", "investment_type", "developer_id", "contractor_id",
        "sector_authority_id", "status", "supervised_since", "started_on",
    )  # fmt: skip
    said = {name: getattr(project, name) for name in names}
    session.add(ProjectVersion(id=new_id(), project_id=project.id, at=now, **said))


def _name_parties(project: Project, parties: Mapping[UUID, Organisation]) -> None:
    """Hang the organisations on a project whose ids were just set, so that its card has names."""
    if project.developer_id in parties:
        project.developer = parties[project.developer_id]
    if project.contractor_id is None:
        project.contractor = None
    elif project.contractor_id in parties:
        project.contractor = parties[project.contractor_id]


async def _check(
    session: Session, scope: Scope, fields: Mapping[str, Any], now: datetime
) -> tuple[list[Finding], Mapping[UUID, Organisation]]:
    """Give all findings of the fields that are set, and the organisations that they name."""
    findings = rules.projects.check_codes(fields.get("category"), fields.get("size"))
    if "area_code" in fields:
        findings += await areas.check_area(session, scope, "area_code", fields["area_code"], now)
    named = {name: fields[name] for name in PARTIES if fields.get(name)}
    parties = await queries.organisations.organisations_by_id(session, set(named.values()))
    for name, organisation_id in named.items():
        there = parties.get(organisation_id)
        findings += rules.organisations.unknown_or_without_role(
            name, there.roles if there else None, PARTIES[name]
        )
    return findings, parties
