"""The platform's canary in cases: opened by a timer, closed by its money, told of as others are."""

import asyncio

from sqlalchemy import select

from services.cases import handlers, queries
from services.cases.models import WatchItem
from services.cases.rules.items import ItemState, WatchKind
from services.cases.service import service
from shared import clock, timers
from shared.areas import CANARY
from shared.db import Sessions
from shared.events.cases import WatchItemClosed, WatchItemOpened
from shared.events.payroll import CanaryMissed, CanaryReceived
from tests.cases.factories import an_id, at
from tests.fixtures.service import Published, Time
from tests.waiting import somebody_waits, until

ROUND = an_id("round")
MISSED = CanaryMissed(round_id=ROUND, occurred_at=at("2023-05-27 10:00"))
RECEIVED = CanaryReceived(round_id=ROUND, bank_serials=["one"], occurred_at=at("2023-05-27 10:05"))


async def _missed(sessions: Sessions, time: Time) -> None:
    time.move_to(MISSED.occurred_at)
    async with sessions.begin("test") as session:
        await handlers.on_canary_missed(session, MISSED)


async def _received(sessions: Sessions) -> None:
    async with sessions.begin("test") as session:
        await handlers.on_canary_received(session, RECEIVED)


async def _items(sessions: Sessions) -> list[WatchItem]:
    async with sessions.begin("test") as session:
        return list((await session.scalars(select(WatchItem))).all())


async def test_a_canary_opens_by_a_timer_and_closes_by_its_money(
    sessions: Sessions, time: Time, published: Published
) -> None:
    await _missed(sessions, time)
    assert await _items(sessions) == []
    for _ in range(2):
        await timers.run_due(sessions, service.timers)
    [item] = await _items(sessions)
    assert (item.kind, item.area_code, item.state) == (WatchKind.CANARY, CANARY, ItemState.OPEN)
    async with sessions.begin("test") as session:
        assert await queries.items.watch_items_without_timer(session) == []
        assert await queries.items.open_counts(session) == []
    for _ in range(2):
        await _received(sessions)
    [item] = await _items(sessions)
    assert (item.state, item.close_reason) == (ItemState.CLOSED, "transfer_received")
    opened, closed = await published()
    assert isinstance(opened, WatchItemOpened)
    assert isinstance(closed, WatchItemClosed)
    assert (opened.subject_id, opened.kind, opened.unit_id) == (ROUND, "canary", ROUND)
    async with sessions.begin("test") as session:
        for name, broken in service.invariants.items():
            assert await broken(session) == [], name


async def test_a_canary_whose_money_came_before_its_timer_never_opens(
    sessions: Sessions, time: Time, published: Published
) -> None:
    await _missed(sessions, time)
    await _received(sessions)
    time.move_to(clock.at(clock.today(), 23))
    await timers.run_due(sessions, service.timers)
    assert await _items(sessions) == []
    assert await published() == []


async def test_money_that_comes_while_the_timer_opens_the_item_waits_for_it(
    sessions: Sessions, time: Time
) -> None:
    await _missed(sessions, time)
    async with sessions.begin("test") as session:
        [timer] = await timers.armed(session, ROUND)
        await timers.hold_all(session, [ROUND])
        receiving = asyncio.create_task(_received(sessions))
        await until(somebody_waits(sessions))
        await timers.fire_due(session, [ROUND], timer.due_at, service.timers["canary"])
    await receiving
    [item] = await _items(sessions)
    assert item.state is ItemState.CLOSED
