"""Works contracts and responsible persons: rows and events out."""

from datetime import date
from uuid import uuid4

import pytest

from services.registry import actions, queries
from services.registry.errors import (
    AssignmentTaken,
    ContractNumberTaken,
    ProjectUnknown,
    RegistrationRefused,
)
from services.registry.models import Assignment
from services.registry.schemas.contracts import WorksContractIn
from services.registry.schemas.persons import AssignmentFilter, AssignmentPatch
from services.registry.schemas.projects import ProjectFilter
from shared import clock
from shared.areas import Scope
from shared.db import Session
from shared.events.registry import (
    PersonAssigned,
    ProjectChanged,
    WorksContractSigned,
)
from shared.problems import Problem, Stale
from tests.fixtures.service import Published
from tests.registry import factories
from tests.registry.factories import COUNTY, NATION

NOW = clock.at(date(2023, 1, 10), 9)
NEIGHBOUR = Scope(frozenset({"422822"}))


def codes(refused: pytest.ExceptionInfo[Problem]) -> list[tuple[str, str]]:
    return [(finding.place, finding.code) for finding in refused.value.errors]


async def test_a_works_contract_is_told_with_its_terms_and_names_the_contractor(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    contractor = await factories.contractor(session)
    project = await factories.project(session, developer.id)
    contract = await factories.works_contract(session, project.id, contractor.id)
    *_, changed, signed = await published(session, ProjectChanged, WorksContractSigned)
    assert isinstance(changed, ProjectChanged)
    assert changed.project.contractor_name == "建始路桥公司"
    assert isinstance(signed, WorksContractSigned)
    assert signed.project == changed.project
    assert (signed.works_contract_id, signed.contractor_id) == (contract.id, contractor.id)
    body = factories.contract_body(project.id, contractor.id)
    terms = signed.model_dump(mode="json")
    assert terms["labour_cost"] == body["labour_cost"]["amount"]
    assert terms["contract_amount"] == body["contract_amount"]
    for name in ("basis", "first_period", "last_period", "transfer_day", "transfer_month"):
        assert terms[name] == body["labour_cost"][name]
    assert terms["share"] is None


async def test_the_same_contract_again_is_the_first_and_another_content_is_refused(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    contractor = await factories.contractor(session)
    project = await factories.project(session, developer.id)
    first = await factories.works_contract(session, project.id, contractor.id)
    same = await factories.works_contract(
        session, project.id, contractor.id, contract_amount="9000000"
    )
    assert same.id == first.id
    with pytest.raises(ContractNumberTaken) as refused:
        await factories.works_contract(
            session, project.id, contractor.id, labour_cost={"transfer_day": 28}
        )
    assert refused.value.extra == {"works_contract_id": str(first.id)}
    assert len(await published(session, WorksContractSigned)) == 1


async def test_a_contract_s_findings_come_at_once_with_their_articles(session: Session) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    contractor = await factories.contractor(session)
    project = await factories.project(session, developer.id, contractor_id=str(contractor.id))
    with pytest.raises(RegistrationRefused) as refused:
        await factories.works_contract(session, project.id, developer.id, labour_cost=None)
    assert codes(refused) == [
        ("labour_cost", "LabourCostMissing"),
        ("contractor_id", "RoleMissing"),
        ("contractor_id", "ContractorDiffers"),
    ]
    with pytest.raises(RegistrationRefused) as refused:
        await factories.works_contract(
            session, project.id, contractor.id, labour_cost={"cycle_months": 2}
        )
    assert codes(refused) == [("labour_cost.cycle_months", "CycleTooLong")]


async def test_a_contract_of_a_foreign_project_is_refused(session: Session) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    contractor = await factories.contractor(session)
    project = await factories.project(session, developer.id)
    body = WorksContractIn.model_validate(factories.contract_body(project.id, contractor.id))
    with pytest.raises(ProjectUnknown):
        await actions.contracts.sign_works_contract(session, NEIGHBOUR, body, NOW)


async def test_a_person_is_the_same_at_every_project_and_told_by_id_only(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    one = await factories.project(session, developer.id)
    two = await factories.project(session, developer.id, code="B")
    first = await factories.assignment(session, one.id, developer.id)
    second = await factories.assignment(session, two.id, developer.id)
    told = await published(session, PersonAssigned)
    assert first.person_id == second.person_id
    assert [event.project_id for event in told] == [one.id, two.id]
    assert told[0].area_code == "422828101"
    assert first.name not in str([event.model_dump() for event in told])


async def test_the_same_assignment_again_is_the_first_and_another_end_is_refused(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    project = await factories.project(session, developer.id)
    first = await factories.assignment(session, project.id, developer.id)
    assert (await factories.assignment(session, project.id, developer.id)).id == first.id
    with pytest.raises(AssignmentTaken):
        await factories.assignment(session, project.id, developer.id, until_on="2023-05-01")
    assert len(await published(session, PersonAssigned)) == 1


async def test_an_assignment_s_findings_come_at_once(session: Session) -> None:
    await factories.areas(session)
    project = await factories.project(session, (await factories.developer(session)).id)
    with pytest.raises(RegistrationRefused) as refused:
        await factories.assignment(session, project.id, uuid4(), until_on="2022-01-01")
    assert codes(refused) == [
        ("until_on", "EndsBeforeStart"),
        ("unit_id", "OrganisationUnknown"),
    ]


async def _end(session: Session, row: Assignment, until_on: date, version: int) -> Assignment:
    body = AssignmentPatch(version=version, until_on=until_on)
    made = await actions.persons.end_assignment(
        session, NATION, body, NOW, project_id=row.project_id, assignment_id=row.id
    )
    await session.flush()
    return made


async def test_an_assignment_that_ends_is_told_again_and_stays_as_history(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    project = await factories.project(session, developer.id)
    old = await factories.assignment(session, project.id, developer.id)
    await _end(session, old, date(2023, 3, 31), 1)
    await factories.assignment(
        session, project.id, developer.id, post="副主任", from_on="2023-04-01"
    )
    assert (await published(session, PersonAssigned))[1].until_on == date(2023, 3, 31)
    posts_on = {"2022-12-31": [], "2023-03-31": ["主任"], "2023-04-01": ["副主任"]}
    for day, posts in (posts_on | {None: ["主任", "副主任"]}).items():
        found = await queries.persons.assignments(
            session, project.id, COUNTY, AssignmentFilter.model_validate({"on": day}),
            cursor=None, limit=10,
        )  # fmt: skip
        assert [row.post for row in found.items] == posts
    with pytest.raises(Stale):
        await _end(session, old, date(2023, 4, 30), 1)
    with pytest.raises(RegistrationRefused):
        await _end(session, old, date(2022, 4, 30), 2)


async def _unassigned(session: Session, on: str) -> list[str]:
    wanted = ProjectFilter.model_validate({"nobody_in_charge_on": on})
    found = await queries.projects.projects(
        session, NATION, wanted, cursor=None, changed_after=None, limit=50
    )
    return [row.code for row in found.items]


async def test_a_project_with_nobody_in_charge_on_a_day_is_listed(session: Session) -> None:
    await factories.areas(session)
    developer = await factories.developer(session)
    project = await factories.project(session, developer.id, code="A")
    await factories.project(session, developer.id, code="B", status="004")
    await factories.assignment(session, project.id, developer.id, role="wage_officer")
    person = await factories.assignment(session, project.id, developer.id, from_on="2023-02-01")
    await _end(session, person, date(2023, 3, 31), 1)
    assert await _unassigned(session, "2023-01-31") == ["A"]
    assert await _unassigned(session, "2023-02-01") == []
    assert await _unassigned(session, "2023-03-31") == []
    assert await _unassigned(session, "2023-04-01") == ["A"]
