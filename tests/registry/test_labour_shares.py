"""The share of labour cost that an area takes where a contract names none (53号 art. 5)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from services.registry.rules import labour_shares
from services.registry.rules.contracts import LabourCostBasis, LabourCostTerms, TransferMonth
from services.registry.rules.labour_shares import Guide
from shared import clock
from shared.events.registry import WorksContractSigned, WorksContractSupplemented
from shared.workdays import DueShift
from tests.fixtures.service import Published, Time, Token
from tests.registry import factories
from tests.registry.factories import Post
from tests.registry.test_imports import ROW, everything, listed, send

CONTRACTS = "/registry/v1/works-contracts"
SHARE = {
    "area_code": "422828", "valid_from": "2022-01-01", "share": "25.00",
    "basis": "县政府办通知", "certainty": "B",
}  # fmt: skip
SILENT: dict[str, Any] = {"basis": "share", "amount": None}
office = pytest.mark.caller("wage_office", areas=["422828"])


@pytest.fixture
def body(project: dict[str, Any], contractor: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """Give a way to make the body of a contract of 9 000 000.00 over six periods."""

    def made(**terms: Any) -> dict[str, Any]:
        number = terms.pop("number", "HT-1")
        return factories.contract_body(
            UUID(project["id"]), UUID(contractor["id"]), number=number, labour_cost=terms
        )

    return made


@office
async def test_the_area_s_share_is_taken_where_a_contract_names_none(
    body: Callable[..., dict[str, Any]], post: Post, client: AsyncClient, published: Published
) -> None:
    refused = await client.post(CONTRACTS, json=body(**SILENT))
    assert [one["code"] for one in refused.json()["errors"]] == ["ShareMissing"]
    await post("labour-shares", SHARE)
    made = await client.post(CONTRACTS, json=body(**SILENT))
    assert made.status_code == 201
    shown = made.json()
    assert (shown["labour_cost"]["share"], shown["share_by_guide"]) == ("25.00", True)
    assert (shown["labour_share"], shown["guide_share"], shown["below_guide"]) == (
        "25.00", "25.00", False,
    )  # fmt: skip
    [told] = await published(None, WorksContractSigned)
    assert told.share == Decimal("25.00")
    # Another share of the area changes no contract, and the same contract again is the first.
    await post("labour-shares", SHARE | {"share": "28.00"})
    again = await client.post(CONTRACTS, json=body(**SILENT))
    assert again.json() == shown
    assert (await client.post(CONTRACTS, json=body(**SILENT, share="25.00"))).json() == shown
    other = await client.post(CONTRACTS, json=body(**SILENT, share="26.00"))
    assert other.json()["type"] == "/problems/contract-number-taken"


@office
async def test_a_share_that_is_to_be_verified_warns_and_is_taken_for_no_contract(
    body: Callable[..., dict[str, Any]], post: Post, client: AsyncClient
) -> None:
    await post("labour-shares", SHARE | {"certainty": "C"})
    refused = await client.post(CONTRACTS, json=body(**SILENT))
    assert [one["code"] for one in refused.json()["errors"]] == ["ShareMissing"]
    low = (await client.post(CONTRACTS, json=body(**SILENT, share="24.99"))).json()
    assert (low["share_by_guide"], low["below_guide"]) == (False, True)


@office
async def test_contracts_below_the_area_s_share_are_found(
    body: Callable[..., dict[str, Any]], post: Post, client: AsyncClient, time: Time
) -> None:
    await post("labour-shares", SHARE | {"share": "20.00"})
    # 300 000.00 over six periods are 20 % of the contract, in all 1 799 550.00 are 19.995 %.
    for number, terms in (
        ("A", {}), ("B", {"amount": "299999.00"}),
        ("C", {"basis": "total", "amount": "1799549.00"}),
        ("D", {"basis": "total", "amount": "1799550.00"}), ("E", SILENT | {"share": "19.99"}),
        ("F", SILENT | {"share": "20.00"}),
    ):  # fmt: skip
        made = await client.post(CONTRACTS, json=body(number=number, **terms))
        assert made.status_code == 201, made.text
    for asked, numbers in (("true", "CE"), ("false", "ABDF")):
        page = (await client.get(CONTRACTS, params={"below_guide": asked})).json()["items"]
        assert sorted(one["number"] for one in page) == [*numbers]
        assert {one["below_guide"] for one in page} == {asked == "true"}


@office
async def test_a_supplement_that_names_none_takes_the_share_of_its_own_day(
    body: Callable[..., dict[str, Any]],
    post: Post,
    client: AsyncClient,
    time: Time,
    published: Published,
) -> None:
    time.move_to(clock.at(date(2023, 4, 10), 9))
    await post("labour-shares", SHARE)
    await post("labour-shares", SHARE | {"share": "28.00", "valid_from": "2023-04-01"})
    made = (await client.post(CONTRACTS, json=body(**SILENT))).json()
    assert made["labour_share"] == "25.00"
    said = {
        "number": "BC-1", "signed_on": "2023-04-08", "valid_from": "2023-05",
        "contract_amount": "9900000.00",
        "labour_cost": {"basis": "share", "last_period": "2023-06", "transfer_day": 25},
    }  # fmt: skip
    path = f"{CONTRACTS}/{made['id']}/supplements"
    first = await client.post(path, json=said)
    assert (first.status_code, first.json()["labour_cost"]["share"]) == (201, "28.00")
    assert (await client.post(path, json=said)).json() == first.json()
    [told] = await published(None, WorksContractSupplemented)
    assert (told.share, told.valid_from) == (Decimal("28.00"), "2023-05")
    # As signed it stays, and is found by its first number as it was.
    versions = (await client.get(f"{CONTRACTS}/{made['id']}/versions")).json()["items"]
    assert [(one["guide_share"], one["share_by_guide"]) for one in versions] == [
        ("25.00", True), ("28.00", True),
    ]  # fmt: skip
    assert (await client.post(CONTRACTS, json=body(**SILENT))).json()["version"] == 2


@office
async def test_a_list_of_projects_may_leave_the_share_to_the_area(
    tree: None, post: Post, client: AsyncClient
) -> None:
    silent = ROW | {"人工费约定方式": "占合同价比例", "人工费金额": ""}
    refused = await send(client, listed([silent]))
    assert [one["code"] for one in refused.json()["errors"]] == ["ShareMissing"]
    await post("labour-shares", SHARE)
    done = (await send(client, listed([silent]))).json()
    assert (done["state"], done["entered"]) == ("imported", 1)
    (contract,) = await everything(client, "works-contracts")
    assert (contract["labour_share"], contract["share_by_guide"]) == ("25.00", True)


async def test_the_nearest_area_counts_and_yunnan_s_share_is_there(
    tree: None, post: Post, client: AsyncClient, token: Token
) -> None:
    nation = token("operator")
    listed_ = (await client.get("/registry/v1/labour-shares", headers=nation)).json()["items"]
    assert [(one["area_code"], one["share"], one["certainty"]) for one in listed_] == [
        ("53", "25.00", "B")
    ]
    first = await post("labour-shares", SHARE)
    assert await post("labour-shares", SHARE) == first
    second = await post("labour-shares", SHARE | {"share": "30.00"})
    assert (first["version"], second["version"]) == (1, 2)
    for share in ("0.00", "100.01"):
        answer = await client.post(
            "/registry/v1/labour-shares", json=SHARE | {"share": share}, headers=nation
        )
        assert [one["code"] for one in answer.json()["errors"]] == ["ShareOutOfRange"]


TERMS = LabourCostTerms(
    LabourCostBasis.SHARE, None, None, "2023-01", "2023-06", 1, 25, TransferMonth.SAME,
    DueShift.BACKWARDS,
)  # fmt: skip
PER_CENT = st.decimals(Decimal("0.01"), Decimal(100), places=2)


@given(st.none() | PER_CENT, PER_CENT, st.sampled_from("ABC"))
def test_what_a_contract_names_is_never_replaced(
    share: Decimal | None, guide: Decimal, certainty: str
) -> None:
    terms = LabourCostTerms(**{**_fields(TERMS), "share": share})
    row = Guide("53", 1, date(2021, 7, 7), guide, certainty)
    found = labour_shares.filled(terms, row)
    expected = guide if share is None and certainty != "C" else share
    assert found == LabourCostTerms(**{**_fields(TERMS), "share": expected})
    assert labour_shares.fills(terms, row) == (found != terms)
    assert labour_shares.filled(terms, None) == terms


def _fields(terms: LabourCostTerms) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in LabourCostTerms.__dataclass_fields__}
