"""Subcontracts, the chain that they make, and what of it is flagged."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry import actions, queries
from services.registry.errors import ContractNumberTaken, RegistrationRefused, SubcontractUnknown
from services.registry.models import Organisation, Project, Subcontract
from services.registry.rules import chain
from services.registry.rules.chain import Receiver, SubcontractKind
from services.registry.schemas.subcontracts import SubcontractPatch
from shared import clock
from shared.areas import Scope
from shared.db import Session
from tests.fixtures.service import Time
from tests.registry import factories
from tests.registry.factories import NATION

TODAY = date(2023, 4, 10)
NOW = clock.at(TODAY, 9)
CONTRACTOR, ONE, TWO = uuid4(), uuid4(), uuid4()
CONTRACT = Decimal(9_000_000)


# ---- the rules -----------------------------------------------------------------------------


@dataclass(frozen=True)
class L:
    kind: SubcontractKind = SubcontractKind.SPECIALIST
    awarding_id: UUID = CONTRACTOR
    receiver: Receiver = Receiver.ORGANISATION
    receiving_id: UUID | None = ONE
    amount: Decimal = Decimal(1_000_000)
    parent_id: UUID | None = None
    whole_works: bool = False
    main_structure: bool = False
    includes_materials: bool = False
    licence_number: str | None = "D1"
    licence_until: date | None = None
    signed_on: date = date(2023, 1, 5)
    number: str = "FB"
    id: UUID = field(default_factory=uuid4)


PLAIN = L()
LABOUR = L(kind=SubcontractKind.LABOUR)


def codes(links: list[L]) -> list[str]:
    return [one.code for one in chain.flags(links, CONTRACTOR, CONTRACT)]


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([PLAIN], []),
        ([LABOUR], []),
        ([replace(PLAIN, whole_works=True)], ["WholeWorksPassedOn"]),
        ([replace(PLAIN, amount=CONTRACT)], ["HandedToOne"]),
        ([replace(PLAIN, amount=CONTRACT - Decimal("0.01"))], []),
        ([replace(PLAIN, amount=CONTRACT / 2), replace(LABOUR, amount=CONTRACT / 2)],
         ["HandedToOne"]),
        ([replace(PLAIN, amount=CONTRACT / 2), L(receiving_id=TWO, amount=CONTRACT / 2)],
         ["SplitAndPassedOn"]),
        ([L(receiver=Receiver.PERSON, receiving_id=None)], ["ToPerson"]),
        ([replace(PLAIN, licence_number=None)], ["ToUnlicensed"]),
        ([replace(PLAIN, licence_until=date(2023, 1, 4))], ["ToUnlicensed"]),
        ([replace(PLAIN, licence_until=date(2023, 1, 5))], []),
        ([replace(PLAIN, main_structure=True)], ["MainStructure"]),
        ([replace(LABOUR, includes_materials=True)], ["LabourWithMaterials"]),
        ([LABOUR, L(kind=SubcontractKind.LABOUR, awarding_id=ONE, receiving_id=TWO,
                    parent_id=LABOUR.id)], ["LabourPassedOn"]),
        ([LABOUR, L(kind=SubcontractKind.LABOUR_SERVICE, awarding_id=ONE, receiving_id=None,
                    receiver=Receiver.CREW, parent_id=LABOUR.id)], []),
        ([PLAIN, L(awarding_id=ONE, receiving_id=TWO, parent_id=PLAIN.id)],
         ["SpecialistPassedOn"]),
        ([PLAIN, L(kind=SubcontractKind.LABOUR, awarding_id=ONE, receiving_id=TWO,
                   parent_id=PLAIN.id)], []),
    ],
)  # fmt: skip
def test_each_rule_flags_what_it_is_about_and_nothing_else(
    links: list[L], expected: list[str]
) -> None:
    assert codes(links) == expected


def test_a_flag_names_its_contracts_and_articles() -> None:
    [flag] = chain.flags([L(receiver=Receiver.PERSON, receiving_id=None)], CONTRACTOR, CONTRACT)
    assert "第724号第三十六条" in flag.basis
    assert flag.breach is chain.Breach.ILLEGAL_SUBCONTRACTING
    [sublet] = chain.flags([replace(PLAIN, whole_works=True)], CONTRACTOR, CONTRACT)
    assert (sublet.breach, sublet.subcontract_ids) == (chain.Breach.SUBLETTING, (PLAIN.id,))
    assert "第724号第三十条" in sublet.basis


@given(
    st.lists(
        st.tuples(st.sampled_from([ONE, TWO]), st.integers(1, 10_000_000)), min_size=1, max_size=6
    )
)
def test_the_whole_is_passed_on_exactly_when_the_sums_reach_the_contract(
    parts: list[tuple[UUID, int]],
) -> None:
    links = [L(receiving_id=to, amount=Decimal(amount)) for to, amount in parts]
    sums = {to: sum(one.amount for one in links if one.receiving_id == to) for to in (ONE, TWO)}
    found = codes(links)
    assert found.count("HandedToOne") == sum(each >= CONTRACT for each in sums.values())
    split = sum(sums.values()) >= CONTRACT and max(sums.values()) < CONTRACT
    assert ("SplitAndPassedOn" in found) is split


# ---- in the database -----------------------------------------------------------------------


@pytest.fixture
async def labour(session: Session, time: Time) -> Organisation:
    time.move_to(NOW)
    await factories.areas(session)
    return await factories.organisation(session, 31, "subcontractor", name="劳务公司")


@pytest.fixture
async def project(session: Session, labour: Organisation) -> Project:
    developer = await factories.developer(session)
    contractor = await factories.contractor(session)
    made = await factories.project(session, developer.id)
    await factories.works_contract(session, made.id, contractor.id)
    return made


def places(refused: pytest.ExceptionInfo[RegistrationRefused]) -> list[tuple[str, str]]:
    return [(finding.place, finding.code) for finding in refused.value.errors]


async def passed_on(
    session: Session, project: Project, to: Organisation | None, **changes: Any
) -> Subcontract:
    assert project.contractor_id
    return await factories.subcontract(
        session, project.id, project.contractor_id, to.id if to else None, **changes
    )


async def test_the_chain_goes_from_developer_to_crew(
    session: Session, project: Project, labour: Organisation
) -> None:
    own = await passed_on(session, project, labour)
    crew = await passed_on(
        session, project, None, number="LW-1", kind="labour_service", parent_id=str(own.id),
        awarding_id=str(labour.id), amount="500000.00",
    )  # fmt: skip
    found = await queries.subcontracts.chain(session, project.id, NATION, TODAY)
    assert (found.developer.name, found.contractor and found.contractor.name) == (
        "县交通运输局", "建始路桥公司",
    )  # fmt: skip
    [link] = found.links
    assert (link.subcontract.id, link.receiving and link.receiving.name) == (own.id, "劳务公司")
    assert [(one.subcontract.id, one.subcontract.crew) for one in link.children] == [
        (crew.id, "一班")
    ]
    assert (found.contract_amount, found.flags) == (Decimal("9000000.00"), [])


async def test_what_breaks_the_law_is_entered_and_flagged(
    session: Session, project: Project, labour: Organisation
) -> None:
    await passed_on(session, project, labour, kind="specialist", amount="9000000", whole_works=True)
    found = await queries.subcontracts.chain(session, project.id, NATION, TODAY)
    assert [one.code for one in found.flags] == ["WholeWorksPassedOn", "HandedToOne"]
    before = await queries.subcontracts.chain(session, project.id, NATION, date(2023, 1, 9))
    assert (before.links, before.flags) == ([], [])


async def test_a_contract_that_hangs_on_nothing_is_refused_with_all_findings(
    session: Session, project: Project, labour: Organisation
) -> None:
    with pytest.raises(RegistrationRefused) as refused:
        await passed_on(
            session, project, None, awarding_id=str(labour.id), amount="0",
            receiving_id=str(labour.id), until_on="2023-01-01",
        )  # fmt: skip
    assert places(refused) == [
        ("amount", "AmountNotPositive"), ("until_on", "EndsBeforeStart"),
        ("receiving_id", "NotOfThisReceiver"), ("receiving_id", "SameUnit"),
        ("awarding_id", "NotInTheChain"),
    ]  # fmt: skip
    with pytest.raises(RegistrationRefused) as refused:
        await passed_on(session, project, labour, parent_id=str(uuid4()))
    assert places(refused) == [("parent_id", "ParentUnknown")]


async def test_the_same_number_is_the_first_and_an_ended_one_leaves_the_chain(
    session: Session, project: Project, labour: Organisation
) -> None:
    own = await passed_on(session, project, labour)
    assert await passed_on(session, project, labour) is own
    with pytest.raises(ContractNumberTaken):
        await passed_on(session, project, labour, amount="1.00")
    body = SubcontractPatch(version=1, until_on=date(2023, 3, 31))
    with pytest.raises(SubcontractUnknown):
        await actions.subcontracts.end_subcontract(
            session, Scope(frozenset({"422822"})), own.id, body, NOW
        )
    await actions.subcontracts.end_subcontract(session, NATION, own.id, body, NOW)
    await session.flush()
    found = await queries.subcontracts.chain(session, project.id, NATION, TODAY)
    assert found.links == []
