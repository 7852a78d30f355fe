"""Watch items: opened, raised by time and by rule, closed by proof alone."""

from datetime import date
from decimal import Decimal

import pytest

from services.cases import actions, handlers
from services.cases.errors import (
    PolicyMissing,
)
from services.cases.rules.items import CloseReason, ItemState
from shared import timers
from shared.db import Session
from shared.events.cases import (
    CaseProposed,
    WatchItemClosed,
    WatchItemOpened,
    WatchItemRaised,
    WatchItemStepReached,
)
from tests.cases import factories as make
from tests.cases.factories import an_id, at
from tests.fixtures.service import Published


@pytest.fixture(autouse=True)
async def _world(session: Session) -> None:
    await make.world(session)


# ---- opening ---------------------------------------------------------------------------------


async def test_a_miss_opens_an_item_on_the_lowest_level(
    session: Session, published: Published
) -> None:
    item = await make.open_item(session)
    assert (item.level, item.state, item.opened_at) == ("blue", "open", at("2023-05-26 00:00"))
    assert item.assignee == (make.DEVELOPER, None)
    assert item.key == f"transfer_missed:{an_id('p')}:{an_id('p', 'account')}:2023-05"
    assert item.due_at == at("2023-05-26 09:00")
    [opened] = await published(session, WatchItemOpened)
    assert (opened.level, opened.level_rank, opened.level_label) == ("blue", 1, "蓝")
    assert opened.occurred_at == opened.opened_at == at("2023-05-26 00:00")
    assert opened.project.name == "项目p"
    assert (opened.lacking, opened.due_on) == (Decimal("300000.00"), date(2023, 5, 25))
    assert (opened.passed, opened.by_rule) == ([], None)
    assert opened.policy_version == item.policy_version == 1
    assert opened.calendar_version == item.calendar_version


async def test_the_next_rung_is_armed_from_the_instant_of_entry(session: Session) -> None:
    item = await make.open_item(session)
    [armed] = await timers.armed(session, item.id)
    assert (armed.kind, armed.step) == ("level", "notice")
    assert (armed.due_at, armed.entered_at) == (at("2023-05-26 09:00"), item.opened_at)
    assert (armed.policy_version, armed.calendar_version) == (1, item.calendar_version)


async def test_the_same_miss_told_again_opens_nothing(
    session: Session, published: Published
) -> None:
    event = make.missed()
    await make.open_item(session, event)
    await make.open_item(session, event)
    assert len(await published(session, WatchItemOpened)) == 1


async def test_the_same_miss_told_again_after_closing_opens_nothing(
    session: Session, published: Published
) -> None:
    event = make.missed()
    await make.open_item(session, event)
    await handlers.on_transfer_received(
        session, make.received("2023-05", "0.00", "2023-05-27 10:00")
    )
    item = await make.open_item(session, event)
    assert item.is_closed
    assert len(await published(session, WatchItemOpened)) == 1


async def test_what_is_missed_anew_after_closing_opens_a_second_item(session: Session) -> None:
    first = await make.open_item(session)
    await handlers.on_transfer_received(
        session, make.received("2023-05", "0.00", "2023-05-27 10:00")
    )
    again = make.missed(occurred_at=at("2023-06-01 00:00"))
    second = await make.open_item(session, again)
    assert (second.id != first.id, second.state) == (True, ItemState.OPEN)


async def test_a_miss_found_late_opens_on_the_level_that_time_gives(
    session: Session, published: Published
) -> None:
    item = await make.open_item(session, make.missed(occurred_at=at("2023-06-20 15:00")))
    [opened] = await published(session, WatchItemOpened)
    assert (opened.level, opened.passed) == ("orange", ["open", "notice", "yellow"])
    lines = await make.timeline(session, item)
    assert [(line.what, line.level, line.step) for line in lines] == [
        ("opened", "blue", "open"),
        ("step_reached", "blue", "notice"),
        ("raised", "yellow", "yellow"),
        ("raised", "orange", "orange"),
        ("step_reached", "orange", "draft"),
    ]
    assert {line.at for line in lines} == {at("2023-06-20 15:00")}
    assert [line.details.get("passed", False) for line in lines] == [True, True, True, False, True]
    assert lines[2].details["would_have_been_at"] == "2023-05-30T01:00:00Z"
    assert item.level_since == at("2023-06-20 15:00")
    [armed] = await timers.armed(session, item.id, "level")
    assert (armed.step, armed.due_at) == ("red", at("2023-06-25 09:00"))


