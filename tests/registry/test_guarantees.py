"""Guarantees of wages have a least term, and last as long as the contract (65号 art. 16-18)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from services.registry.rules import guarantees
from services.registry.rules.deposits import SecurityForm, SecurityPurpose
from shared.workdays import months_after
from tests.contracts.access.deposits import RULE
from tests.fixtures.service import Time
from tests.registry import factories
from tests.registry.factories import Post
from tests.registry.systems import BEGINS

DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
SECURITIES = "/registry/v1/securities"
GUARANTEE = {
    "purpose": "deposit", "form": "bank_guarantee", "number": "BH-1", "issuer": "银行甲",
    "amount": "120000.00", "valid_from": "2023-04-20", "valid_until": "2024-04-19",
}  # fmt: skip
office = pytest.mark.caller("wage_office", areas=["422828"])


@given(DAYS, st.integers(1, 120))
def test_a_term_of_so_many_months_ends_the_day_before_the_same_day(day: date, months: int) -> None:
    until = guarantees.term_until(day, months)
    assert until + timedelta(days=1) == months_after(day, months)
    assert guarantees.terms_short(until, until, None) == []
    [short] = guarantees.terms_short(until - timedelta(days=1), until, None)
    assert (short.code, short.until) == ("TermShort", until)
    assert until.isoformat() in short.zh


@given(DAYS, st.none() | DAYS, st.none() | DAYS)
def test_a_guarantee_is_too_short_for_each_day_that_it_does_not_reach(
    until: date, term: date | None, contract: date | None
) -> None:
    found = [one.until for one in guarantees.terms_short(until, term, contract)]
    assert found == [day for day in (term, contract) if day and day > until]
    assert guarantees.terms_short(None, term, contract) == []


@pytest.mark.parametrize("form", SecurityForm)
@pytest.mark.parametrize("purpose", SecurityPurpose)
def test_only_guarantees_of_wages_have_a_least_term(
    purpose: SecurityPurpose, form: SecurityForm
) -> None:
    assert guarantees.has_term(purpose, form) is (
        purpose.value == "deposit" and form.value != "cash"
    )


@pytest.fixture
async def body(
    project: dict[str, Any], contractor: dict[str, Any], time: Time, post: Post
) -> Callable[..., dict[str, Any]]:
    """Sign a contract until June 2023 on 20 April; give a way to make bodies of supplements."""
    time.move_to(BEGINS)
    said = factories.contract_body(
        UUID(project["id"]), UUID(contractor["id"]), signed_on="2023-04-20"
    )
    contract = await post("works-contracts", said)

    def supplement(last_period: str) -> dict[str, Any]:
        cost = said["labour_cost"] | {"last_period": last_period}
        del cost["first_period"]
        path = f"works-contracts/{contract['id']}/supplements"
        days = {"signed_on": "2023-04-20", "valid_from": "2023-05"}
        terms = {"contract_amount": "9000000.00", "labour_cost": cost}
        return {"path": path, "body": {"number": "BC-1", **days, **terms}}

    return supplement


def said_of(security: dict[str, Any]) -> list[tuple[str, str]]:
    """Give the warnings of a security: their codes and days."""
    return [(one["code"], one["until"]) for one in security["warnings"]]


@office
async def test_a_guarantee_that_is_too_short_is_taken_with_a_warning_and_listed(
    body: Callable[..., dict[str, Any]], project: dict[str, Any], post: Post, client: AsyncClient
) -> None:
    path = f"projects/{project['id']}/securities"
    year = await post(path, GUARANTEE)
    assert said_of(year) == []
    short = await post(path, GUARANTEE | {"number": "BH-2", "valid_until": "2023-06-29"})
    assert said_of(short) == [("TermShort", "2024-04-19"), ("ShorterThanContract", "2023-06-30")]
    assert "请展期或更换" in short["warnings"][0]["zh"]
    cash = GUARANTEE | {"number": "CK-1", "form": "cash", "valid_until": None}
    assert said_of(await post(path, cash)) == []
    developer = GUARANTEE | {"purpose": "payment_guarantee", "valid_until": "2023-05-01"}
    assert said_of(await post(path, developer)) == []

    async def listed(*, short_term: bool) -> list[str]:
        found = await client.get(SECURITIES, params={"short_term": short_term})
        return [one["id"] for one in found.json()["items"]]

    assert await listed(short_term=True) == [short["id"]]
    assert len(await listed(short_term=False)) == 3
    # The contract is to last longer than a year now, and so has the guarantee to.
    longer = body("2024-04")
    await post(longer["path"], longer["body"])
    assert await listed(short_term=True) == [year["id"], short["id"]]
    [again, _, *_] = (await client.get(SECURITIES)).json()["items"]
    assert (said_of(again), again["version"]) == ([("ShorterThanContract", "2024-04-30")], 2)
    await post(path, GUARANTEE | {"number": "BH-3", "valid_until": "2024-04-30",
                                  "replaces": short["id"]})  # fmt: skip
    assert await listed(short_term=True) == [year["id"]], "what is replaced is no warning"


@office
async def test_the_least_term_is_that_of_the_area_on_the_day_on_which_it_begins(
    body: Callable[..., dict[str, Any]], project: dict[str, Any], post: Post
) -> None:
    path = f"projects/{project['id']}/securities"
    rule = RULE | {"area_code": "422828", "guarantee_months": 18, "valid_from": "2023-04-20"}
    assert (await post("deposit-rules", rule))["guarantee_months"] == 18
    before = await post(path, GUARANTEE | {"valid_from": "2023-04-19"})
    assert said_of(before) == []
    since = await post(path, GUARANTEE | {"number": "BH-2"})
    assert said_of(since) == [("TermShort", "2024-10-19")]
