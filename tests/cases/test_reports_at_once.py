"""One matter that is told over several channels is one case, at whatever moment."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient

from shared.db import Sessions
from tests.cases import factories as make
from tests.cases.factories import COUNTY, at
from tests.cases.test_arrears import CASES, MORNING, Do, do, sent, told
from tests.fixtures.service import Time, Token

__all__ = ["do"]
desk = pytest.mark.caller("wage_office", areas=[COUNTY], subject="office")
# The same matter, as four of them hear it: spelled otherwise, without a phone, with another sum.
FIRST = {"employer_name": "湖北恒达劳务有限公司"}
CHANNELS: list[dict[str, Any]] = [
    {"channel": "hotline_12345", "external_id": "H-1"},
    {"channel": "national_platform", "external_id": "N-7", "employer_name": "恒达劳务",
     "place": "产业路工地"},
    {"channel": "petition", "external_id": "P-3", "amount": "90000.00", "phone": "13900000009"},
    {"channel": "patrol", "external_id": "T-1", "speaker": "body", "name": None, "phone": None,
     "employer_name": "湖北恒达劳务公司"},
]  # fmt: skip


def body(**changes: Any) -> dict[str, Any]:
    said = told(**{**FIRST, **changes})
    return {name: value for name, value in said.items() if value is not None}


@desk
async def test_one_matter_over_four_channels_at_once_is_one_case(
    sessions: Sessions, client: AsyncClient, time: Time
) -> None:
    time.move_to(at(MORNING))
    async with sessions.begin("test") as session:
        await make.world(session)
    made = await asyncio.gather(
        *(client.post(CASES, json=body(**said)) for said in (*CHANNELS, *CHANNELS))
    )
    assert {one.status_code for one in made} == {201}
    assert len({one.json()["case"]["id"] for one in made}) == 1
    assert len({one.json()["report"]["id"] for one in made}) == len(CHANNELS)
    case_id = made[0].json()["case"]["id"]
    kept = (await client.get(f"{CASES}/{case_id}/reports")).json()["items"]
    assert sorted(one["channel"] for one in kept) == sorted(one["channel"] for one in CHANNELS)
    assert sorted(one["relation"] for one in kept) == ["different", "same", "same", "same"]
    [listed] = (await client.get(CASES)).json()["items"]
    assert listed["number"] == "欠案〔2023〕第1号"
    shown = (await client.get(f"{CASES}/{case_id}")).json()
    assert [one["what"] for one in shown["steps"]] == ["told", *["told_again"] * 3]


@desk
async def test_a_related_matter_is_a_case_of_its_own_and_says_of_which(
    sessions: Sessions, client: AsyncClient, time: Time, token: Token, do: Do
) -> None:
    time.move_to(at(MORNING))
    async with sessions.begin("test") as session:
        await make.world(session)

    async def tell(**said: Any) -> tuple[str, str, str | None]:
        made = await client.post(CASES, json=body(**said))
        assert made.status_code == 201, made.text
        case = made.json()["case"]
        return case["id"], made.json()["report"]["relation"], case["related_id"]

    first, _, _ = await tell()
    elsewhere = {"place": "燕子镇3号桥", "phone": "13900000001", "name": "工人乙"}
    related = await tell(external_id="H-2", **elsewhere)
    assert (related[0] != first, related[1:]) == (True, ("related", first))
    shop = elsewhere | {"place": "容美镇沿河路18号", "workers": 2, "amount": "9000.00"}
    other = await tell(external_id="H-3", employer_name="渝味火锅店", **shop)
    assert other[1:] == ("related", related[0]), "the same person"
    apart = {"phone": "13900000003", "name": "工人丙", "place": "走马镇卫生院"}
    alone = await tell(external_id="H-4", employer_name="金桥装饰", **apart)
    assert alone[1:] == ("different", None)
    # Whoever takes it in may know that it is another matter, however alike it reads.
    known = await tell(external_id="H-5", own_case=True)
    assert (known[0] != first, known[1:]) == (True, ("related", first))
    # What has ended is not told on.
    shown = (await client.get(f"{CASES}/{alone[0]}")).json()
    case = await do(shown, "sign")
    pdf = {"file": ("x.pdf", b"%PDF-1.7 x", "application/pdf")}
    paper = (await client.post(f"{CASES}/{alone[0]}/evidence", files=pdf)).json()["id"]
    time.move_to(at("2023-05-31 11:00"))
    case = await do(
        case, "propose_end", conclusion="withdrawn", proofs={"withdrawal_statement": paper}
    )
    await do(case, "confirm_end", headers=token("wage_office", areas=[COUNTY], subject="second"))
    again = await tell(external_id="H-6", employer_name="金桥装饰", **apart)
    assert (again[0] != alone[0], again[1:]) == (True, ("related", alone[0]))
    await sent(client, f"{CASES}/{again[0]}/lines", {"version": 1}, lines=[
        {"name": "工人丙", "months": "2023-04", "claimed": "100.00"},
    ])  # fmt: skip
