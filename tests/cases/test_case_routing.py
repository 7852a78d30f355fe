"""Arrears cases find their body by the area's table, and somebody answers at any time."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.cases import handlers
from services.cases.models import WatchItem
from shared.db import Session
from shared.events.registry import OrganisationRegistered
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, TOWN, an_id, at
from tests.cases.test_arrears import CASES, MORNING, opened, running, told
from tests.fixtures.service import Time, Token

ROUTING = "/cases/v1/terms/routing"
BUILDING, SERVICES, TRADE, UNION, VILLAGES, CENTRE, UPPER, INSPECTORS, DESK = (
    an_id(name)
    for name in (
        "building", "services", "trade", "union", "villages", "centre", "upper", "inspectors",
        "desk",
    )
)  # fmt: skip
# The fields of employers and their bodies in a sub-district's plan.
ROUTES: list[dict[str, Any]] = [
    {"unit_id": BUILDING, "industry": "construction"},
    {"unit_id": SERVICES, "industry": "training"},
    {"unit_id": SERVICES, "industry": "medical"},
    {"unit_id": SERVICES, "industry": "elderly_care"},
    {"unit_id": TRADE, "industry": "commerce"},
    {"unit_id": TRADE, "industry": "express"},
    {"unit_id": UNION, "employer_kind": "unionised"},
    {"unit_id": VILLAGES, "employer_kind": "shop", "area_code": TOWN},
]
desk = pytest.mark.caller("intake_desk", areas=[COUNTY], subject="desk", org=DESK)


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at(MORNING))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


async def lay(client: AsyncClient, token: Token, **changes: Any) -> None:
    """Store the county's table."""
    routes = [{**row, "unit_id": str(row["unit_id"])} for row in ROUTES]
    body = {
        "area_code": COUNTY, "version": 1, "valid_from": "2023-05-01", "routes": routes,
        "otherwise_id": str(CENTRE), "superior_id": str(UPPER), "bounces": 3,
        "inspectorate_id": str(INSPECTORS), "basis": "街道治欠工作方案", "certainty": "C",
    } | changes  # fmt: skip
    office = token("wage_office", areas=[COUNTY], subject="office")
    made = await client.post(ROUTING, json=body, headers=office)
    assert made.status_code == 201, made.text


@desk
async def test_a_case_goes_to_the_body_of_its_trade_place_employer_and_level(
    client: AsyncClient, token: Token
) -> None:
    first = await opened(client, external_id="H-0")
    assert first["unit_id"] == str(DESK), "without a table whoever was told has it"
    await lay(client, token)
    asked: list[tuple[dict[str, Any], UUID]] = [
        ({"industry": "construction"}, BUILDING), ({"industry": "training"}, SERVICES),
        ({"industry": "medical"}, SERVICES), ({"industry": "elderly_care"}, SERVICES),
        ({"industry": "commerce"}, TRADE), ({"industry": "express"}, TRADE),
        ({"industry": "catering"}, CENTRE),
        ({"industry": "catering", "employer_kind": "unionised"}, UNION),
        ({"industry": "catering", "employer_kind": "shop"}, VILLAGES),
        ({"industry": "catering", "employer_kind": "shop", "area_code": COUNTY}, CENTRE),
        ({"industry": "express", "employer_kind": "unionised"}, TRADE),
    ]  # fmt: skip
    for place, (said, unit) in enumerate(asked, 1):
        case = await opened(client, external_id=f"H-{place}", own_case=True, **said)
        assert (case["unit_id"], case["receiver_id"]) == (str(unit), str(DESK)), said
        assert case["answerable_id"] == str(DESK), "until somebody signs"
    # Works of a higher government go to a body of their own from a later day on.
    rows = [{"unit_id": str(UPPER), "level": "province"}]
    await lay(client, token, version=2, valid_from="2023-06-01", routes=rows)
    asked_later = {"level": "province", "industry": "catering", "own_case": True}
    still = await opened(client, external_id="H-20", **asked_later)
    assert still["unit_id"] == str(CENTRE)
    kept = await client.get(f"{CASES}/{first['id']}")
    assert kept.json()["unit_id"] == str(DESK), "what was routed stays where it is"


