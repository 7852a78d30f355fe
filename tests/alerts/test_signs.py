"""Signs of a group dispute: the office hears at once, decides on the plan, and says the outcome."""

import asyncio
from datetime import date
from typing import Any

import pytest
from httpx import AsyncClient

from services.alerts.rules.notices import AlertState, Entry, Reason
from shared import clock
from shared.db import Session, Sessions
from tests.alerts import factories, looking
from tests.alerts.factories import COUNTY, NEIGHBOUR
from tests.fixtures.service import Time

# Saturday night, when nobody works: a sign is told all the same.
NIGHT = clock.at(date(2023, 4, 29), 23)
SEEN = {
    "area_code": COUNTY, "project_name": "金凤路安置小区", "persons": 30,
    "seen_at": NIGHT.isoformat(), "what": "工人在项目部门口聚集",
}  # fmt: skip
office = pytest.mark.caller("wage_office", areas=[COUNTY])


@pytest.fixture(autouse=True)
async def _night(session: Session, time: Time) -> None:
    await factories.areas(session)
    time.move_to(NIGHT)


async def report(client: AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await client.post("/alerts/v1/signs", json=SEEN | changes)
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


@pytest.mark.caller("town", areas=[COUNTY])
async def test_the_office_and_the_leading_group_hear_at_once(
    session: Session, client: AsyncClient
) -> None:
    people = await factories.everybody(session)
    sign = await report(client)
    alert = await looking.alert(session, kind="group_dispute_sign")
    assert str(alert.id) == sign["alert_id"]
    assert alert.major
    told = {who for _, who in await looking.told(session, alert.id)}
    assert told == {people["wage_office"], people["leading_group"]}
    (timer,) = await looking.armed(session, alert.id)
    assert timer.due_at > NIGHT


@office
async def test_the_decision_on_the_plan_is_on_the_record_and_the_outcome_ends_it(
    session: Session, client: AsyncClient
) -> None:
    people = await factories.everybody(session)
    sign = await report(client)
    door = f"/alerts/v1/signs/{sign['id']}"
    decided = await client.post(
        f"{door}/plan", json={"version": 1, "starts": False, "reason": "已派员到场"}
    )
    assert decided.status_code == 200
    started = await client.post(
        f"{door}/plan", json={"version": 2, "starts": True, "reason": "人数增加"}
    )
    assert started.json()["plan_started"] is True
    assert started.json()["decided_by"]
    ended = await client.post(f"{door}/end", json={"version": 3, "outcome": "垫付到位，人员散去"})
    assert ended.status_code == 200
    alert = await looking.alert(session, kind="group_dispute_sign")
    assert alert.state is AlertState.CLOSED
    assert await looking.armed(session, alert.id) == []
    entries = await looking.entries(session, alert.id)
    plans = [said["starts"] for entry, said in entries if entry is Entry.PLAN_DECIDED]
    assert plans == [False, True]
    closed = {who for why, who in await looking.told(session, alert.id) if why is Reason.CLOSED}
    assert closed == {people["wage_office"], people["leading_group"]}
    again = await client.post(f"{door}/plan", json={"version": 4, "starts": True, "reason": "x"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/sign-over")
    listed = (await client.get("/alerts/v1/signs", params={"plan_started": True})).json()
    assert [each["outcome"] for each in listed["items"]] == ["垫付到位，人员散去"]


@pytest.mark.caller("wage_office")
async def test_of_two_decisions_at_once_one_is_stale(
    sessions: Sessions, client: AsyncClient
) -> None:
    async with sessions.begin() as session:
        await factories.areas(session)
    sign = await report(client)
    door = f"/alerts/v1/signs/{sign['id']}/plan"
    bodies = [{"version": 1, "starts": starts, "reason": "同时"} for starts in (True, False)]
    answers = await asyncio.gather(*(client.post(door, json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


@office
async def test_another_areas_sign_is_neither_made_nor_seen_nor_decided(
    session: Session, client: AsyncClient
) -> None:
    assert (
        await client.post("/alerts/v1/signs", json=SEEN | {"area_code": NEIGHBOUR})
    ).status_code == 404
    sign = await report(client)
    row = await looking.sign(session, sign["id"])
    row.area_code = NEIGHBOUR
    await session.flush()  # The caller's own query must find it moved.
    body = {"version": 1, "starts": True, "reason": "x"}
    assert (await client.post(f"/alerts/v1/signs/{sign['id']}/plan", json=body)).status_code == 404
    assert (await client.get("/alerts/v1/signs")).json()["items"] == []


@office
async def test_a_bad_sign_is_told_all_its_faults_at_once(client: AsyncClient) -> None:
    answer = await client.post("/alerts/v1/signs", json=SEEN | {"persons": 0, "what": ""})
    assert answer.status_code == 422
    assert {error["place"] for error in answer.json()["errors"]} == {"body.persons", "body.what"}
