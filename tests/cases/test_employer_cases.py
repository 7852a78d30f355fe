"""What an employer is told of a complaint about him: that it is there, what is asked, by when."""

from typing import Any

import pytest
from httpx import AsyncClient

from services.cases import handlers
from shared.db import Session
from shared.events.registry import ProjectRegistered
from tests.cases import factories as make
from tests.cases.factories import CONTRACTOR, COUNTY, DEVELOPER, NEIGHBOUR, TOWN, an_id, at
from tests.cases.test_arrears import CASES, Do, do, opened, sent
from tests.fixtures.service import Time, Token

__all__ = ["do"]  # The fixture, by which acts are done upon cases.

EMPLOYER = "/cases/v1/employer-cases"
CREW = an_id("crew")
OFFICERS = ["inspector-1", "inspector-2"]
inspector = pytest.mark.caller("inspector", areas=[COUNTY], subject="inspector-1")
TERMS: dict[str, Any] = {
    "area_code": COUNTY, "version": 1, "valid_from": "2023-05-01", "group_workers": 3,
    "stages": ["investigating", "deciding", "paying"], "list_stages": ["deciding"],
    "basis": "县治欠办", "certainty": "C",
}  # fmt: skip


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at("2023-05-31 10:00"))
    await make.world(session)
    site = ProjectRegistered(project_id=an_id("p"), project=make.card())
    await handlers.on_project_registered(session, site)
    await session.flush()  # The app's own transactions must see it.


@pytest.fixture
def crew(token: Token) -> dict[str, str]:
    return token("subcontractor", areas=[COUNTY], subject="crew", org=CREW)


async def told_of(client: AsyncClient, who: dict[str, str]) -> list[dict[str, Any]]:
    answer = await client.get(EMPLOYER, headers=who)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    for one in items:
        alone = await client.get(f"{EMPLOYER}/{one['id']}", headers=who)
        assert alone.json() == one
    return items


@inspector
async def test_a_collective_complaint_is_five_workers_or_more_to_its_employer_and_nothing_else(
    client: AsyncClient, token: Token, crew: dict[str, str], do: Do
) -> None:
    about = {"employer_id": str(CREW), "employer_name": "劳务甲", "project_id": str(an_id("p"))}
    case = await opened(client, **about)
    small = await opened(
        client, external_id="H-2", workers=1, own_case=True, place="容美镇学校工地", **about
    )
    # Until somebody has accepted it nobody tells the employer that there is anything.
    case, small = await do(case, "sign"), await do(small, "sign")
    assert await told_of(client, crew) == []
    case, small = await do(case, "accept"), await do(small, "accept")
    rows = [{"name": f"工人{n}", "months": "2023-04", "claimed": "7000.00"} for n in "甲乙丙丁戊己"]
    case = (await sent(client, f"{CASES}/{case['id']}/lines", case, lines=rows))["case"]
    many, few = sorted(await told_of(client, crew), key=lambda one: one["at_least"] or 99)
    assert (many["at_least"], many["told"]["zh"]) == (5, "5 人以上反映欠薪")
    assert (few["at_least"], few["told"]["zh"]) == (None, "有劳动者反映欠薪")
    assert (many["asked"], many["due_on"], many["listed"]) == ("records", None, False)
    assert {many[name] for name in ("workers", "claimed", "verified", "paid", "owed")} == {None}
    # Nothing else: no name, no number, no yuan, no channel, no day, and no id that holds one.
    # The handles are made by chance, so any two figures may stand in them.
    said = str([one | {"id": ""} for one in (many, few)])
    for hidden in ("工人", "12", "86000", "42000", "hotline", "2023", case["id"], case["number"]):
        assert hidden not in said, hidden
    assert not {case["id"], small["id"]} & {many["id"], few["id"]}
    assert many["id"][14] == "4", "a handle by chance"
    shut = await client.get(f"{EMPLOYER}/{many['id']}/lines", headers=crew)
    assert (shut.status_code, shut.json()["type"]) == (409, "/problems/list-not-open")
    # The contractor of the site, who is asked first, is told as much; nobody else is told at all.
    site = token("contractor", areas=[COUNTY], subject="site", org=CONTRACTOR)
    assert {one["id"] for one in await told_of(client, site)} == {many["id"], few["id"]}
    others = (
        token("contractor", areas=[COUNTY], subject="other", org=an_id("other")),
        token("developer", areas=[COUNTY], subject="owner", org=DEVELOPER),
        token("subcontractor", areas=[NEIGHBOUR], subject="far", org=CREW),
    )
    for other in others:
        assert await told_of(client, other) == []
        assert (await client.get(f"{EMPLOYER}/{many['id']}", headers=other)).status_code == 404
    # What offices read no company reads, were the case its own.
    for path in (CASES, f"{CASES}/counts", f"{CASES}/{case['id']}", f"{CASES}/{case['id']}/lines"):
        assert (await client.get(path, headers=site)).status_code == 403