async def test_a_miss_without_account_has_none_in_its_key(session: Session) -> None:
    item = await make.open_item(session, make.missed(account_id=None))
    assert item.key == f"transfer_missed:{an_id('p')}:none:2023-05"


async def test_without_any_policy_the_event_is_for_people(session: Session) -> None:
    early = make.missed(due_on=date(2020, 4, 24), occurred_at=at("2020-04-25 00:00"))
    with pytest.raises(PolicyMissing):
        await handlers.on_transfer_missed(session, early)


# ---- time ------------------------------------------------------------------------------------


async def test_time_raises_an_item_rung_by_rung_until_red_and_then_repeats(
    session: Session, published: Published
) -> None:
    item = await make.open_item(session)
    await make.climb_to(session, item, "2023-06-28 00:00")
    assert await make.told(session, item) == [
        ("opened", "blue", "open"),
        ("step_reached", "blue", "notice"),
        ("raised", "yellow", "yellow"),
        ("raised", "orange", "orange"),
        ("step_reached", "orange", "draft"),
        ("raised", "red", "red"),
        ("case_proposed", "red", "red"),
        ("step_reached", "red", "repeat"),
        ("step_reached", "red", "repeat"),
    ]
    raised = await published(session, WatchItemRaised)
    assert [(one.previous_level, one.level, one.occurred_at) for one in raised] == [
        ("blue", "yellow", at("2023-05-30 09:00")),
        ("yellow", "orange", at("2023-06-08 09:00")),
        ("orange", "red", at("2023-06-25 09:00")),
    ]
    steps = await published(session, WatchItemStepReached)
    assert [(one.step, one.occurred_at) for one in steps] == [
        ("notice", at("2023-05-26 09:00")),
        ("draft", at("2023-06-19 09:00")),
        ("repeat", at("2023-06-26 09:00")),
        ("repeat", at("2023-06-27 09:00")),
    ]
    assert [one.by_rule for one in raised] == [None, None, None]


async def test_rungs_passed_while_nothing_ran_are_recorded_and_told_once(
    session: Session, published: Published
) -> None:
    item = await make.open_item(session)
    [timer] = await timers.armed(session, item.id, "level")
    timer.state = timers.FIRED
    await actions.levels.raise_level(session, item.id, at("2023-06-09 12:00"))
    [raised] = await published(session, WatchItemRaised)
    assert (raised.previous_level, raised.level) == ("blue", "orange")
    assert (raised.passed, raised.occurred_at) == (["notice", "yellow"], at("2023-06-08 09:00"))
    assert await published(session, WatchItemStepReached) == []
    dated = [(line.step, line.at, line.details) for line in await make.timeline(session, item)][1:]
    assert dated == [
        ("notice", at("2023-05-26 09:00"), {"passed": True}),
        ("yellow", at("2023-05-30 09:00"), {"passed": True}),
        ("orange", at("2023-06-08 09:00"), {}),
    ]


async def test_repeats_missed_while_nothing_ran_are_recorded_and_told_once(
    session: Session, published: Published
) -> None:
    item = await make.open_item(session)
    await make.climb_to(session, item, "2023-06-25 09:00")
    [timer] = await timers.armed(session, item.id, "level")
    timer.state = timers.FIRED
    await actions.levels.raise_level(session, item.id, at("2023-06-28 12:00"))
    last = (await published(session, WatchItemStepReached))[-1]
    assert (last.step, last.passed) == ("repeat", ["repeat", "repeat"])
    assert last.occurred_at == at("2023-06-28 09:00")


async def test_a_closed_item_climbs_no_more(session: Session) -> None:
    item = await make.open_item(session)
    await handlers.on_transfer_received(
        session, make.received("2023-05", "0.00", "2023-05-27 10:00")
    )
    assert await timers.armed(session, item.id) == []
    await actions.levels.raise_level(session, item.id, at("2023-07-01 00:00"))
    assert item.level == "blue"


