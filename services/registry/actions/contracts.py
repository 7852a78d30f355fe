"""Entering works contracts and their supplements, with their labour-cost terms."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import (
    cards,
    followers,
    guarantees,
    labour_shares,
    parties,
    projects,
    reporting,
    requirements,
)
from services.registry.actions.labour_shares import Agreed
from services.registry.errors import (
    ContractNumberTaken,
    RegistrationRefused,
    SupplementNumberTaken,
)
from services.registry.models import ContractVersion, Project, WorksContract
from services.registry.rules.contracts import LabourCostTerms
from services.registry.rules.organisations import OrganisationRole
from services.registry.rules.requirements import Moment
from services.registry.schemas.contracts import SupplementIn, WorksContractIn
from shared import clock
from shared.areas import Scope
from shared.db import AGELESS, Session, same_id
from shared.events.registry import WorksContractSigned, WorksContractSupplemented
from shared.outbox import publish
from shared.wording import Text


async def sign_works_contract(
    session: Session, scope: Scope, body: WorksContractIn, now: datetime
) -> WorksContract:
    """Enter a works contract; the same one again gives the first.

    A project without contractor takes the contract's. Raises ProjectUnknown outside the scope.
    """
    project = await queries.projects.locked_project(session, body.project_id, scope)
    there = await queries.contracts.locked_works_contract_of(session, project.id, body.number)
    if there and await _same(session, there, body):
        return there
    agreed = await _agreed(session, project, body)
    findings = rules.contracts.check(body.contract_amount, agreed.terms if agreed else None)
    named = await queries.organisations.organisations_by_id(session, {body.contractor_id})
    contractor = named.get(body.contractor_id)
    findings += rules.organisations.unknown_or_without_role(
        "contractor_id", contractor.roles if contractor else None, OrganisationRole.CONTRACTOR
    )
    if project.contractor_id and project.contractor_id != body.contractor_id:
        findings.append(rules.contracts.contractor_differs())
    if findings or agreed is None:
        raise RegistrationRefused(errors=findings)
    if there:
        said = Text("合同编号 {number} 已登记", "The contract number {number} is registered")
        raise ContractNumberTaken(said.fill(number=body.number), works_contract_id=str(there.id))
    if project.contractor_id is None:
        was = followers.sight(project)
        project.contractor_id, project.contractor = body.contractor_id, contractor
        await parties.name_contractor(session, project, body.signed_on, now)
        projects.tell_changed(session, project, now)
        await followers.follow(session, project, was)
    contract = _contract(body, agreed, now)
    session.add(contract)
    await session.flush()  # Its version refers to it, and no relationship orders the two.
    session.add(_version(contract, contract.number, contract.first_period, now))
    publish(session, _signed(contract, project, now))
    await guarantees.follow_contract(session, project, now)
    await reporting.look_again(session, project, now)
    await requirements.follow(session, [project], Moment(now, clock.day_of(now)))
    return contract


async def supplement_works_contract(
    session: Session, scope: Scope, works_contract_id: UUID, body: SupplementIn, now: datetime
) -> ContractVersion:
    """Enter a supplement, which holds from a period on; the same one again gives the first.

    Raises WorksContractUnknown outside the scope; a period that is over is a finding.
    """
    contract = await queries.contracts.locked_works_contract(session, works_contract_id, scope)
    versions = await queries.contracts.all_versions(session, contract.id)
    terms = body.labour_cost.terms(versions[0].first_period)
    for there in versions:
        if there.number == body.number:
            return _stands(there, body, terms)
    project = await queries.projects.project(session, contract.project_id, scope)
    agreed = await labour_shares.agreed(session, project, terms, body.signed_on)
    findings = rules.supplements.check(
        body.signed_on, body.valid_from, body.contract_amount, agreed.terms,
        contract_signed_on=versions[0].signed_on, now_period=f"{clock.day_of(now):%Y-%m}",
    )  # fmt: skip
    if not findings:
        findings = rules.supplements.changes_nothing(
            (contract.contract_amount, body.contract_amount), (contract.labour_cost, agreed.terms)
        )
    if findings:
        raise RegistrationRefused(errors=findings)
    contract.contract_amount = body.contract_amount
    agreed.note(contract)
    contract.version, contract.changed_at = len(versions) + 1, now
    made = _version(contract, body.number, body.valid_from, now)
    made.signed_on = body.signed_on
    session.add(made)
    await guarantees.follow_contract(session, project, now)
    publish(session, _supplemented(contract, made, project, now))
    return made


def _stands(there: ContractVersion, body: SupplementIn, terms: LabourCostTerms) -> ContractVersion:
    """Give the version that has the body's number; raises SupplementNumberTaken if it differs."""
    said = (body.signed_on, body.valid_from, body.contract_amount)
    if said == (there.signed_on, there.valid_from, there.contract_amount) and there.says(terms):
        return there
    raise SupplementNumberTaken(version=there.version)


