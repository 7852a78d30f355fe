"""Who takes part in a project: entered, ended, handed over, and put in force on its day."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from services.registry import queries, rules
from services.registry.errors import PartyTaken, RegistrationRefused
from services.registry.models import Organisation, Project, ProjectParty
from services.registry.rules.parties import COLUMNS, PartyRole
from services.registry.schemas.parties import PartyIn, PartyPatch
from shared import clock
from shared.db import AGELESS, Session, new_id, same_id
from shared.events.registry import ProjectPartyChanged
from shared.outbox import publish
from shared.problems import Finding

_DAY = timedelta(days=1)


def keep_first(session: Session, project: Project, now: datetime) -> None:
    """Keep those whom a new project names: they have their roles since it began."""
    for role, column in COLUMNS.items():
        if organisation_id := getattr(project, column):
            session.add(_party(project, role, organisation_id, None, now))


async def name_contractor(
    session: Session, project: Project, signed_on: date, now: datetime
) -> None:
    """Keep the contractor whom a works contract names; whoever had the works before stays it."""
    rows = await queries.parties.locked_parties(session, project.id, PartyRole.CONTRACTOR)
    ends = [row.until_on + _DAY for row in rows if row.until_on]
    if project.contractor_id:
        from_on = max([signed_on, *ends])
        made = _party(project, PartyRole.CONTRACTOR, project.contractor_id, from_on, now)
        session.add(made)


async def hand_over(
    session: Session,
    project: Project,
    columns: Collection[str],
    named: Mapping[UUID, Organisation],
    now: datetime,
) -> None:
    """Date an edit of a project's parties: the one before ends yesterday, the next begins today."""
    today = clock.day_of(now)
    for role, column in COLUMNS.items():
        if column not in columns:
            continue
        rows = await queries.parties.locked_parties(session, project.id, role)
        before = rules.parties.holder(rows, today)
        if before:
            _end(session, project, before, today - _DAY, now)
        organisation_id = getattr(project, column)
        if organisation_id is None:
            continue
        made = _party(project, role, organisation_id, today, now)
        again = next((row for row in rows if row.id == made.id), None)
        if again:  # Named twice on one day.
            again.until_on, again.version, again.changed_at = None, again.version + 1, now
            _tell(session, project, again, again.organisation_name, now)
        else:
            session.add(made)
            _tell(session, project, made, named[organisation_id].name, now)


async def enter_party(
    session: Session, project: Project, body: PartyIn, now: datetime
) -> tuple[ProjectParty, bool]:
    """Enter a party of a locked project; give it, and whether it is new."""
    made = _party(project, body.role, body.organisation_id, body.from_on, now)
    rows = await queries.parties.locked_parties(session, project.id, body.role)
    there = next((row for row in rows if row.id == made.id), None)
    if there:
        if there.until_on == body.until_on:
            return there, False
        raise PartyTaken(party_id=str(there.id))
    findings, organisation = await _check(session, body, rows)
    if findings or organisation is None:
        raise RegistrationRefused(errors=findings)
    if body.role in COLUMNS:
        before = rules.parties.predecessor(rows, body.from_on)
        if before:
            _end(session, project, before, body.from_on - _DAY, now)
    made.until_on, made.organisation = body.until_on, organisation
    made.participant_type, made.gap_reason = body.participant_type, body.gap_reason
    session.add(made)
    _tell(session, project, made, organisation.name, now)
    return made, True


async def _check(
    session: Session, body: PartyIn, rows: list[ProjectParty]
) -> tuple[list[Finding], Organisation | None]:
    named = await queries.organisations.organisations_by_id(session, {body.organisation_id})
    organisation = named.get(body.organisation_id)
    findings = rules.codes.PARTICIPANT_TYPE.check("participant_type", body.participant_type)
    if body.role in rules.parties.REGISTERED_AS:
        findings += rules.organisations.unknown_or_without_role(
            "organisation_id",
            organisation.roles if organisation else None,
            rules.parties.REGISTERED_AS[body.role],
        )
    elif organisation is None:
        findings.append(rules.organisations.organisation_unknown("organisation_id"))
    if body.role in COLUMNS:
        findings += rules.parties.check_entry(
            body.from_on, body.until_on, rows, gap_explained=body.gap_reason is not None
        )
    else:
        findings += rules.persons.check_span(body.from_on, body.until_on)
    return findings, organisation


async def end_party(
    session: Session,
    project: Project,
    row: ProjectParty,
    body: PartyPatch,
    now: datetime,
) -> None:
    """Set the last day of a role; what is left without anybody needs a reason."""
    if row.role in COLUMNS:
        rows = await queries.parties.locked_parties(session, project.id, row.role)
        findings = rules.parties.check_end(
            row, body.until_on, rows, gap_explained=body.gap_reason is not None
        )
    else:
        findings = rules.persons.check_span(row.from_on or date.min, body.until_on)
    if findings:
        raise RegistrationRefused(errors=findings)
    row.gap_reason = body.gap_reason or row.gap_reason
    _end(session, project, row, body.until_on, now)


async def follow(session: Session, project: Project, today: date) -> bool:
    """Set a locked project's columns to who has the roles today; say whether one is different."""
    await session.flush()  # What was just entered counts.
    different = False
    for role, column in COLUMNS.items():
        rows = await queries.parties.locked_parties(session, project.id, role)
        held = rules.parties.holder(rows, today)
        if (held is None and (role is PartyRole.DEVELOPER or not rows)) or (
            held and held.organisation_id == getattr(project, column)
        ):
            continue
        setattr(project, column, held.organisation_id if held else None)
        if role is PartyRole.DEVELOPER and held:
            project.developer = held.organisation
        elif role is PartyRole.CONTRACTOR:
            project.contractor = held.organisation if held else None
        different = True
    return different


def _party(
    project: Project, role: PartyRole, organisation_id: UUID, from_on: date | None, now: datetime
) -> ProjectParty:
    return ProjectParty(
        id=same_id(AGELESS, project.id, role, organisation_id, from_on),
        project_id=project.id, role=role, organisation_id=organisation_id, from_on=from_on,
        until_on=None, version=1, registered_at=now, changed_at=now,
    )  # fmt: skip


def _end(
    session: Session, project: Project, row: ProjectParty, until_on: date, now: datetime
) -> None:
    if row.until_on != until_on:
        row.until_on, row.version, row.changed_at = until_on, row.version + 1, now
        _tell(session, project, row, row.organisation_name, now)


def _tell(session: Session, project: Project, row: ProjectParty, name: str, now: datetime) -> None:
    publish(
        session,
        ProjectPartyChanged(
            id=new_id(),
            occurred_at=now,
            project_id=project.id,
            area_code=project.area_code,
            party_id=row.id,
            role=row.role,
            organisation_id=row.organisation_id,
            organisation_name=name,
            from_on=row.from_on,
            until_on=row.until_on,
        ),
    )