@inspector
async def test_the_list_is_open_where_the_area_s_terms_say_and_the_day_to_pay_is_told(
    client: AsyncClient, token: Token, crew: dict[str, str], do: Do
) -> None:
    office = token("wage_office", areas=[COUNTY], subject="office")
    early = TERMS | {"stages": ["signed", "investigating"]}
    beyond = TERMS | {"list_stages": ["checking"]}
    for refused in (early, beyond):
        answer = await client.post("/cases/v1/terms/employers", json=refused, headers=office)
        assert answer.status_code == 422
    made = await client.post("/cases/v1/terms/employers", json=TERMS, headers=office)
    assert made.status_code == 201, made.text
    case = await opened(client, employer_id=str(CREW), workers=3)
    case = await do(await do(case, "sign"), "accept")
    row = {
        "name": "工人甲", "id_number": "422828198503070016", "months": "2023-04",
        "claimed": "7000.00",
    }  # fmt: skip
    case = (await sent(client, f"{CASES}/{case['id']}/lines", case, lines=[row]))["case"]
    assert [(one["at_least"], one["listed"]) for one in await told_of(client, crew)] == [(3, False)]
    case = await do(case, "finish", officers=OFFICERS, result="属实")
    [one] = await told_of(client, crew)
    assert (one["asked"], one["listed"], one["workers"], one["claimed"]) == (
        "wait", True, 1, "7000.00",
    )  # fmt: skip
    lines = (await client.get(f"{EMPLOYER}/{one['id']}/lines", headers=crew)).json()["items"]
    assert lines == [
        {"name": "工*", "id_number": "4228**********0016", "months": "2023-04",
         "claimed": "7000.00", "verified": None, "paid": "0.00", "state": "claimed"}
    ]  # fmt: skip
    case = await do(
        case, "decide", decision="correct", document_number="鹤人社监令字1号", pay_within=5
    )  # fmt: skip
    [one] = await told_of(client, crew)
    assert (one["asked"], one["due_on"], one["listed"], one["workers"]) == (
        "pay", "2023-06-07", False, None,
    )  # fmt: skip


@inspector
async def test_what_was_refused_or_is_with_the_police_is_never_told(
    client: AsyncClient, crew: dict[str, str], do: Do
) -> None:
    about = {"employer_id": str(CREW), "area_code": TOWN}
    refused = await do(await opened(client, **about), "sign")
    await do(refused, "refuse", conclusion="out_of_time", reason="超过两年", told="县法院")
    case = await do(await opened(client, external_id="H-2", own_case=True, **about), "sign")
    case = await do(case, "accept")
    assert len(await told_of(client, crew)) == 1
    await do(
        case, "transfer", reason="涉嫌拒不支付劳动报酬", officers=OFFICERS,
        decided_on="2023-05-31", document_number="鹤人社移〔2023〕1号",
    )  # fmt: skip
    assert await told_of(client, crew) == []
