"""The arrears ledger: rows, sums and sheet by one filter, the year before beside, no person."""

import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from httpx import AsyncClient
from python_calamine import CalamineWorkbook

from services.cases import handlers
from shared import known
from shared.db import Session
from shared.events.registry import AreaChanged, OrganisationRegistered, ProjectRegistered
from tests.cases import factories as make
from tests.cases.factories import CONTRACTOR, COUNTY, TOWN, an_id, at
from tests.cases.test_arrears import CASES, opened, sent
from tests.fixtures.service import Time, Token

LEDGER = "/cases/v1/arrears-ledger"
OTHER_TOWN = "422828102"
FORMULA = "=HYPERLINK(1)"
inspector = pytest.mark.caller("inspector", areas=[COUNTY], subject="inspector-1")
_NAMES = {
    ("走马镇产业路工地", TOWN): "A", ("另一工地", OTHER_TOWN): "B", ("@某商铺", OTHER_TOWN): "C",
    ("走马镇产业路工地", COUNTY): "D",
}  # fmt: skip
MONEY = ("claimed", "verified", "paid", "owed")


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at("2023-05-31 10:00"))
    await make.world(session)
    path = f"/0/42/4228/{COUNTY}/{OTHER_TOWN}/"
    town = AreaChanged(area_code=OTHER_TOWN, name="容美镇", path=path, valid_from=date(2000, 1, 1))
    await known.on_area_changed(session, town)
    for name, body in (("劳务甲", an_id("crew")), ("县住建局", an_id("building"))):
        await handlers.on_organisation_told(
            session,
            OrganisationRegistered(
                organisation_id=body, name=name, credit_code="91422828MA4900001X",
                area_code=COUNTY, roles=[], trades=[],
            ),
        )  # fmt: skip
    card = make.card(sector_authority_id=an_id("building"))
    await handlers.on_project_registered(
        session, ProjectRegistered(project_id=an_id("p"), project=card)
    )
    await session.flush()  # The app's own transactions must see it.


async def act(client: AsyncClient, case: dict[str, Any], act: str, **said: Any) -> dict[str, Any]:
    return await sent(client, f"{CASES}/{case['id']}/steps", case, act=act, **said)


async def worked(
    client: AsyncClient, claims: list[str], paid: list[str], **changes: Any
) -> dict[str, Any]:
    """Open a case with a line for each claim, verified as claimed, of which some are paid."""
    case = await act(client, await opened(client, **changes), "sign")
    where, month = f"{CASES}/{case['id']}", "2023-04"
    lines = [{"name": f"工人{n}", "months": month, "claimed": one} for n, one in enumerate(claims)]
    case = (await sent(client, f"{where}/lines", case, lines=lines))["case"]
    ids = [one["id"] for one in (await client.get(f"{where}/lines")).json()["items"]]
    found = [{"line_id": line, "verified": one} for line, one in zip(ids, claims, strict=True)]
    case = await sent(client, f"{where}/verifications", case, lines=found)
    pays = [
        {"line_id": line, "amount": one, "source": "employer", "paid_on": "2023-05-31",
         "proof": "bank_line", "bank_serial": f"S-{case['number']}-{line}"}
        for line, one in zip(ids, paid, strict=False)
    ]  # fmt: skip
    return await sent(client, f"{where}/payments", case, payments=pays) if pays else case