@desk
async def test_a_restaurant_and_a_hospital_without_any_project_are_complained_about(
    session: Session, client: AsyncClient, token: Token
) -> None:
    await lay(client, token)
    for name, trades in (("某酒楼", ["餐饮"]), ("某民营医院", ["养生", "医疗"]), ("某甲", [])):
        await handlers.on_organisation_told(
            session,
            OrganisationRegistered(
                organisation_id=an_id(name), name=name, credit_code="91422828MA4900001X",
                area_code=COUNTY, roles=["employer"], trades=trades,
            ),
        )  # fmt: skip
    await session.flush()  # The app's own transactions must see it.
    for name, industry, unit in (
        ("某酒楼", "catering", CENTRE), ("某民营医院", "medical", SERVICES),
        ("某甲", "construction", BUILDING),
    ):  # fmt: skip
        said = {"external_id": name, "employer_id": str(an_id(name)), "own_case": True}
        case = await opened(client, place=f"{name}店堂", **said)
        assert (case["project_id"], case["employer_name"]) == (None, name)
        assert (case["industry"], case["unit_id"]) == (industry, str(unit))
        assert (await opened(client, place=f"{name}店堂", **said))["id"] == case["id"]
        by_employer = await client.get(CASES, params={"employer_id": said["employer_id"]})
        assert [one["id"] for one in by_employer.json()["items"]] == [case["id"]]
    # What whoever tells says himself goes before what registry knows.
    said = {"external_id": "K", "employer_id": str(an_id("某酒楼")), "own_case": True}
    assert (await opened(client, industry="express", **said))["unit_id"] == str(TRADE)


@desk
async def test_a_later_version_routes_from_its_day_on(
    client: AsyncClient, token: Token, time: Time
) -> None:
    await lay(client, token)
    rows = [{"unit_id": str(UPPER), "level": "province"}]
    await lay(client, token, version=2, valid_from="2023-06-01", routes=rows)
    time.move_to(at("2023-06-01 09:00"))
    case = await opened(client, level="province")
    assert case["unit_id"] == str(UPPER)


def of(token: Token, org: UUID) -> dict[str, str]:
    return token("wage_office", areas=[COUNTY], subject=f"officer-of-{org}", org=org)


async def hand(
    client: AsyncClient, token: Token, case: dict[str, Any], by: UUID, to: UUID
) -> dict[str, Any]:
    body = {"act": "hand_over", "version": case["version"], "reason": "不属本单位管辖",
            "unit_id": str(to)}  # fmt: skip
    done = await client.post(f"{CASES}/{case['id']}/steps", json=body, headers=of(token, by))
    assert done.status_code == 200, done.text
    after: dict[str, Any] = done.json()
    return after


def places(case: dict[str, Any]) -> tuple[str, str, str]:
    return case["unit_id"], case["receiver_id"], case["answerable_id"]


@desk
async def test_a_hand_over_keeps_the_clock_and_the_third_is_decided_above(
    session: Session, client: AsyncClient, token: Token, time: Time
) -> None:
    await lay(client, token, inspectorate_id=None)
    desk_, building, trade, upper = (str(one) for one in (DESK, BUILDING, TRADE, UPPER))
    case = await opened(client)
    assert places(case) == (building, desk_, desk_)
    acceptance = "2023-06-08 00:00"
    time.move_to(at("2023-05-31 11:00"))
    case = await hand(client, token, case, BUILDING, TRADE)
    assert places(case) == (trade, desk_, desk_), "nobody has signed yet"
    assert running(case)["acceptance"] == acceptance
    time.move_to(at("2023-06-01 11:00"))
    sign = {"act": "sign", "version": case["version"]}
    signed = await client.post(f"{CASES}/{case['id']}/steps", json=sign, headers=of(token, TRADE))
    case = signed.json()
    assert places(case) == (trade, desk_, trade)
    time.move_to(at("2023-06-01 12:00"))
    case = await hand(client, token, case, TRADE, BUILDING)
    assert places(case) == (building, trade, trade), "whoever signed answers until the other does"
    time.move_to(at("2023-06-01 13:00"))
    case = await hand(client, token, case, BUILDING, TRADE)
    assert places(case) == (upper, trade, trade), "wherever the third was meant for"
    [line] = [one for one in case["steps"] if one["what"] == "to_superior"]
    assert line["details"] == {"unit_id": upper, "meant_for": trade}
    # The limit of signing runs out: it is told to whoever answers.
    await make.pass_time(session, at("2023-06-03 00:00"))
    items = (await session.scalars(select(WatchItem))).all()
    assert [(one.kind, one.unit_id) for one in items] == [("case_step_overdue", TRADE)]
    time.move_to(at("2023-06-03 10:00"))
    case = await hand(client, token, case, UPPER, BUILDING)
    assert places(case) == (building, trade, trade), "what is decided above goes where it says"
    assert running(case)["acceptance"] == acceptance
    time.move_to(at("2023-06-03 11:00"))
    case = await hand(client, token, case, BUILDING, TRADE)
    assert (case["unit_id"], case["hand_overs"]) == (upper, 5)