async def test_an_open_item_whose_rung_moved_away_is_armed_again(session: Session) -> None:
    item = await make.open_item(session)
    await timers.disarm(session, item.id)
    await actions.levels.raise_level(session, item.id, at("2023-05-26 08:00"))
    [armed] = await timers.armed(session, item.id, "level")
    assert armed.step == "notice"


# ---- rules that jump -------------------------------------------------------------------------


async def test_the_second_miss_in_a_row_opens_red_and_says_by_which_rule(
    session: Session, published: Published
) -> None:
    await make.open_item(session, make.missed("2023-05"))
    june = await make.open_item(session, make.missed("2023-06"))
    opened = (await published(session, WatchItemOpened))[-1]
    assert (opened.period, opened.level, opened.by_rule) == ("2023-06", "red", "two_in_a_row")
    assert opened.passed == ["open", "notice", "yellow", "orange", "draft"]
    lines = await make.timeline(session, june)
    assert [line.step for line in lines if line.what != "case_proposed"] == [
        "open", "notice", "yellow", "orange", "draft", "red",
    ]  # fmt: skip
    assert [line.details.get("by_rule") for line in lines[1:6]] == ["two_in_a_row"] * 5
    assert {line.at for line in lines} == {june.opened_at}
    [armed] = await timers.armed(session, june.id, "level")
    assert (armed.step, armed.due_at) == ("repeat", at("2023-06-27 09:00"))


async def test_the_first_of_a_row_climbs_by_time_alone(session: Session) -> None:
    may = await make.open_item(session, make.missed("2023-05"))
    await make.open_item(session, make.missed("2023-06"))
    assert may.level == "blue"


async def test_late_news_of_an_earlier_period_raises_the_later_one(
    session: Session, published: Published
) -> None:
    june = await make.open_item(session, make.missed("2023-06"))
    late = make.missed("2023-05", occurred_at=at("2023-06-27 15:00"))
    may = await make.open_item(session, late)
    [raised] = await published(session, WatchItemRaised)
    assert (raised.watch_item_id, raised.by_rule) == (june.id, "two_in_a_row")
    assert (raised.previous_level, raised.level) == ("blue", "red")
    assert raised.passed == ["notice", "yellow", "orange", "draft"]
    assert raised.occurred_at == at("2023-06-27 15:00")
    # D+20 wd of 25 May is 25 June, so time alone made the late one red.
    [_, opened] = await published(session, WatchItemOpened)
    assert (opened.watch_item_id, opened.level, opened.by_rule) == (may.id, "red", None)


async def test_the_third_miss_of_a_project_opens_red_though_the_others_are_settled(
    session: Session,
) -> None:
    for period, paid in (("2023-02", "2023-03-02 11:00"), ("2023-04", "2023-05-18 11:00")):
        await make.open_item(session, make.missed(period))
        await handlers.on_transfer_received(session, make.received(period, "0.00", paid))
    june = await make.open_item(session, make.missed("2023-06"))
    lines = await make.timeline(session, june)
    assert (june.level, lines[-2].details["by_rule"]) == ("red", "three_in_total")


async def test_a_paid_period_between_ends_the_row(session: Session) -> None:
    await make.open_item(session, make.missed("2023-04"))
    june = await make.open_item(session, make.missed("2023-06"))
    assert june.level == "blue"


async def test_rows_are_counted_by_contract(session: Session) -> None:
    await make.open_item(session, make.missed("2023-05"))
    other = make.missed(
        "2023-06", works_contract_id=an_id("other"), obligation_id=an_id("o"),
        account_id=an_id("other account"),
    )  # fmt: skip
    assert (await make.open_item(session, other)).level == "blue"


async def test_misses_of_another_project_count_for_nothing(session: Session) -> None:
    await make.open_item(session, make.missed("2023-05"))
    item = await make.open_item(session, make.missed("2023-06", project="q"))
    assert item.level == "blue"


# ---- money -----------------------------------------------------------------------------------


