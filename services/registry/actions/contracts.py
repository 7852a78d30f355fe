"""Entering works contracts with their labour-cost terms."""

from datetime import datetime

from services.registry import queries, rules
from services.registry.actions import cards, projects, reporting
from services.registry.errors import ContractNumberTaken, RegistrationRefused
from services.registry.models import Project, WorksContract
from services.registry.rules.organisations import OrganisationRole
from services.registry.schemas.contracts import LabourCost, WorksContractIn
from shared.areas import Scope
from shared.db import AGELESS, Session, same_id
from shared.events.registry import WorksContractSigned
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
    if there and _same(there, body):
        return there
    terms = body.labour_cost.terms() if body.labour_cost else None
    findings = rules.contracts.check(body.contract_amount, terms)
    named = await queries.organisations.organisations_by_id(session, {body.contractor_id})
    contractor = named.get(body.contractor_id)
    findings += rules.organisations.unknown_or_without_role(
        "contractor_id", contractor.roles if contractor else None, OrganisationRole.CONTRACTOR
    )
    if project.contractor_id and project.contractor_id != body.contractor_id:
        findings.append(rules.contracts.contractor_differs())
    if findings or body.labour_cost is None:
        raise RegistrationRefused(errors=findings)
    if there:
        raise ContractNumberTaken(
            Text("合同编号 {number} 已登记", "The contract number {number} is registered").fill(
                number=body.number
            ),
            works_contract_id=str(there.id),
        )
    if project.contractor_id is None:
        project.contractor_id, project.contractor = body.contractor_id, contractor
        projects.tell_changed(session, project, now)
    contract = _contract(body, body.labour_cost, now)
    session.add(contract)
    publish(session, _signed(contract, project, now))
    await reporting.look_again(session, project, now)
    return contract


def _same(there: WorksContract, body: WorksContractIn) -> bool:
    """Say whether a body tells of the contract that stands."""
    return (
        body.labour_cost is not None
        and there.labour_cost == body.labour_cost.terms()
        and (there.contractor_id, there.signed_on, there.contract_amount)
        == (body.contractor_id, body.signed_on, body.contract_amount)
    )


def _contract(body: WorksContractIn, labour_cost: LabourCost, now: datetime) -> WorksContract:
    return WorksContract(
        # Entered again after a restore it is the one that others know; so with what is told of it.
        id=same_id(AGELESS, body.project_id, "contract", body.number),
        registered_at=now,
        changed_at=now,
        **body.model_dump(exclude={"labour_cost"}),
        **labour_cost.model_dump(),
    )


def _signed(contract: WorksContract, project: Project, now: datetime) -> WorksContractSigned:
    event = WorksContractSigned(
        occurred_at=now,
        project_id=project.id,
        works_contract_id=contract.id,
        project=cards.card(project),
        contractor_id=contract.contractor_id,
        signed_on=contract.signed_on,
        contract_amount=contract.contract_amount,
        basis=contract.basis,
        labour_cost=contract.amount,
        share=contract.share,
        first_period=contract.first_period,
        last_period=contract.last_period,
        transfer_day=contract.transfer_day,
        transfer_month=contract.transfer_month,
        due_shift=contract.due_shift,
    )
    return event.model_copy(update={"id": same_id(AGELESS, "signed", event.model_dump_json())})
