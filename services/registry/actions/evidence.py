"""What shows that a system is in place: filed one by one or in batches, withdrawn."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import requirements
from services.registry.errors import EvidenceWithdrawn, RegistrationRefused
from services.registry.models import Evidence, Project, Requirement
from services.registry.rules.requirements import Moment, Proof
from services.registry.schemas.requirements import ProjectEvidenceIn
from shared import clock
from shared.auth import Caller
from shared.db import Session, new_id
from shared.files import Kept
from shared.problems import Finding


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody shows: since when, until when, and by what."""

    done_on: date
    valid_until: date | None = None
    reference: str | None = None
    kept: Kept | None = None
    security_id: UUID | None = None

    @property
    def digest(self) -> str:
        """Give the sha256 of the file, or of the reference."""
        if self.kept:
            return self.kept.sha256
        return sha256((self.reference or "").encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Filed:
    """How much of a batch was new, and how much stood already."""

    filed: int
    unchanged: int


async def file_evidence(
    session: Session,
    caller: Caller,
    requirement_id: UUID,
    shown: Shown,
    now: datetime,
) -> Evidence:
    """File an evidence of a requirement; the same again gives the one that stands.

    Raises RequirementUnknown outside the scope, RegistrationRefused with all findings.
    """
    seen = await queries.requirements.requirement(session, requirement_id, caller.scope)
    project = await queries.projects.locked_project(session, seen.project_id, caller.scope)
    moment = Moment(now, clock.day_of(now))
    findings = list(
        rules.requirements.check_evidence("", shown.done_on, shown.valid_until, moment.day)
    )
    if findings:
        raise RegistrationRefused(errors=findings)
    row = await _requirement(session, project, requirement_id)
    standing = await queries.requirements.locked_evidence(session, {row.id})
    there = _same(standing, shown)
    if there:
        return there
    made = evidence_of(row, shown, caller.subject, now)
    session.add(made)
    prove(row, [*standing, made])
    await requirements.follow(session, [project], moment)
    return made


async def file_evidence_batch(
    session: Session, caller: Caller, items: Sequence[ProjectEvidenceIn], now: datetime
) -> Filed:
    """File evidence of many projects: all of it, or none and every finding at its place."""
    moment = Moment(now, clock.day_of(now))
    projects = await queries.requirements.locked_projects_by_id(
        session, {each.project_id for each in items}, caller.scope
    )
    ids = [project.id for project in projects]
    rows = {
        (row.project_id, row.kind): row
        for row in await queries.requirements.locked_requirements_of(session, ids)
    }
    if findings := _findings(items, set(ids), rows.keys(), moment):
        raise RegistrationRefused(errors=findings)
    touched = {rows[each.project_id, each.kind].id for each in items}
    standing: dict[UUID, list[Evidence]] = {each: [] for each in touched}
    for one in await queries.requirements.locked_evidence(session, touched):
        standing[one.requirement_id].append(one)
    filed = 0
    for each in items:
        row = rows[each.project_id, each.kind]
        shown = Shown(each.done_on, each.valid_until, each.reference)
        if _same(standing[row.id], shown):
            continue
        made = evidence_of(row, shown, caller.subject, now)
        session.add(made)
        standing[row.id].append(made)
        prove(row, standing[row.id])
        filed += 1
    await requirements.follow(session, projects, moment)
    return Filed(filed, len(items) - filed)


async def withdraw_evidence(
    session: Session, caller: Caller, evidence_id: UUID, reason: str, now: datetime
) -> Evidence:
    """Let an evidence count no more; its row stays. Raises EvidenceUnknown, EvidenceWithdrawn."""
    seen = await queries.requirements.one_evidence(session, evidence_id, caller.scope)
    project = await queries.projects.locked_project(session, seen.project_id, caller.scope)
    row = await _requirement(session, project, seen.requirement_id)
    standing = await queries.requirements.locked_evidence(session, {row.id})
    one = next((each for each in standing if each.id == evidence_id), None)
    if one is None:
        raise EvidenceWithdrawn
    take_back(one, caller.subject, reason, now)
    prove(row, [each for each in standing if each is not one])
    await requirements.follow(session, [project], Moment(now, clock.day_of(now)))
    return one


def take_back(one: Evidence, by: str, reason: str, now: datetime) -> None:
    """Mark an evidence as one that shows nothing any more."""
    one.withdrawn_at, one.withdrawn_by, one.withdrawn_why = now, by, reason


def prove(row: Requirement, standing: Sequence[Evidence]) -> None:
    """Let a requirement have the days that its evidence covers."""
    proofs = [Proof(each.done_on, each.valid_until) for each in standing]
    row.done_on = min((each.done_on for each in proofs), default=None)
    row.valid_until = rules.requirements.lasts_until(proofs) if proofs else None


def _findings(
    items: Sequence[ProjectEvidenceIn],
    seen: set[UUID],
    listed: Collection[tuple[UUID, str]],
    moment: Moment,
) -> list[Finding]:
    found: list[Finding] = []
    for number, each in enumerate(items):
        place = f"items[{number}]."
        if each.project_id not in seen:
            found.append(rules.requirements.project_unknown(f"{place}project_id"))
        elif (each.project_id, each.kind) not in listed:
            found.append(rules.requirements.kind_not_on_list(f"{place}kind", each.kind))
        found += rules.requirements.check_evidence(
            place, each.done_on, each.valid_until, moment.day
        )
    return found


def _same(standing: Sequence[Evidence], shown: Shown) -> Evidence | None:
    return next(
        (each for each in standing if (each.digest, each.done_on) == (shown.digest, shown.done_on)),
        None,
    )


def evidence_of(row: Requirement, shown: Shown, by: str, now: datetime) -> Evidence:
    """Give an evidence of a requirement, to be added."""
    kept = shown.kept
    file = (kept.file_id, kept.kind, kept.size) if kept else (None, None, None)
    return Evidence(
        id=new_id(), requirement_id=row.id, project_id=row.project_id, done_on=shown.done_on,
        valid_until=shown.valid_until, reference=shown.reference, file_id=file[0],
        file_kind=file[1], file_size=file[2], digest=shown.digest, security_id=shown.security_id,
        recorded_by=by, recorded_at=now,
    )  # fmt: skip


async def _requirement(session: Session, project: Project, requirement_id: UUID) -> Requirement:
    """Give a requirement of a locked project, locked with the project's others."""
    rows = await queries.requirements.locked_requirements_of(session, {project.id})
    return next(row for row in rows if row.id == requirement_id)