async def test_part_payment_lowers_what_is_lacking_and_keeps_the_level(
    session: Session, published: Published
) -> None:
    item = await make.open_item(session)
    await make.climb_to(session, item, "2023-05-30 09:00")
    part = make.received("2023-05", "150000.00", "2023-06-01 10:00")
    for _ in range(2):
        await handlers.on_transfer_received(session, part)
    assert (item.lacking, item.level, item.state) == (Decimal("150000.00"), "yellow", "open")
    assert [what for what, *_ in await make.told(session, item)].count("part_received") == 1
    assert await published(session, WatchItemClosed) == []
    assert (await timers.armed(session, item.id, "level"))[0].step == "orange"


async def test_the_money_closes_the_item_with_the_serials_as_proof(
    session: Session, published: Published
) -> None:
    item = await make.open_item(session)
    part = make.received("2023-05", "150000.00", "2023-06-01 10:00", bank_serials=["B1"])
    rest = make.received("2023-05", "0.00", "2023-06-02 10:00", bank_serials=["B1", "B2"])
    for event in (part, rest, rest):
        await handlers.on_transfer_received(session, event)
    assert (item.state, item.closed_at) == (ItemState.CLOSED, at("2023-06-02 10:00"))
    assert (item.close_reason, item.bank_serials) == (CloseReason.TRANSFER_RECEIVED, ["B1", "B2"])
    assert item.due_at is None
    assert await timers.armed(session, item.id) == []
    [closed] = await published(session, WatchItemClosed)
    assert (closed.close_reason, closed.lacking) == ("transfer_received", Decimal("0.00"))
    assert closed.closed_at == closed.occurred_at == at("2023-06-02 10:00")
    last = (await make.timeline(session, item))[-1]
    assert (last.what, last.details["bank_serials"]) == ("closed", ["B1", "B2"])


async def test_money_for_what_was_never_missed_is_no_news(
    session: Session, published: Published
) -> None:
    await handlers.on_transfer_received(
        session, make.received("2023-05", "0.00", "2023-05-24 10:00")
    )
    assert await published(session) == []


# ---- late feeds ------------------------------------------------------------------------------


async def test_a_late_feed_is_the_banks_and_nobody_elses(
    session: Session, published: Published
) -> None:
    await handlers.on_bank_feed_late(session, make.feed_late())
    item = await make.item_about(session, an_id("feed", "2023-06-28"))
    assert (item.kind, item.period, item.project_id) == ("bank_feed_late", "2023-06-28", None)
    assert item.assignee == (make.BANK, None)
    assert (item.developer_id, item.contractor_id) == (None, None)
    assert item.key == f"bank_feed_late:{an_id('source')}:2023-06-28"
    assert (item.level, item.opened_at) == ("blue", at("2023-06-29 10:00"))
    [opened] = await published(session, WatchItemOpened)
    assert (opened.unit_id, opened.project, opened.lacking) == (make.BANK, None, None)


async def test_a_late_feed_climbs_to_yellow_and_closes_when_it_comes(
    session: Session, published: Published
) -> None:
    await handlers.on_bank_feed_late(session, make.feed_late())
    item = await make.item_about(session, an_id("feed", "2023-06-28"))
    await make.climb_to(session, item, "2023-06-30 09:39")
    assert (item.level, item.level_since) == ("yellow", at("2023-06-30 09:00"))
    for _ in range(2):
        await handlers.on_bank_feed_completed(
            session, make.feed_completed("2023-06-28", "2023-06-30 09:40")
        )
    [closed] = await published(session, WatchItemClosed)
    assert closed.close_reason == "bank_feed_completed"
    assert item.closed_at == at("2023-06-30 09:40")


async def test_a_late_feed_never_leads_to_a_proposal(
    session: Session, published: Published
) -> None:
    await handlers.on_bank_feed_late(session, make.feed_late())
    item = await make.item_about(session, an_id("feed", "2023-06-28"))
    await make.climb_to(session, item, "2023-07-31 00:00")
    assert item.level == "red"
    assert await published(session, CaseProposed) == []


async def test_a_waived_feed_closes_its_item_as_waived(session: Session) -> None:
    await handlers.on_bank_feed_late(session, make.feed_late())
    done = make.feed_completed("2023-06-28", "2023-07-03 09:40", waived=True)
    await handlers.on_bank_feed_completed(session, done)
    item = await make.item_about(session, an_id("feed", "2023-06-28"))
    assert item.close_reason == CloseReason.BANK_FEED_WAIVED
