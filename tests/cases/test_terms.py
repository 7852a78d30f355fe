"""Areas lay their own terms of orders, more time and closings by hand over the nation's."""

from datetime import date
from typing import Any

import pytest
from httpx import AsyncClient

from services.cases import queries
from services.cases.rules.items import WatchKind
from shared.db import Session
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, an_id, at
from tests.fixtures.service import Time

TERMS = "/cases/v1/terms"
OF: dict[str, Any] = {
    "area_code": COUNTY, "version": 1, "valid_from": "2023-05-01",
    "basis": "鹤峰县治欠办办事规程", "certainty": "C",
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "orders": OF
    | {
        "matter": "deposit", "prefix": "鹤劳监令字", "article": "724号 第三十二条、第五十五条",
        "conduct": "未按规定存储工资保证金", "unit": "wd", "length": 5, "shortest": 3, "longest": 7,
        "sign_within": 2, "serve_within": 3,
    },
    "extensions": OF | {"kind": "deposit_missing", "unit": "wd", "longest": 2, "how_often": 1},
    "closings": OF | {"kind": "wage_officer_missing", "proofs": [], "second_person": True},
    "feeds": OF
    | {
        "kind": "provincial_client", "every": "workday", "workday": 1, "by": "08:00",
        "grace_minutes": 30,
    },
    "clocks": OF | {"kind": "local", "unit": "wd", "length": 30, "more": 0},
    "routing": OF
    | {
        "routes": [
            {
                "unit_id": str(an_id("construction")), "area_code": "0",
                "industry": "construction", "employer_kind": None, "level": "county",
            }
        ],
        "otherwise_id": str(an_id("centre")), "superior_id": None, "bounces": 3,
        "inspectorate_id": None,
    },
    "enforcement": OF
    | {
        "crime_months": 3, "crime_amount": "10000.00", "crime_workers": 10,
        "crime_total": "60000.00", "listing_months": 36, "removal_months": 6,
        "application_months": 3, "publication_months": 3,
    },
    "public": OF
    | {
        "stages": ["received", "ended"], "conclusion": False, "file_kinds": ["png"],
        "most_files": 3, "most_bytes": 1048576,
        "places": [
            {"kind": "complaint", "name": "鹤峰县劳动保障监察局", "phone": "0718-0000000",
             "address": "容美镇", "note": None, "source": "鹤峰县人民政府网"}
        ],
    },
    "incidents": OF | {"mass_persons": 10, "major_persons": 30},
    "employers": OF
    | {
        "stages": ["investigating", "deciding", "paying"], "list_stages": ["investigating"],
        "group_workers": 10,
    },
    "cases": OF | {"prefix": "鹤欠案", "officers": 2, "complaint_years": 2},
}  # fmt: skip
DAY = date(2023, 5, 10)
office = pytest.mark.caller("wage_office", areas=[COUNTY], subject="anna")
each = pytest.mark.parametrize("what", BODIES)


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at("2023-05-10 10:00"))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


async def post(client: AsyncClient, what: str, **changes: Any) -> tuple[int, dict[str, Any]]:
    answer = await client.post(f"{TERMS}/{what}", json=BODIES[what] | changes)
    return answer.status_code, answer.json()


async def shown(client: AsyncClient, what: str, **asked: str) -> list[dict[str, Any]]:
    answer = await client.get(f"{TERMS}/{what}", params={"limit": "200"} | asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@office
@each
async def test_an_area_s_terms_stand_beside_the_nation_s(client: AsyncClient, what: str) -> None:
    nation = await shown(client, what)
    assert nation
    assert {(one["area_code"], bool(one["basis"])) for one in nation} == {("0", True)}
    status, made = await post(client, what)
    assert status == 201
    assert BODIES[what].items() <= made.items()
    assert await shown(client, what, area_code=COUNTY) == [made]
    assert len(await shown(client, what)) == len(nation) + 1


@office
@each
async def test_a_version_is_never_changed(client: AsyncClient, what: str) -> None:
    first = await post(client, what)
    assert await post(client, what) == first
    status, told = await post(client, what, certainty="B")
    assert (status, told["type"].rpartition("/")[2]) == (409, "policy-version-taken")
    assert await shown(client, what, area_code=COUNTY) == [first[1]]


@office
@each
@pytest.mark.parametrize("area_code", ["0", NEIGHBOUR, "99"])
async def test_nobody_makes_terms_for_areas_not_his(
    client: AsyncClient, what: str, area_code: str
) -> None:
    status, told = await post(client, what, area_code=area_code)
    assert (status, told["type"].rpartition("/")[2]) == (404, "area-unknown")


@office
async def test_the_nearest_area_s_terms_govern(client: AsyncClient, session: Session) -> None:
    nation = await queries.orders.find_terms(session, "deposit", COUNTY, DAY)
    for what in BODIES:
        assert (await post(client, what))[0] == 201
    own = await queries.orders.find_terms(session, "deposit", COUNTY, DAY)
    assert nation is not None
    assert own is not None
    assert (nation.length, own.length, own.prefix) == (10, 5, "鹤劳监令字")
    before = await queries.orders.find_terms(session, "deposit", COUNTY, date(2023, 4, 30))
    assert before is nation
    assert await queries.orders.find_terms(session, "deposit", NEIGHBOUR, DAY) is nation
    kind = WatchKind.WAGE_OFFICER_MISSING
    taken = [
        await queries.closings.find_closing_terms(session, kind, code, DAY)
        for code in (COUNTY, NEIGHBOUR)
    ]
    assert [one and one.proofs for one in taken] == [[], ["evidence_filed"]]


@office
async def test_an_order_gives_no_less_than_its_shortest(client: AsyncClient) -> None:
    status, told = await post(client, "orders", shortest=6)
    assert (status, [one["code"] for one in told["errors"]]) == (422, ["order_length"])


@office
async def test_documents_prove_what_documents_can(client: AsyncClient) -> None:
    status, told = await post(client, "closings", proofs=["evidence_filed", "money", "word"])
    assert status == 422
    assert [(one["place"], one["code"]) for one in told["errors"]] == [
        ("proofs[1]", "proof_unknown"),
        ("proofs[2]", "proof_unknown"),
    ]
    assert "evidence_filed" in told["errors"][0]["remedy"]
    status, told = await post(client, "closings", kind="transfer_missed", proofs=["no_word"])
    assert (status, [one["code"] for one in told["errors"]]) == (422, ["closed_by_data"])