async def _same(session: Session, there: WorksContract, body: WorksContractIn) -> bool:
    """Say whether a body tells of the contract that stands, as it was signed."""
    first, *_ = await queries.contracts.all_versions(session, there.id)
    return (
        body.labour_cost is not None
        and first.says(body.labour_cost.terms())
        and (there.contractor_id, there.signed_on, first.contract_amount)
        == (body.contractor_id, body.signed_on, body.contract_amount)
    )


def _version(
    contract: WorksContract, number: str, valid_from: str, now: datetime
) -> ContractVersion:
    """Keep a contract's terms as they are from a period on."""
    made = ContractVersion(
        works_contract_id=contract.id,
        version=contract.version,
        number=number,
        signed_on=contract.signed_on,
        valid_from=valid_from,
        contract_amount=contract.contract_amount,
        registered_at=now,
    )
    for name in (*asdict(contract.labour_cost), "guide_share", "share_by_guide"):
        setattr(made, name, getattr(contract, name))
    return made


def _contract(body: WorksContractIn, agreed: Agreed, now: datetime) -> WorksContract:
    made = WorksContract(
        # Entered again after a restore it is the one that others know; so with what is told of it.
        id=same_id(AGELESS, body.project_id, "contract", body.number),
        version=1,
        registered_at=now,
        changed_at=now,
        **body.model_dump(exclude={"labour_cost"}),
    )
    agreed.note(made)
    return made


async def _agreed(session: Session, project: Project, body: WorksContractIn) -> Agreed | None:
    """Give the terms as they hold: with the area's share where the contract names none."""
    if body.labour_cost is None:
        return None
    terms = body.labour_cost.terms()
    return await labour_shares.agreed(session, project, terms, body.signed_on)


def _signed(contract: WorksContract, project: Project, now: datetime) -> WorksContractSigned:
    event = WorksContractSigned(signed_on=contract.signed_on, **_told(contract, project, now))
    return event.model_copy(update={"id": same_id(AGELESS, "signed", event.model_dump_json())})


def _supplemented(
    contract: WorksContract, made: ContractVersion, project: Project, now: datetime
) -> WorksContractSupplemented:
    event = WorksContractSupplemented(
        signed_on=made.signed_on,
        version=made.version,
        valid_from=made.valid_from,
        **_told(contract, project, now),
    )
    return event.model_copy(
        update={"id": same_id(AGELESS, "supplemented", event.model_dump_json())}
    )


def _told(contract: WorksContract, project: Project, now: datetime) -> dict[str, Any]:
    """Give what events say of a contract and its terms."""
    names = (
        "contractor_id", "contract_amount", "basis", "share", "first_period", "last_period",
        "transfer_day", "transfer_month", "due_shift", "progress_basis", "measuring_months",
        "pay_cycle", "pay_day",
    )  # fmt: skip
    return {
        "occurred_at": now,
        "project_id": project.id,
        "works_contract_id": contract.id,
        "project": cards.card(project),
        "labour_cost": contract.amount,
    } | {name: getattr(contract, name) for name in names}
