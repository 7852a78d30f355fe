"""More time is asked by who answers, granted by another, and the ladder waits just as long."""

from datetime import date, datetime, timedelta

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from services.cases import actions
from services.cases.errors import (
    AlreadyClosed,
    ExtensionDecided,
    ExtensionUnfit,
    NotYoursToAnswer,
    PersonNeeded,
    SecondPersonNeeded,
)
from services.cases.models import Extension, WatchItem
from services.cases.rules import extensions as rules
from services.cases.rules.extensions import Bounds
from services.cases.rules.ladder import Ladder
from services.cases.schemas.extensions import ExtensionDecisionIn, ExtensionIn
from services.cases.service import service
from shared import clock, timers, workdays
from shared.auth import Caller
from shared.db import Session
from shared.workdays import Pause, Unit
from tests.cases import factories as make
from tests.cases.factories import COUNTY, an_id, at
from tests.cases.policies import MISSED
from tests.fixtures.service import Time, Token

NATION = workdays.national_calendar([2022, 2023, 2024])
PAYER = Caller("payer", frozenset({"developer"}), frozenset({COUNTY}), make.DEVELOPER)
OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
NOW = at("2023-05-31 10:00")


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(NOW)
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


async def yellow(session: Session) -> WatchItem:
    item = await make.open_item(session)
    await make.climb_to(session, item, "2023-05-30 09:00")
    return item


async def ask(
    session: Session, item: WatchItem, until: str, now: datetime = NOW, caller: Caller = PAYER
) -> Extension:
    body = ExtensionIn(until_on=date.fromisoformat(until), reason="资金在途")
    return await actions.extensions.ask_extension(session, caller, item.id, body, now)


async def decide(
    session: Session,
    asked: Extension,
    *,
    granted: bool = True,
    until: str | None = None,
    now: datetime = NOW,
    caller: Caller = OFFICE,
) -> Extension:
    until_on = date.fromisoformat(until) if until else None
    body = ExtensionDecisionIn(granted=granted, until_on=until_on, reason="情况属实")
    return await actions.extensions.decide_extension(session, caller, asked.id, body, now)


async def rung_at(session: Session, item: WatchItem) -> datetime:
    [timer] = [one for one in await timers.armed(session, item.id) if one.kind == "level"]
    return timer.due_at


async def test_the_next_rung_waits_as_long_as_was_granted(session: Session) -> None:
    item = await yellow(session)
    assert await rung_at(session, item) == at("2023-06-08 09:00")
    asked = await ask(session, item, "2023-06-05")
    # To ask moves nothing.
    assert await rung_at(session, item) == at("2023-06-08 09:00")
    await decide(session, asked)
    # 31 May, 1, 2 and 5 June do not count: orange four working days later.
    assert await rung_at(session, item) == at("2023-06-14 09:00")
    last = (await make.timeline(session, item))[-1]
    assert (last.what, last.details["until_on"]) == ("extension_granted", "2023-06-05")
    assert last.details["pause"]["reason"] == "extension"
    await make.climb_to(session, item, "2023-06-14 09:00")
    assert item.level == "orange"


async def test_less_may_be_granted_than_was_asked_and_never_more(session: Session) -> None:
    item = await yellow(session)
    asked = await ask(session, item, "2023-06-05")
    await decide(session, asked, until="2023-06-01")
    assert asked.granted_until_on == date(2023, 6, 1)
    assert await rung_at(session, item) == at("2023-06-12 09:00")
    more = await ask(session, item, "2023-06-02")
    await decide(session, more, until="2023-06-06")
    assert more.granted_until_on == date(2023, 6, 2)


async def test_a_refusal_moves_nothing(session: Session) -> None:
    item = await yellow(session)
    asked = await ask(session, item, "2023-06-05")
    await decide(session, asked, granted=False)
    assert await rung_at(session, item) == at("2023-06-08 09:00")
    with pytest.raises(ExtensionDecided):
        await decide(session, asked)


async def test_how_long_and_how_often_is_policy(session: Session) -> None:
    item = await yellow(session)
    for until, code in (("2023-06-07", "extension_too_long"), ("2023-05-30", "extension_over")):
        with pytest.raises(ExtensionUnfit) as refused:
            await ask(session, item, until)
        assert [one.code for one in refused.value.errors] == [code]
        assert all(one.remedy for one in refused.value.errors)
    for _ in range(2):
        await decide(session, await ask(session, item, "2023-06-01"))
        await session.flush()  # The decision must be seen by queries.
    with pytest.raises(ExtensionUnfit) as refused:
        await ask(session, item, "2023-06-30")
    assert [one.code for one in refused.value.errors] == [
        "extended_too_often", "extension_too_long",
    ]  # fmt: skip


