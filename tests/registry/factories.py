"""Rows and bodies of registry for its tests; plain functions."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from stdnum.cn import uscc

from services.registry import actions
from services.registry.models import (
    AreaAssignment,
    Assignment,
    Organisation,
    Project,
    ProjectParty,
    Subcontract,
    Suspension,
    UnitPost,
    WorksContract,
)
from services.registry.rules.areas import AreaFact
from services.registry.schemas.contracts import WorksContractIn
from services.registry.schemas.life import SuspensionIn
from services.registry.schemas.organisations import OrganisationIn
from services.registry.schemas.parties import PartyIn
from services.registry.schemas.persons import AssignmentIn
from services.registry.schemas.projects import ProjectIn
from services.registry.schemas.subcontracts import SubcontractIn
from services.registry.schemas.territories import AreaAssignmentIn, UnitPostIn
from shared import clock
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session

# Enters a body by HTTP at a path below `/registry/v1/`, and gives what was made.
Post = Callable[..., Awaitable[dict[str, Any]]]

NATION = Scope(frozenset({"0"}))
COUNTY = Scope(frozenset({"422828"}))
BEGUN = date(2000, 1, 1)
# Hefeng county with two towns and a village, and its neighbour.
TREE = (
    ("0", "全国", None),
    ("42", "湖北省", "0"),
    ("4228", "恩施州", "42"),
    ("422828", "鹤峰县", "4228"),
    ("422828101", "走马镇", "422828"),
    ("422828102", "太平镇", "422828"),
    ("422828101201", "升子村", "422828101"),
    ("422822", "建始县", "4228"),
)


def facts(*rows: tuple[str, str, str | None]) -> list[AreaFact]:
    """Give area rows that began in 2000, each with its place."""
    return [
        AreaFact(code, name, parent, BEGUN, place=f"items[{at}]")
        for at, (code, name, parent) in enumerate(rows)
    ]


async def areas(session: Session) -> None:
    """Enter the tree."""
    await actions.areas.enter_areas(session, NATION, facts(*TREE), clock.now())
    await session.flush()


def credit_code(number: int) -> str:
    """Give a credit code with a right check digit, of an area prefix that does not exist."""
    code = f"91999999{number:09d}"
    return code + uscc.calc_check_digit(code)


def organisation_body(number: int, *roles: str, **changes: Any) -> dict[str, Any]:
    """Give the body of an organisation of Hefeng."""
    return {
        "name": f"单位{number}",
        "credit_code": credit_code(number),
        "area_code": "422828",
        "roles": list(roles) or ["employer"],
    } | changes


async def organisation(session: Session, number: int, *roles: str, **changes: Any) -> Organisation:
    """Register an organisation."""
    body = OrganisationIn.model_validate(organisation_body(number, *roles, **changes))
    made = await actions.organisations.register_organisation(session, NATION, body, clock.now())
    await session.flush()
    return made


async def developer(session: Session, number: int = 1) -> Organisation:
    """Register a developer."""
    return await organisation(session, number, "developer", name="县交通运输局")


async def contractor(session: Session, number: int = 2) -> Organisation:
    """Register a contractor whose seat is in the neighbouring county."""
    return await organisation(
        session, number, "contractor", name="建始路桥公司", area_code="422822"
    )


def project_body(developer_id: UUID, **changes: Any) -> dict[str, Any]:
    """Give the body of a road project in Hefeng."""
    return {
        "code": "4228282301010001",
        "name": "产业路硬化工程",
        "area_code": "422828101",
        "investment_type": "government",
        "developer_id": str(developer_id),
        "status": "003",
        "category": "05",
        "supervised_since": "2023-01-01",
    } | changes


async def project(session: Session, developer_id: UUID, **changes: Any) -> Project:
    """Register a project."""
    body = ProjectIn.model_validate(project_body(developer_id, **changes))
    made = await actions.projects.register_project(session, NATION, body, clock.now())
    await session.flush()
    return made


def contract_body(project_id: UUID, contractor_id: UUID, **changes: Any) -> dict[str, Any]:
    """Give the body of a works contract of six periods; `labour_cost` changes field by field."""
    labour_cost = {
        "basis": "per_period",
        "amount": "300000.00",
        "first_period": "2023-01",
        "last_period": "2023-06",
        "cycle_months": 1,
        "transfer_day": 25,
        "transfer_month": "same",
        "due_shift": "backwards",
    }
    terms = changes.pop("labour_cost", {})
    return {
        "project_id": str(project_id),
        "number": "HT-1",
        "contractor_id": str(contractor_id),
        "signed_on": "2022-12-20",
        "contract_amount": "9000000.00",
        "labour_cost": None if terms is None else labour_cost | terms,
    } | changes


async def works_contract(
    session: Session, project_id: UUID, contractor_id: UUID, **changes: Any
) -> WorksContract:
    """Enter a works contract."""
    body = WorksContractIn.model_validate(contract_body(project_id, contractor_id, **changes))
    made = await actions.contracts.sign_works_contract(session, NATION, body, clock.now())
    await session.flush()
    return made


def assignment_body(unit_id: UUID, **changes: Any) -> dict[str, Any]:
    """Give the body of a responsible person from January 2023 on."""
    return {
        "name": "项目办主任",
        "post": "主任",
        "unit_id": str(unit_id),
        "role": "responsible_person",
        "from_on": "2023-01-01",
    } | changes


async def assignment(
    session: Session, project_id: UUID, unit_id: UUID, **changes: Any
) -> Assignment:
    """Put a person in charge of a project."""
    body = AssignmentIn.model_validate(assignment_body(unit_id, **changes))
    made = await actions.persons.assign_person(session, NATION, project_id, body, clock.now())
    await session.flush()
    return made


def area_body(unit_id: UUID, reach: str = "area", **changes: Any) -> dict[str, Any]:
    """Give the body of a person in charge of Hefeng, or of a part of it, from January 2023 on."""
    return {
        "area_code": "422828",
        "reach": reach,
        "name": "分管副县长",
        "post": "副县长",
        "unit_id": str(unit_id),
        "from_on": "2023-01-01",
    } | changes


async def area_assignment(
    session: Session, unit_id: UUID, reach: str = "area", **changes: Any
) -> AreaAssignment:
    """Put a person in charge of a part of an area."""
    body = AreaAssignmentIn.model_validate(area_body(unit_id, reach, **changes))
    made = await actions.territories.assign_area(session, NATION, body, clock.now())
    await session.flush()
    return made


def post_body(own_unit_id: UUID, **changes: Any) -> dict[str, Any]:
    """Give the body of a head of a unit from January 2023 on."""
    return {
        "name": "局长甲",
        "post": "局长",
        "unit_id": str(own_unit_id),
        "role": "unit_head",
        "from_on": "2023-01-01",
    } | changes


async def unit_post(session: Session, organisation_id: UUID, **changes: Any) -> UnitPost:
    """Make a person head of a unit."""
    body = UnitPostIn.model_validate(post_body(organisation_id, **changes))
    made = await actions.territories.post_person(
        session, NATION, organisation_id, body, clock.now()
    )
    await session.flush()
    return made


def party_body(organisation_id: UUID, **changes: Any) -> dict[str, Any]:
    """Give the body of a contractor from March 2023 on."""
    return {
        "role": "contractor",
        "organisation_id": str(organisation_id),
        "from_on": "2023-03-01",
    } | changes


async def party(
    session: Session, project_id: UUID, organisation_id: UUID, **changes: Any
) -> ProjectParty:
    """Enter who has a role at a project."""
    body = PartyIn.model_validate(party_body(organisation_id, **changes))
    made = await actions.participation.enter_party(session, NATION, project_id, body, clock.now())
    await session.flush()
    return made


def subcontract_body(awarder_id: UUID, receiver_id: UUID | None, **changes: Any) -> dict[str, Any]:
    """Give the body of a labour subcontract of three millions."""
    return (
        {
            "number": "FB-1",
            "kind": "labour",
            "awarding_id": str(awarder_id),
            "receiver": "organisation" if receiver_id else "crew",
            "works": "路面劳务",
            "amount": "3000000.00",
            "signed_on": "2023-01-05",
            "from_on": "2023-01-10",
            "licence_number": "D342000001",
        }
        | ({"receiving_id": str(receiver_id)} if receiver_id else {"crew": "一班"})
        | changes
    )


async def subcontract(
    session: Session, project_id: UUID, awarder_id: UUID, receiver_id: UUID | None, **changes: Any
) -> Subcontract:
    """Enter a subcontract."""
    body = SubcontractIn.model_validate(subcontract_body(awarder_id, receiver_id, **changes))
    made = await actions.subcontracts.enter_subcontract(
        session, NATION, project_id, body, clock.now()
    )
    await session.flush()
    return made


def caller(subject: str, role: str = "wage_office", *areas: str) -> Caller:
    """Give a person who calls, of Hefeng if not said otherwise."""
    return Caller(subject, frozenset({role}), frozenset(areas or ("422828",)))


def suspension_body(from_on: date, days: int = 30, **changes: Any) -> dict[str, Any]:
    """Give the body of a request to stop a project for so many days."""
    return {
        "reason": "season",
        "explanation": "冬季停工",
        "from_on": str(from_on),
        "until_on": str(from_on + timedelta(days=days - 1)),
    } | changes


async def suspension(
    session: Session, project_id: UUID, from_on: date, days: int = 30, **changes: Any
) -> Suspension:
    """Ask for a project to be stopped."""
    body = SuspensionIn.model_validate(suspension_body(from_on, days, **changes))
    made = await actions.life.request_suspension(
        session, caller("asker"), project_id, body, clock.now()
    )
    await session.flush()
    return made
