"""Entering subcontracts and labour-service contracts, and ending them."""

from datetime import datetime
from uuid import UUID

from services.registry import queries, rules
from services.registry.errors import (
    ContractNumberTaken,
    ProjectUnknown,
    RegistrationRefused,
    SubcontractUnknown,
)
from services.registry.models import Project, Subcontract
from services.registry.rules.chain import Receiver, SubcontractKind
from services.registry.rules.organisations import OrganisationRole
from services.registry.schemas.subcontracts import SubcontractIn, SubcontractPatch
from shared.areas import Scope
from shared.db import AGELESS, Session, same_id
from shared.problems import Finding, Stale


async def enter_subcontract(
    session: Session, scope: Scope, project_id: UUID, body: SubcontractIn, now: datetime
) -> Subcontract:
    """Enter what somebody in the chain passes on; the same number again gives the first.

    What breaks the law is entered as well: it is flagged, because it is what happens on site.
    """
    project = await queries.projects.locked_project(session, project_id, scope)
    # A firm enters what it passes on itself; its own project as a developer is another matter.
    if scope.org not in {None, project.contractor_id}:
        raise ProjectUnknown
    rows = await queries.subcontracts.locked_subcontracts_of(session, project.id)
    there = next((row for row in rows if row.number == body.number), None)
    fields = body.model_dump(exclude_unset=True)
    if there:
        if all(getattr(there, name) == value for name, value in fields.items()):
            return there
        raise ContractNumberTaken(subcontract_id=str(there.id))
    findings = await _check(session, project, rows, body)
    if findings:
        raise RegistrationRefused(errors=findings)
    made = Subcontract(
        id=same_id(AGELESS, project.id, "subcontract", body.number),
        project_id=project.id, version=1, registered_at=now, changed_at=now, **body.model_dump(),
    )  # fmt: skip
    session.add(made)
    return made


async def _check(
    session: Session, project: Project, rows: list[Subcontract], body: SubcontractIn
) -> list[Finding]:
    parent = next((row for row in rows if row.id == body.parent_id), None)
    findings = rules.contracts.check_money("amount", body.amount)
    findings += rules.persons.check_span(body.from_on, body.until_on)
    findings += rules.chain.check_receiver(
        body.receiver, body.awarding_id, body.receiving_id, body.crew
    )
    if body.parent_id and parent is None:
        findings.append(rules.chain.parent_unknown())
    else:
        findings += rules.chain.check_place(body.awarding_id, parent, project.contractor_id)
    if body.receiver is Receiver.ORGANISATION and body.receiving_id:
        named = await queries.organisations.organisations_by_id(session, {body.receiving_id})
        unit = named.get(body.receiving_id)
        if unit is None or body.kind is not SubcontractKind.LABOUR_SERVICE:
            findings += rules.organisations.unknown_or_without_role(
                "receiving_id", unit.roles if unit else None, OrganisationRole.SUBCONTRACTOR
            )
    return findings


async def end_subcontract(
    session: Session, scope: Scope, subcontract_id: UUID, body: SubcontractPatch, now: datetime
) -> Subcontract:
    """Set the last day of a subcontract; the row stays as its history."""
    row = await queries.subcontracts.locked_subcontract(session, subcontract_id, scope)
    project = await queries.projects.locked_project(session, row.project_id, scope)
    if scope.org not in {None, project.contractor_id}:
        raise SubcontractUnknown
    if row.version != body.version:
        raise Stale
    findings = rules.persons.check_span(row.from_on, body.until_on)
    if findings:
        raise RegistrationRefused(errors=findings)
    if row.until_on != body.until_on:
        row.until_on, row.version, row.changed_at = body.until_on, row.version + 1, now
    return row