async def test_another_person_decides(session: Session) -> None:
    item = await yellow(session)
    both = frozenset({"developer", "wage_office"})
    asked = await ask(session, item, "2023-06-05")
    same = Caller("payer", both, frozenset({COUNTY}), make.DEVELOPER)
    colleague = Caller("colleague", both, frozenset({COUNTY}), make.DEVELOPER)
    for caller in (same, colleague):
        with pytest.raises(SecondPersonNeeded):
            await decide(session, asked, caller=caller)
    machine = Caller("key:1", frozenset({"wage_office"}), frozenset({COUNTY}))
    with pytest.raises(PersonNeeded):
        await decide(session, asked, caller=machine)


async def test_who_does_not_answer_for_an_item_asks_for_nothing(session: Session) -> None:
    item = await yellow(session)
    stranger = Caller("x", frozenset({"wage_office", "developer"}), frozenset({COUNTY}), an_id("x"))
    with pytest.raises(NotYoursToAnswer):
        await ask(session, item, "2023-06-05", caller=stranger)
    event = make.received("2023-05", "0.00", "2023-05-31 09:00")
    asked = await ask(session, item, "2023-06-05")
    assert await ask(session, item, "2023-06-02") is asked
    await service.handles[type(event)](session, event)
    with pytest.raises(AlreadyClosed):
        await ask(session, item, "2023-06-05")
    with pytest.raises(AlreadyClosed):
        await decide(session, asked)


@pytest.mark.caller("developer", areas=[COUNTY], org=make.DEVELOPER, subject="payer")
async def test_more_time_is_asked_and_granted_over_http(
    session: Session, client: AsyncClient, token: Token
) -> None:
    item = await yellow(session)
    await session.flush()  # The app's own transactions must see it.
    path = f"/cases/v1/watch-items/{item.id}/extensions"
    said = {"until_on": "2023-06-05", "reason": "资金在途"}
    made = await client.post(path, json=said)
    assert (made.status_code, made.json()["state"]) == (201, "asked")
    decision = f"/cases/v1/extensions/{made.json()['id']}/decision"
    yes = {"granted": True, "reason": "情况属实"}
    assert (await client.post(decision, json=yes)).status_code == 403
    office = token("wage_office", areas=[COUNTY], subject="office")
    done = await client.post(decision, json=yes, headers=office)
    assert (done.status_code, done.json()["granted_until_on"]) == (200, "2023-06-05")
    [listed] = (await client.get(path)).json()["items"]
    assert listed["id"] == done.json()["id"]
    shown = (await client.get(f"/cases/v1/watch-items/{item.id}")).json()
    assert [(one["to_at"], one["reason"]) for one in shown["paused"]] == [
        ("2023-06-05T16:00:00Z", "extension")
    ]


DAYS = st.dates(date(2023, 1, 1), date(2023, 11, 30))


@given(DAYS, st.integers(0, 30), st.integers(0, 20))
def test_what_is_granted_moves_every_later_rung_by_just_so_many_working_days(
    due_on: date, later: int, length: int
) -> None:
    ladder = Ladder.of(MISSED)
    now = clock.at(due_on + timedelta(days=1 + later), 10)
    today = clock.day_of(now)
    until_on = today + timedelta(days=length)
    pause = Pause(now, clock.day_end(until_on), "extension", "office")
    granted = Bounds(400, Unit.WD, 1).days(today, until_on, NATION)
    assert rules.faults(Bounds(granted or 1, Unit.WD, 1), 0, today, until_on, NATION) == []
    reached = ladder.found(due_on, clock.day_end(due_on), NATION, now)[-1]
    step, at_ = reached.step, reached.at
    before = ladder.following(step, at_, due_on, NATION)
    after = ladder.following(step, at_, due_on, NATION, pauses=[pause])
    assert before
    assert after
    assert before.step == after.step
    if before.at > now and before.step != "repeat":
        moved = NATION.workdays_between(clock.day_of(before.at), clock.day_of(after.at))
        assert moved == granted