def sheet(content: bytes) -> tuple[list[Any], list[list[Any]], list[str]]:
    """Give the head of a ledger, its rows below it, and the lines above."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        pages = [parts.read(name) for name in parts.namelist() if "worksheets/" in name]
    assert len(pages) == 2
    assert not [page for page in pages if b"<f>" in page or b"<f " in page]
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    values = book.get_sheet_by_name("欠薪处置台账").to_python()
    return values[2], values[3:], [str(values[0][0]), str(values[1][0])]


def added(rows: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows if row["nature"] == "wages"), Decimal(0))


async def _story(client: AsyncClient, session: Session, time: Time, token: Token) -> None:
    """Two years: paid in the second, works price, a claim of the year before, a false one."""
    first = await worked(
        client, ["6000.00", "4000.00"], ["6000.00"],
        project_id=str(an_id("p")), employer_id=str(an_id("crew")), external_id="A",
    )  # fmt: skip
    price = {"external_id": "B", "phone": "13800000002", "area_code": OTHER_TOWN, "own_case": True}
    case = await worked(client, ["50000.00"], [], **price, place="另一工地")
    case = await act(client, case, "accept")
    await act(client, case, "finish", result="属工程款", officers=["a", "b"], nature="works_price")
    await make.pass_time(session, at("2023-06-10 09:00"))
    time.move_to(at("2024-06-10 10:00"))
    late = {
        "external_id": "C", "phone": "13800000003", "area_code": OTHER_TOWN, "own_case": True,
        "months": "2023-12", "employer_name": FORMULA, "place": "@某商铺", "industry": "catering",
        "channel": "desk",
    }  # fmt: skip
    case = await worked(client, ["3000.00"], [], **late)
    await act(client, case, "accept", cause="subcontractor_fled")
    untrue = {"external_id": "D", "phone": "13800000004", "area_code": COUNTY, "own_case": True}
    case = await act(client, await worked(client, ["9.00"], [], **untrue), "accept")
    await act(client, case, "finish", result="查否", officers=["a", "b"], nature="false_claim")
    where = f"{CASES}/{first['id']}"
    second = (await client.get(f"{where}/lines")).json()["items"][1]["id"]
    pay = {"line_id": second, "amount": "4000.00", "source": "contractor",
           "paid_on": "2024-06-05", "proof": "bank_line", "bank_serial": "S-9"}  # fmt: skip
    case = await sent(client, f"{where}/payments", first, payments=[pay])
    case = await act(client, case, "propose_end", conclusion="paid")
    other = token("inspector", areas=[COUNTY], subject="inspector-2")
    end = {"act": "confirm_end", "version": case["version"]}
    assert (await client.post(f"{where}/steps", json=end, headers=other)).status_code == 200


@inspector
async def test_list_sums_and_sheet_are_the_same_numbers_and_name_no_worker(
    client: AsyncClient, session: Session, time: Time, token: Token
) -> None:
    await _story(client, session, time, token)
    year = {"year": 2024}
    listed = await client.get(LEDGER, params=year)
    rows = listed.json()["items"]
    told = (await client.get(f"{LEDGER}/counts", params=year)).json()
    wages = told["whole"]["wages"]
    now, before = wages["now"], wages["before"]
    # What is listed is what is counted; works price and what is untrue stand apart.
    assert {name: Decimal(now[name]) for name in MONEY} == {
        name: added(rows, name) for name in MONEY
    }
    assert {name: Decimal(now[name]) for name in MONEY} == {
        "claimed": 13000, "verified": 13000, "paid": 10000, "owed": 3000,
    }  # fmt: skip
    assert (now["cases"], now["carried"], now["opened"], now["stock"], now["fresh"]) == (
        2, 1, 1, 2, 0,
    )  # fmt: skip
    assert (now["closed"], now["closed_in_limit"], now["open"], now["overdue"]) == (1, 0, 1, 0)
    assert (now["workers"], now["workers_paid"], now["employers"]) == (3, 2, 2)
    # Of the same day a year before, what stood then: one open case, paid in part, overdue.
    assert (before["cases"], before["closed"], before["overdue"]) == (1, 0, 1)
    assert (before["paid"], before["owed"], before["workers_paid"]) == ("6000.00", None, None)
    for name, yuan in (("works_price", "50000.00"), ("false_claim", "9.00")):
        assert told["whole"][name]["now"]["claimed"] == yuan
    assert told["whole"]["works_price"]["before"]["cases"] == 1
    # Towns add up to the county, and each is what its own filter counts.
    assert [group["key"] for group in told["groups"]] == [COUNTY, TOWN, OTHER_TOWN]
    assert told["groups"][2]["name"] == "容美镇"
    for name in set(now) - {"employers"}:
        groups = [Decimal(group["wages"]["now"][name]) for group in told["groups"]]
        assert sum(groups) == Decimal(now[name]), name
    for group in told["groups"][1:]:
        town = await client.get(f"{LEDGER}/counts", params=year | {"area_code": group["key"]})
        assert town.json()["whole"]["wages"] == group["wages"]
    # The sheet: a title, the head of a statistical table, totals that are those of the list.
    file = await client.get(f"{LEDGER}/file", params=year)
    head, body, above = sheet(file.content)
    assert above == [
        f"{COUNTY}欠薪处置台账",
        "统计范围：2024年度    制表日期：2024年6月10日    金额单位：元",
    ]
    sums = body[2]
    assert sums[0] == "合计"
    for name, title in (
        ("paid", "已付金额(元)"),
        ("claimed", "登记金额(元)"),
        ("owed", "尚欠金额(元)"),
    ):
        place = head.index(title)
        assert Decimal(str(sums[place])) == Decimal(now[name])
        assert sum(Decimal(str(row[place])) for row in body[:2]) == Decimal(now[name])
    assert [row[head.index("用人单位（分包）")] for row in body[:2]] == ["劳务甲", FORMULA]
    assert body[1][head.index("项目或场所")] == "@某商铺"
    assert [row[0] for row in body[3:]] == [
        3, "工程款纠纷小计（不计入合计）", 4, "虚假讨薪小计（不计入合计）",
    ]  # fmt: skip
    words = listed.text + "".join(str(cell) for row in body for cell in row)
    assert "工人" not in words.replace("农民工", "")
    assert "1380000" not in words


@inspector
async def test_a_row_says_what_the_ledger_of_practice_says(
    client: AsyncClient, session: Session, time: Time, token: Token
) -> None:
    await _story(client, session, time, token)
    paid, _, late, _ = (await client.get(LEDGER)).json()["items"]
    assert (paid["project_name"], paid["developer"], paid["contractor"], paid["employer"]) == (
        "项目p", "业主", "总包", "劳务甲",
    )  # fmt: skip
    assert (paid["sector_authority"], paid["investment"], paid["months"]) == (
        "县住建局", "government", "2023-03..2023-04",
    )  # fmt: skip
    assert (paid["stage"], paid["conclusion"], paid["ended_on"], paid["due_on"]) == (
        "ended", "paid", "2024-06-10", None,
    )  # fmt: skip
    # Sixty working days from acceptance on.
    assert (late["accepted_on"], late["due_on"], late["cause"]) == (
        "2024-06-10", "2024-09-02", "subcontractor_fled",
    )  # fmt: skip
    assert (late["industry"], late["channel"], late["workers_told"]) == ("catering", "desk", 12)
    for asked, found in (
        ({"year": 2024, "age": "carried"}, "AB"),
        ({"year": 2024, "age": "stock", "nature": "wages"}, "AC"),
        ({"opened_from": "2024-06-10", "industry": "catering"}, "C"),
        ({"opened_until": "2024-06-09"}, "AB"),
        ({"ended_from": "2024-06-10", "ended_until": "2024-06-10"}, "A"),
        ({"cause": "subcontractor_fled"}, "C"),
        ({"channel": "desk", "overdue": False}, "C"),
        ({"stage": "deciding"}, "BD"),
        ({"year": 2025}, "BCD"),
    ):
        shown = (await client.get(LEDGER, params=asked)).json()["items"]
        assert "".join(_NAMES[one["place"], one["area_code"]] for one in shown) == found, asked
    # A year's sum needs a year; how a case stood a year before is not kept.
    assert (await client.get(LEDGER, params={"age": "stock"})).status_code == 422
    told = (await client.get(f"{LEDGER}/counts", params={"stage": "ended", "by": "source"})).json()
    assert [(one["name"], one["wages"]["before"]) for one in told["groups"]] == [
        ("12345热线", None)
    ]


@inspector
async def test_the_ledger_is_for_bodies_of_the_area(
    client: AsyncClient, token: Token, session: Session
) -> None:
    await opened(client)
    seen = {
        "sector_authority": 1, "town": 1, "wage_office": 1, "leading_group": 1,
        "contractor": None, "bank": None, "intake_desk": None,
    }  # fmt: skip
    for role, rows in seen.items():
        org = CONTRACTOR if rows is None else None
        headers = token(role, areas=[COUNTY], subject=role, org=org)
        answer = await client.get(LEDGER, headers=headers)
        assert (len(answer.json()["items"]) if answer.is_success else None) == rows, role
    elsewhere = token("wage_office", areas=[make.NEIGHBOUR], subject="office")
    assert (await client.get(LEDGER, headers=elsewhere)).json()["items"] == []
    counted = (await client.get(f"{LEDGER}/counts", headers=elsewhere)).json()
    assert counted["whole"]["wages"]["now"]["cases"] == 0
