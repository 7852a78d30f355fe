"""Supplements of works contracts: versions by period, and what they may not change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry import actions, queries
from services.registry.errors import (
    RegistrationRefused,
    SupplementNumberTaken,
    WorksContractUnknown,
)
from services.registry.models import ContractVersion, WorksContract
from services.registry.rules import supplements
from services.registry.schemas.contracts import SupplementIn
from shared import clock
from shared.areas import Scope
from shared.db import Session
from shared.events.registry import WorksContractSupplemented
from tests.fixtures.service import Published, Time
from tests.registry import factories
from tests.registry.factories import COUNTY, NATION

NOW = clock.at(date(2023, 4, 10), 9)


@dataclass(frozen=True)
class V:
    version: int
    valid_from: str


PERIODS = [f"2023-{month:02}" for month in range(1, 13)]
histories = st.lists(st.sampled_from(PERIODS), min_size=1, max_size=8).map(
    lambda begins: [V(number, begin) for number, begin in enumerate(begins, 1)]
)


# ---- the rule ------------------------------------------------------------------------------


@given(histories)
def test_a_version_overwrites_its_own_period_and_all_after_it(history: Sequence[V]) -> None:
    written: dict[str, V] = {}
    for one in history:
        written |= {period: one for period in PERIODS if period >= one.valid_from}
    assert {p: supplements.in_force(history, p) for p in PERIODS} == {
        p: written.get(p) for p in PERIODS
    }


@given(histories, st.sampled_from(PERIODS))
def test_a_new_version_leaves_the_periods_before_it_alone(history: list[V], begins: str) -> None:
    new = V(len(history) + 1, begins)
    for period in PERIODS:
        expected = new if period >= begins else supplements.in_force(history, period)
        assert supplements.in_force([*history, new], period) == expected


@given(histories.flatmap(lambda all_: st.tuples(st.just(all_), st.permutations(all_))))
def test_the_order_in_which_versions_are_read_does_not_matter(
    both: tuple[list[V], list[V]],
) -> None:
    history, mixed = both
    for period in PERIODS:
        assert supplements.in_force(mixed, period) == supplements.in_force(history, period)


# ---- entering it ---------------------------------------------------------------------------


def supplement_body(**changes: Any) -> dict[str, Any]:
    terms = {
        "basis": "share",
        "share": "25.00",
        "last_period": "2023-09",
        "transfer_day": 28,
        "progress_basis": "stages",
        "measuring_months": 1,
        "pay_cycle": "month",
        "pay_day": 15,
    }
    return {
        "number": "BC-1",
        "signed_on": "2023-04-08",
        "valid_from": "2023-05",
        "contract_amount": "12000000.00",
        "labour_cost": terms | changes.pop("labour_cost", {}),
    } | changes


async def supplement(session: Session, contract: WorksContract, **changes: Any) -> ContractVersion:
    body = SupplementIn.model_validate(supplement_body(**changes))
    return await actions.contracts.supplement_works_contract(
        session, COUNTY, contract.id, body, NOW
    )


@pytest.fixture
async def contract(session: Session, time: Time) -> WorksContract:
    time.move_to(clock.at(date(2023, 1, 10), 9))
    await factories.areas(session)
    developer = await factories.developer(session)
    contractor = await factories.contractor(session)
    project = await factories.project(session, developer.id)
    made = await factories.works_contract(session, project.id, contractor.id)
    time.move_to(NOW)
    return made


def codes(refused: pytest.ExceptionInfo[RegistrationRefused]) -> list[tuple[str, str]]:
    return [(finding.place, finding.code) for finding in refused.value.errors]


async def test_a_supplement_is_told_with_its_terms_and_the_period_from_which_they_hold(
    session: Session, contract: WorksContract, published: Published
) -> None:
    made = await supplement(session, contract)
    [told] = await published(session, WorksContractSupplemented)
    assert isinstance(told, WorksContractSupplemented)
    assert (told.version, told.valid_from, told.signed_on) == (2, "2023-05", date(2023, 4, 8))
    assert (told.basis, told.share, told.labour_cost) == ("share", Decimal("25.00"), None)
    assert (told.first_period, told.last_period) == ("2023-01", "2023-09")
    assert (told.pay_cycle, told.pay_day, told.progress_basis) == ("month", 15, "stages")
    assert (made.version, contract.version) == (2, 2)
    assert contract.contract_amount == Decimal("12000000.00")


async def test_each_period_has_the_version_that_holds_for_it(
    session: Session, contract: WorksContract
) -> None:
    await supplement(session, contract)
    await session.flush()
    for period, number in (("2023-01", 1), ("2023-04", 1), ("2023-05", 2), ("2023-09", 2)):
        found = await queries.contracts.versions(session, contract.id, COUNTY, period)
        assert [row.version for row in found.items] == [number]
    before = await queries.contracts.versions(session, contract.id, COUNTY, "2022-12")
    assert before.items == []
    first, second = (await queries.contracts.versions(session, contract.id, COUNTY)).items
    assert first.labour_cost.amount == Decimal("300000.00")
    assert second.labour_cost.share == Decimal("25.00")


async def test_a_period_that_is_over_keeps_its_terms(
    session: Session, contract: WorksContract
) -> None:
    with pytest.raises(RegistrationRefused) as refused:
        await supplement(session, contract, valid_from="2023-03")
    assert codes(refused) == [("valid_from", "PeriodClosed")]
    assert "2023-04" in refused.value.errors[0].detail.zh
    assert await supplement(session, contract, valid_from="2023-04")


async def test_a_month_ends_at_midnight_in_china(session: Session, contract: WorksContract) -> None:
    body = SupplementIn.model_validate(supplement_body(valid_from="2023-04"))
    last = clock.day_end(date(2023, 4, 30))
    with pytest.raises(RegistrationRefused):
        await actions.contracts.supplement_works_contract(session, COUNTY, contract.id, body, last)


async def test_all_findings_of_a_supplement_come_at_once(
    session: Session, contract: WorksContract
) -> None:
    with pytest.raises(RegistrationRefused) as refused:
        await supplement(
            session,
            contract,
            signed_on="2022-12-01",
            valid_from="2023-10",
            labour_cost={"transfer_day": 32, "pay_day": None, "measuring_months": 0},
        )
    assert codes(refused) == [
        ("labour_cost.transfer_day", "TransferDayWrong"),
        ("labour_cost.measuring_months", "MeasuringCycleWrong"),
        ("labour_cost.pay_day", "PayDayMissing"),
        ("signed_on", "SignedBeforeContract"),
        ("labour_cost.last_period", "EndsBeforeItHolds"),
    ]


async def test_the_same_supplement_again_is_the_first_even_when_its_period_is_over(
    session: Session, contract: WorksContract, published: Published
) -> None:
    made = await supplement(session, contract)
    await session.flush()
    body = SupplementIn.model_validate(supplement_body())
    later = clock.at(date(2023, 8, 1), 9)
    again = await actions.contracts.supplement_works_contract(
        session, COUNTY, contract.id, body, later
    )
    assert again is made
    assert len(await published(session, WorksContractSupplemented)) == 1
    with pytest.raises(SupplementNumberTaken):
        await supplement(session, contract, valid_from="2023-06")
    with pytest.raises(RegistrationRefused) as refused:
        await supplement(session, contract, number="BC-2")
    assert codes(refused) == [("labour_cost", "NothingChanged")]


async def test_the_contract_as_signed_entered_again_is_the_first(
    session: Session, contract: WorksContract
) -> None:
    await supplement(session, contract)
    await session.flush()
    again = await factories.works_contract(session, contract.project_id, contract.contractor_id)
    assert again is contract


async def test_a_contract_of_another_area_cannot_be_supplemented(
    session: Session, contract: WorksContract
) -> None:
    body = SupplementIn.model_validate(supplement_body())
    elsewhere = Scope(frozenset({"422822"}))
    with pytest.raises(WorksContractUnknown):
        await actions.contracts.supplement_works_contract(
            session, elsewhere, contract.id, body, NOW
        )
    left = await queries.contracts.versions(session, contract.id, NATION)
    assert [row.version for row in left.items] == [1]
