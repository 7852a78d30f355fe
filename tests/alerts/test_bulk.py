"""One answer for many alerts: each by the rules for one, in a fixed number of statements."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient

from services.alerts import actions, handlers, jobs
from services.alerts.models import Alert
from services.alerts.rules.notices import AlertState
from services.alerts.schemas.alerts import AcknowledgementsIn
from shared import clock, timers
from shared.auth import Caller
from shared.db import Session, Sessions
from shared.events.alerts import AlertAcknowledged
from tests import waiting
from tests.alerts import factories, looking
from tests.alerts.factories import COUNTY, NEIGHBOUR
from tests.fixtures.database import heard
from tests.fixtures.service import Published, Time

MORNING = clock.at(date(2023, 4, 26), 10)
OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))


@pytest.fixture(autouse=True)
async def _morning(session: Session, time: Time) -> None:
    await factories.areas(session)
    time.move_to(MORNING)


async def red_alerts(session: Session, count: int, **changes: Any) -> list[Alert]:
    for _ in range(count):
        await handlers.on_watch_item_opened(session, factories.opened(level="red", **changes))
    return await looking.alerts(session, kind="transfer_missed")


@pytest.mark.caller("wage_office", areas=[COUNTY])
async def test_each_is_answered_by_the_rules_for_one_and_none_holds_back_the_others(
    session: Session, client: AsyncClient, published: Published
) -> None:
    await factories.everybody(session)
    first, second, over, answered = await red_alerts(session, 4)
    over.close(MORNING, "transfer_received")
    answered.acknowledge("somebody else", MORNING, None)
    (elsewhere,) = [
        each for each in await red_alerts(session, 1, project=factories.card(area_code=NEIGHBOUR))
        if each.area_code == NEIGHBOUR
    ]  # fmt: skip
    nobodys = uuid4()
    asked = [first.id, over.id, second.id, answered.id, elsewhere.id, nobodys, first.id]
    body = {"alert_ids": [str(each) for each in asked], "promised_on": "2023-04-28", "note": "在办"}
    answer = await client.post("/alerts/v1/alerts/acknowledgements", json=body)
    assert answer.status_code == 200
    said = answer.json()
    assert said["acknowledged"] == [str(first.id), str(second.id)]
    refused = {each["alert_id"]: each["type"] for each in said["refused"]}
    assert refused == {
        str(over.id): "/problems/alert-over",
        str(answered.id): "/problems/alert-answered",
        str(elsewhere.id): "/problems/not-found",
        str(nobodys): "/problems/not-found",
    }
    for alert in (first, second):
        await session.refresh(alert)
        assert (alert.state, alert.promised_on) == (AlertState.ACKNOWLEDGED, date(2023, 4, 28))
        (promise,) = await looking.armed(session, alert.id)
        assert promise.kind == "promise"
    assert len(await looking.armed(session, elsewhere.id)) == 1
    assert len(await published(session, AlertAcknowledged)) == 2
    again = (await client.post("/alerts/v1/alerts/acknowledgements", json=body)).json()
    assert len(again["refused"]) == 4
    assert len(await published(session, AlertAcknowledged)) == 2, "the same answer is told once"


async def test_an_office_with_200_red_items_answers_in_as_many_statements_as_for_two(
    sessions: Sessions,
) -> None:
    async with sessions.begin() as session:
        await factories.areas(session)
        await factories.everybody(session)
        ids = [alert.id for alert in await red_alerts(session, 200)]
    asked = []
    for some in (ids[:2], ids[2:]):
        with heard(sessions) as said:
            async with sessions.begin() as session:
                answer = AcknowledgementsIn(alert_ids=some, promised_on=date(2023, 4, 28))
                found = await actions.alerts.acknowledge_several(session, OFFICE, answer, MORNING)
        assert found == {"acknowledged": some, "refused": []}
        asked.append(len(said))
    assert asked[0] == asked[1], "a statement for each would be thousands"


@pytest.mark.caller("wage_office", areas=[COUNTY])
@pytest.mark.parametrize("ids", [[], ["x"], [str(uuid4())] * 501])
async def test_none_or_too_many_or_no_ids_are_refused(client: AsyncClient, ids: list[str]) -> None:
    answer = await client.post("/alerts/v1/alerts/acknowledgements", json={"alert_ids": ids})
    assert answer.status_code == 422


async def test_an_office_that_answers_waits_for_limits_that_fire_just_now(
    sessions: Sessions, time: Time
) -> None:
    """They hold alerts in the order in which these fell due, the office in another."""
    async with sessions.begin() as session:
        await factories.areas(session)
        await factories.everybody(session)
        first, last = sorted(alert.id for alert in await red_alerts(session, 2))
        for alert_id, due_at in ((last, MORNING), (first, MORNING + timedelta(seconds=1))):
            (timer,) = await looking.armed(session, alert_id)
            timer.due_at = due_at
    time.move_to(MORNING + timedelta(minutes=1))
    holds = asyncio.Event()

    async def on_due(session: Session, timer: timers.Timer) -> None:
        await jobs.on_escalation_due(session, timer)
        if not holds.is_set():
            holds.set()
            await waiting.until(waiting.somebody_waits(sessions))

    async def answer() -> dict[str, Any]:
        await holds.wait()
        async with sessions.begin() as session:
            said = AcknowledgementsIn(alert_ids=[first, last])
            return await actions.alerts.acknowledge_several(session, OFFICE, said, clock.now())

    fired, found = await asyncio.gather(timers.run_due(sessions, {"escalation": on_due}), answer())
    assert (fired, found["refused"]) == (2, [])
    async with sessions.begin() as session:
        for alert_id in (first, last):
            row = await looking.alert(session, id=alert_id)
            assert (row.state, row.step) == (AlertState.ACKNOWLEDGED, 1), "climbed, then answered"
            assert await looking.armed(session, alert_id) == []


async def test_two_who_answer_for_the_same_in_opposite_order_wait_for_each_other(
    sessions: Sessions,
) -> None:
    async with sessions.begin() as session:
        await factories.areas(session)
        await factories.everybody(session)
        ids = [alert.id for alert in await red_alerts(session, 20)]

    async def answer(by: str, some: list[UUID]) -> int:
        caller = Caller(by, frozenset({"wage_office"}), frozenset({COUNTY}))
        async with sessions.begin() as session:
            said = AcknowledgementsIn(alert_ids=some)
            found = await actions.alerts.acknowledge_several(session, caller, said, MORNING)
            return len(found["acknowledged"])

    assert sorted(await asyncio.gather(answer("a", ids), answer("b", ids[::-1]))) == [0, 20]