@desk
async def test_where_nobody_is_above_a_third_hand_over_is_refused(
    client: AsyncClient, token: Token, time: Time
) -> None:
    await lay(client, token, superior_id=None)
    case = await opened(client)
    for minute, to in enumerate((TRADE, BUILDING)):
        time.move_to(at(f"2023-05-31 11:0{minute}"))
        case = await hand(client, token, case, DESK, to)
    body = {"act": "hand_over", "version": case["version"], "reason": "x", "unit_id": str(TRADE)}
    refused = await client.post(
        f"{CASES}/{case['id']}/steps", json=body, headers=of(token, BUILDING)
    )
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "no_superior")


@desk
async def test_an_accepted_case_that_is_handed_over_keeps_its_statutory_limit(
    client: AsyncClient, token: Token, time: Time
) -> None:
    await lay(client, token)
    case = await opened(client)
    for minute, act in enumerate(("sign", "accept")):
        time.move_to(at(f"2023-05-31 11:0{minute}"))
        body = {"act": act, "version": case["version"]}
        where = f"{CASES}/{case['id']}/steps"
        case = (await client.post(where, json=body, headers=of(token, BUILDING))).json()
    before = running(case)["statutory"]
    time.move_to(at("2023-06-05 09:00"))
    case = await hand(client, token, case, BUILDING, TRADE)
    assert (case["stage"], running(case)["statutory"]) == ("received", before)
    assert "acceptance" not in running(case)
    time.move_to(at("2023-06-05 10:00"))
    body = {"act": "sign", "version": case["version"]}
    case = (await client.post(where, json=body, headers=of(token, TRADE))).json()
    assert (case["stage"], running(case)["statutory"]) == ("investigating", before)


@desk
async def test_the_inspectorate_signs_for_its_copy_within_a_working_day(
    session: Session, client: AsyncClient, token: Token, time: Time
) -> None:
    await lay(client, token)
    case = await opened(client)
    assert (case["copied_to_id"], case["copy_taken_at"]) == (str(INSPECTORS), None)
    shown = (await client.get(f"{CASES}/{case['id']}")).json()
    assert running(shown)["copy"] == "2023-06-02 00:00"
    await make.pass_time(session, at("2023-06-02 00:00"))
    items = (await session.scalars(select(WatchItem))).all()
    assert {(one.kind, one.unit_id) for one in items} == {
        ("case_step_overdue", DESK), ("case_step_overdue", INSPECTORS),
    }  # fmt: skip
    time.move_to(at("2023-06-02 09:00"))
    where, body = f"{CASES}/{case['id']}/steps", {"act": "take_copy", "version": case["version"]}
    other = await client.post(where, json=body, headers=of(token, BUILDING))
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "no_copy")
    taken = (await client.post(where, json=body, headers=of(token, INSPECTORS))).json()
    assert (taken["stage"], taken["copy_taken_at"]) == ("received", "2023-06-02T09:00:00+08:00")
    assert "copy" not in running(taken)
    for item in items:
        await session.refresh(item)
    assert {one.unit_id for one in items if one.state == "closed"} == {INSPECTORS}
    again = await client.post(
        where, json=body | {"version": taken["version"]}, headers=of(token, INSPECTORS)
    )
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "no_copy")


@desk
async def test_a_table_s_place_is_the_nations_where_an_area_has_none(
    client: AsyncClient, token: Token
) -> None:
    await lay(client, token)
    seen = await client.get(ROUTING, headers=token("wage_office", areas=[NEIGHBOUR]))
    assert [one["area_code"] for one in seen.json()["items"]] == ["0"]
    short = await client.post(CASES, json=told(level="village"))
    assert short.status_code == 422
