"""The clock door: timers and nightly looks on a database of their own, each run twice."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from services.cases import actions, jobs
from services.cases.models import ArrearsCase, CaseProposal, WatchItem, WatchItemEntry
from services.cases.rules.items import Happening, TimerKind
from services.cases.schemas.answers import AnswersIn
from services.cases.service import service
from shared import clock, telemetry, timers
from shared.auth import Caller
from shared.db import AuditRow, Session, Sessions
from shared.events.base import Event
from shared.events.cases import ArrearsCaseOpened, CaseProposed, WatchItemOpened, WatchItemRaised
from shared.events.platform import ItemWithoutTimer
from tests import waiting
from tests.cases import factories as make
from tests.cases.factories import an_id, at
from tests.fixtures.service import Published, Time, nightly


@pytest.fixture(autouse=True)
async def _world(sessions: Sessions, time: Time) -> None:
    time.move_to(at("2023-01-03 09:00"))
    async with sessions.begin() as session:
        await make.world(session)


async def handle(sessions: Sessions, *events: Event) -> None:
    """Handle events as the inbox does, each in its own transaction."""
    for event in events:
        async with sessions.begin(f"event:{event.type}") as session:
            await service.handles[type(event)](session, event)


async def run_due(sessions: Sessions, time: Time, now: datetime) -> None:
    """Run what is due at an instant, and once more."""
    time.move_to(now)
    while await timers.run_due(sessions, service.timers):
        pass
    assert await timers.run_due(sessions, service.timers) == 0


async def step_to(sessions: Sessions, time: Time, until: datetime) -> None:
    """Step through every due instant, as a scenario does."""
    while True:
        async with sessions.begin() as session:
            due = await session.scalar(timers.NEXT_DUE)
        if due is None or due > until:
            time.move_to(until)
            return
        await run_due(sessions, time, max(due, clock.now()))


async def item_of(session: Session, period: str, project: str = "p") -> WatchItem:
    return await make.item_about(session, an_id(project, period))


async def lines(sessions: Sessions, period: str, project: str = "p") -> Sequence[WatchItemEntry]:
    async with sessions.begin() as session:
        item = await item_of(session, period, project)
        found = select(WatchItemEntry).where(WatchItemEntry.watch_item_id == item.id)
        ordered = found.order_by(WatchItemEntry.at, WatchItemEntry.id)
        return (await session.scalars(ordered)).all()


async def test_each_rung_is_an_event_of_its_own_where_the_clock_steps(
    sessions: Sessions, time: Time, published: Published
) -> None:
    await handle(sessions, make.missed())
    await step_to(sessions, time, at("2023-06-25 09:00"))
    raised = await published(None, WatchItemRaised)
    assert [(one.level, one.occurred_at) for one in raised] == [
        ("yellow", at("2023-05-30 09:00")),
        ("orange", at("2023-06-08 09:00")),
        ("red", at("2023-06-25 09:00")),
    ]
    assert {line.actor for line in await lines(sessions, "2023-05")} == {
        "event:payroll.transfer_missed.v1", "timer:level", "timer:answer",
    }  # fmt: skip
    # A climb, and the limits that follow, are one change of the item.
    written = select(AuditRow.after).where(
        AuditRow.table_name == "watch_items", AuditRow.actor == "timer:level"
    )
    async with sessions.begin() as session:
        changes = [after or {} for after in await session.scalars(written)]
    assert len(changes) == len({after.get("step") for after in changes})
    assert any({"step", "due_at"} <= after.keys() for after in changes)


async def test_after_downtime_the_rungs_are_recorded_in_order_and_told_once(
    sessions: Sessions, time: Time, published: Published
) -> None:
    await handle(sessions, make.missed())
    await run_due(sessions, time, at("2023-06-20 14:00"))
    [raised] = await published(None, WatchItemRaised)
    assert (raised.level, raised.passed) == ("orange", ["notice", "yellow"])
    told = [(line.what, line.step) for line in await lines(sessions, "2023-05")]
    assert [step for what, step in told if what is not Happening.ORDER_MOVED] == [
        "open", "notice", "yellow", "orange", "draft",
    ]  # fmt: skip
    assert (Happening.ORDER_MOVED, "draft") in told, "a correction order is drafted there"


async def test_two_replicas_raise_an_item_once(
    sessions: Sessions, time: Time, published: Published
) -> None:
    await handle(sessions, *(make.missed(project=f"p{number}") for number in range(20)))
    time.move_to(at("2023-05-30 09:00"))
    await asyncio.gather(*(timers.run_due(sessions, service.timers) for _ in range(4)))
    await run_due(sessions, time, at("2023-05-30 09:00"))
    assert len(await published(None, WatchItemRaised)) == 20


async def test_who_answers_for_several_waits_for_limits_that_fire_just_now(
    sessions: Sessions, time: Time
) -> None:
    """They hold items in the order in which these fell due, whoever answers in another."""
    await handle(sessions, make.missed(project="p1"), make.missed(project="p2"))
    async with sessions.begin() as session:
        first, last = sorted([(await item_of(session, "2023-05", p)).id for p in ("p1", "p2")])
        for item_id, due_at in ((last, "2023-05-30 09:00"), (first, "2023-05-30 09:01")):
            (timer,) = await timers.armed(session, item_id, TimerKind.LEVEL)
            timer.due_at = at(due_at)
    time.move_to(at("2023-05-30 09:02"))
    holds = asyncio.Event()

    async def on_due(session: Session, timer: timers.Timer) -> None:
        await jobs.on_level_due(session, timer)
        if not holds.is_set():
            await session.flush()  # What was raised is held from here on.
            holds.set()
            await waiting.until(waiting.somebody_waits(sessions))

    async def answer() -> dict[str, Any]:
        await holds.wait()
        who = Caller("dev", frozenset({"developer"}), frozenset({make.COUNTY}), make.DEVELOPER)
        said = AnswersIn(item_ids=[first, last], explanation="资金已安排")
        async with sessions.begin() as session:
            return await actions.answers.answer_several(session, who, said, clock.now())

    fired, said = await asyncio.gather(
        timers.run_due(sessions, {TimerKind.LEVEL: on_due}), answer()
    )
    assert (fired, said["refused"]) == (2, [])


async def test_money_that_comes_while_a_rung_is_claimed_waits_for_nobody(
    sessions: Sessions, time: Time, published: Published
) -> None:
    await handle(sessions, make.missed())
    time.move_to(at("2023-05-26 09:00"))
    async with sessions.begin("timer:level") as session:
        due = select(timers.Timer).where(timers.Timer.kind == "level").with_for_update()
        timer = (await session.scalars(due)).one()
        paid = make.received("2023-05", "0.00", "2023-05-26 09:00")
        await asyncio.wait_for(handle(sessions, paid), 10)
        timer.state = timers.FIRED
        await jobs.on_level_due(session, timer)
    assert [type(event).__name__ for event in await published()] == [
        "WatchItemOpened", "WatchItemStepReached", "WatchItemClosed",
    ]  # fmt: skip


async def test_two_items_that_turn_red_at_once_are_one_proposal(
    sessions: Sessions, time: Time, published: Published
) -> None:
    second = make.missed(
        works_contract_id=an_id("other"), obligation_id=an_id("o"), account_id=an_id("a"),
    )  # fmt: skip
    await handle(sessions, make.missed(), second)
    await step_to(sessions, time, at("2023-06-19 09:00"))
    time.move_to(at("2023-06-25 09:00"))
    await asyncio.gather(*(timers.run_due(sessions, service.timers) for _ in range(4)))
    await run_due(sessions, time, at("2023-06-25 09:00"))
    assert len(await published(None, CaseProposed)) == 1


async def test_a_case_opens_by_itself_on_the_thirtieth_working_day(
    sessions: Sessions, time: Time, published: Published
) -> None:
    await handle(sessions, make.missed())
    await step_to(sessions, time, at("2023-07-07 08:59"))
    assert await published(None, ArrearsCaseOpened) == []
    await step_to(sessions, time, at("2023-07-07 09:00"))
    [opened] = await published(None, ArrearsCaseOpened)
    assert (opened.by_rule, opened.occurred_at) == (True, at("2023-07-07 09:00"))
    async with sessions.begin() as session:
        [case] = await session.scalars(select(ArrearsCase))
    assert (case.state, case.opened_by) == ("open", "timer:case")


async def test_a_case_timer_of_a_decided_proposal_opens_nothing(
    sessions: Sessions, time: Time, published: Published
) -> None:
    await handle(sessions, make.missed())
    await step_to(sessions, time, at("2023-06-26 00:00"))
    async with sessions.begin() as session:
        [proposal] = await session.scalars(select(CaseProposal))
        [timer] = await timers.armed(session, proposal.id, "case")
    for _ in range(2):
        async with sessions.begin("timer:case") as session:
            await jobs.on_case_due(session, timer)
    assert len(await published(None, ArrearsCaseOpened)) == 1


async def test_an_answer_that_does_not_come_is_noted_when_its_day_is_over(
    sessions: Sessions, time: Time
) -> None:
    await handle(sessions, make.missed())
    await step_to(sessions, time, at("2023-06-05 00:00"))
    overdue = [
        line.at for line in await lines(sessions, "2023-05") if line.what == "answer_overdue"
    ]
    assert overdue == [at("2023-06-03 00:00")]


async def test_every_open_item_has_a_timer_at_any_time(sessions: Sessions, time: Time) -> None:
    events = (
        make.missed(),
        make.missed("2023-06"),
        make.feed_late("2023-05-25", "2023-05-26 10:00"),
    )
    await handle(sessions, *events)
    for day in (date(2023, 6, 1), date(2023, 7, 3), date(2023, 8, 1)):
        await step_to(sessions, time, clock.at(day))
        async with sessions.begin() as session:
            for item in await session.scalars(select(WatchItem)):
                armed = await timers.armed(session, item.id, "level")
                assert len(armed) == 1
                assert armed[0].due_at > clock.at(day)


async def test_an_open_item_without_timer_is_told_once_a_night(
    sessions: Sessions, published: Published
) -> None:
    await handle(sessions, make.missed(), make.missed(project="q"), make.missed(project="r"))
    await handle(sessions, make.received("2023-05", "0.00", "2023-05-27 10:00", project="r"))
    async with sessions.begin() as session:
        item = await item_of(session, "2023-05")
        await timers.disarm(session, item.id)
    for day in (date(2023, 5, 27), date(2023, 5, 27), date(2023, 5, 28)):
        await nightly(sessions, "report_without_timer", day)
    told = await published(None, ItemWithoutTimer)
    assert [(one.service, one.kind, one.subject_id) for one in told] == [
        ("cases", "transfer_missed", item.id)
    ] * 2
    assert [line.what for line in await lines(sessions, "2023-05")].count("without_timer") == 2


async def test_an_open_proposal_without_timer_is_told_too(
    sessions: Sessions, time: Time, published: Published
) -> None:
    await handle(sessions, make.missed())
    await step_to(sessions, time, at("2023-06-26 00:00"))
    async with sessions.begin() as session:
        [proposal] = await session.scalars(select(CaseProposal))
        await timers.disarm(session, proposal.id)
    for _ in range(2):
        await nightly(sessions, "report_without_timer", date(2023, 6, 26))
    [told] = await published(None, ItemWithoutTimer)
    assert (told.kind, told.subject_id) == ("case_proposal", proposal.id)


async def test_at_night_items_go_to_whoever_is_in_charge_from_now_on(
    sessions: Sessions,
) -> None:
    await handle(sessions, make.missed())
    await handle(sessions, make.assigned("a", "2023-06-15", said_at="2023-06-01 10:00"))
    for _ in range(2):
        await nightly(sessions, "assign_persons", date(2023, 6, 15))
    async with sessions.begin() as session:
        assert (await item_of(session, "2023-05")).person_id == an_id("a")
    assert [line.what for line in await lines(sessions, "2023-05")].count("assigned") == 1


async def test_the_project_that_pays_badly_climbs_as_worked_out_by_hand(
    sessions: Sessions, time: Time, published: Published
) -> None:
    """February half and late, April late, May missing behind a late feed, paid in July."""
    await step_to(sessions, time, at("2023-02-25 00:00"))
    await handle(sessions, make.missed("2023-02", due_on=date(2023, 2, 24)))
    await step_to(sessions, time, at("2023-03-03 08:30"))
    await handle(sessions, make.received("2023-02", "0.00", "2023-03-03 08:30"))
    await step_to(sessions, time, at("2023-04-26 08:30"))
    april = make.missed("2023-04", occurred_at=at("2023-04-26 08:30"))
    await handle(sessions, april)
    await step_to(sessions, time, at("2023-05-19 08:30"))
    await handle(sessions, make.received("2023-04", "0.00", "2023-05-19 08:30"))
    await step_to(sessions, time, at("2023-05-30 15:00"))
    await handle(sessions, make.missed("2023-05", occurred_at=at("2023-05-30 15:00")))
    await step_to(sessions, time, at("2023-07-12 08:30"))
    await handle(sessions, make.received("2023-05", "0.00", "2023-07-12 08:30"))

    def levels(found: Sequence[WatchItemEntry]) -> list[tuple[str, datetime]]:
        return [(line.level, line.at) for line in found if line.what in {"opened", "raised"}]

    assert levels(await lines(sessions, "2023-02")) == [
        ("blue", at("2023-02-25 00:00")),
        ("yellow", at("2023-03-01 09:00")),
    ]
    assert levels(await lines(sessions, "2023-04")) == [
        ("blue", at("2023-04-26 08:30")),
        ("yellow", at("2023-04-28 09:00")),
        ("orange", at("2023-05-11 09:00")),
    ]
    found = at("2023-05-30 15:00")
    assert levels(await lines(sessions, "2023-05")) == [
        ("blue", found), ("yellow", found), ("orange", found), ("red", found),
    ]  # fmt: skip
    misses = [
        one for one in await published(None, WatchItemOpened) if one.kind == "transfer_missed"
    ]
    assert misses[-1].by_rule == "two_in_a_row"
    [opened] = await published(None, ArrearsCaseOpened)
    assert opened.opened_at == at("2023-07-07 09:00")


async def test_open_items_are_shown_by_kind_level_and_area(sessions: Sessions, time: Time) -> None:
    def shown(level: str) -> float | None:
        labels = {"service": "cases", "kind": "transfer_missed", "level": level}
        labels["area"] = make.COUNTY
        return telemetry.REGISTRY.get_sample_value("xinqing_open_items", labels)

    await handle(sessions, make.missed(), make.missed(project="q"))
    await jobs.measure_items(sessions)
    assert (shown("blue"), shown("yellow")) == (2, None)
    await step_to(sessions, time, at("2023-05-30 09:00"))
    await handle(sessions, make.received("2023-05", "0.00", "2023-05-30 09:00", project="q"))
    await jobs.measure_items(sessions)
    assert (shown("blue"), shown("yellow")) == (None, 1), "what was shown before is over"
