"""What cases does with a fact: rows and events out, each action on the rows of one transaction."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.cases import actions, handlers
from services.cases.errors import (
    AlreadyClosed,
    AreaUnknown,
    NotAnswered,
    PolicyMissing,
    PolicyRefused,
    PolicyVersionTaken,
    PromiseInThePast,
    ProposalDecided,
    ProposalUnknown,
    UnderVerification,
    WatchItemUnknown,
)
from services.cases.models import Policy, WatchItem, WatchItemEntry
from services.cases.rules.items import CloseReason, ItemState, ProposalState
from services.cases.schemas import AnswerIn, AssigneeIn, FindingIn, PolicyIn, VerifyIn
from shared import clock, timers
from shared.auth import Caller
from shared.db import Session
from shared.events.cases import (
    ArrearsCaseOpened,
    CaseProposed,
    WatchItemClosed,
    WatchItemOpened,
    WatchItemRaised,
    WatchItemStepReached,
)
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, TOWN, an_id, at
from tests.cases.policies import MISSED, body
from tests.fixtures.service import Published

OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
OTHER = Caller("other", frozenset({"wage_office"}), frozenset({NEIGHBOUR}))


@pytest.fixture(autouse=True)
async def _world(session: Session) -> None:
    await make.world(session)


async def timeline(session: Session, item: WatchItem) -> list[WatchItemEntry]:
    await session.flush()  # What the action has written must be seen by the query.
    found = select(WatchItemEntry).where(WatchItemEntry.watch_item_id == item.id)
    return list(await session.scalars(found.order_by(WatchItemEntry.at, WatchItemEntry.id)))


async def told(session: Session, item: WatchItem) -> list[tuple[str, str, str]]:
    return [(line.what.value, line.level, line.step) for line in await timeline(session, item)]


async def climb_to(session: Session, item: WatchItem, until: str) -> None:
    """Let time pass as timers do: from one due instant to the next."""
    while True:
        due = await timers.armed(session, item.id, "level")
        if item.is_closed or not due or due[0].due_at > at(until):
            return
        await fire(session, due[0])


async def fire(session: Session, timer: timers.Timer) -> None:
    timer.state = timers.FIRED
    await session.flush()  # The action may arm the next limit of this kind.
    await actions.levels.raise_level(session, timer.subject_id, timer.due_at)


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
    lines = await timeline(session, item)
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
    await climb_to(session, item, "2023-06-28 00:00")
    assert await told(session, item) == [
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
    dated = [(line.step, line.at, line.details) for line in await timeline(session, item)][1:]
    assert dated == [
        ("notice", at("2023-05-26 09:00"), {"passed": True}),
        ("yellow", at("2023-05-30 09:00"), {"passed": True}),
        ("orange", at("2023-06-08 09:00"), {}),
    ]


async def test_repeats_missed_while_nothing_ran_are_recorded_and_told_once(
    session: Session, published: Published
) -> None:
    item = await make.open_item(session)
    await climb_to(session, item, "2023-06-25 09:00")
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
    lines = await timeline(session, june)
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
    lines = await timeline(session, june)
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
    await climb_to(session, item, "2023-05-30 09:00")
    part = make.received("2023-05", "150000.00", "2023-06-01 10:00")
    for _ in range(2):
        await handlers.on_transfer_received(session, part)
    assert (item.lacking, item.level, item.state) == (Decimal("150000.00"), "yellow", "open")
    assert [what for what, *_ in await told(session, item)].count("part_received") == 1
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
    last = (await timeline(session, item))[-1]
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
    await climb_to(session, item, "2023-06-30 09:39")
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
    await climb_to(session, item, "2023-07-31 00:00")
    assert item.level == "red"
    assert await published(session, CaseProposed) == []


async def test_a_waived_feed_closes_its_item_as_waived(session: Session) -> None:
    await handlers.on_bank_feed_late(session, make.feed_late())
    done = make.feed_completed("2023-06-28", "2023-07-03 09:40", waived=True)
    await handlers.on_bank_feed_completed(session, done)
    item = await make.item_about(session, an_id("feed", "2023-06-28"))
    assert item.close_reason == CloseReason.BANK_FEED_WAIVED


# ---- proposals and cases ---------------------------------------------------------------------


async def red_item(session: Session, period: str = "2023-05") -> WatchItem:
    item = await make.open_item(session, make.missed(period))
    await climb_to(session, item, "2023-06-25 09:00")
    assert item.level == "red"
    return item


async def test_red_proposes_a_case_that_opens_by_itself_after_thirty_working_days(
    session: Session, published: Published
) -> None:
    item = await red_item(session)
    [proposal] = await make.proposals(session)
    assert (proposal.state, proposal.proposed_at) == ("open", at("2023-06-25 09:00"))
    [armed] = await timers.armed(session, proposal.id)
    assert (armed.kind, armed.due_at) == ("case", at("2023-07-07 09:00"))
    [proposed] = await published(session, CaseProposed)
    assert (proposed.proposal_id, proposed.watch_item_id) == (proposal.id, item.id)
    for _ in range(2):
        await actions.proposals.open_case_by_rule(session, proposal.id, armed.due_at)
    [case] = await make.cases(session)
    [opened] = await published(session, ArrearsCaseOpened)
    assert (opened.arrears_case_id, opened.by_rule) == (case.id, True)
    assert opened.occurred_at == case.opened_at == at("2023-07-07 09:00")
    assert (proposal.state, proposal.by_rule) == ("confirmed", True)
    assert ("case_opened", "red", "red") in await told(session, item)


async def test_a_project_has_one_proposal_however_many_items_are_red(
    session: Session, published: Published
) -> None:
    await red_item(session)
    await make.open_item(session, make.missed("2023-06"))
    assert len(await published(session, CaseProposed)) == 1


async def test_the_office_confirms_and_nothing_is_left_to_happen_by_itself(
    session: Session, published: Published
) -> None:
    await red_item(session)
    [proposal] = await make.proposals(session)
    now = at("2023-06-26 10:00")
    await actions.proposals.confirm_proposal(session, OFFICE, proposal.id, now)
    [opened] = await published(session, ArrearsCaseOpened)
    assert (opened.by_rule, opened.opened_at) == (False, now)
    assert (proposal.state, proposal.due_at) == ("confirmed", None)
    assert await timers.armed(session, proposal.id) == []
    with pytest.raises(ProposalDecided):
        await actions.proposals.refuse_proposal(session, OFFICE, proposal.id, "late", now)


async def test_no_second_proposal_while_a_case_is_open(
    session: Session, published: Published
) -> None:
    await red_item(session)
    [proposal] = await make.proposals(session)
    now = at("2023-06-26 10:00")
    await actions.proposals.confirm_proposal(session, OFFICE, proposal.id, now)
    await make.open_item(session, make.missed("2023-06", occurred_at=at("2023-06-27 00:00")))
    assert len(await published(session, CaseProposed)) == 1


async def test_a_refusal_holds_until_the_next_miss(session: Session, published: Published) -> None:
    item = await red_item(session, "2023-05")
    [first] = await make.proposals(session)
    await actions.proposals.refuse_proposal(
        session, OFFICE, first.id, "funds on the way", at("2023-06-26 10:00")
    )
    assert await timers.armed(session, first.id) == []
    # Red is repeated each working day; that is no new miss.
    await climb_to(session, item, "2023-07-20 00:00")
    assert len(await make.proposals(session)) == 1
    july = make.missed("2023-07")
    await make.open_item(session, july)
    [_, second] = await make.proposals(session)
    assert (second.state, second.proposed_at) == ("open", july.occurred_at)
    # D + 30 wd of the oldest open miss is over, so the case would open at once.
    assert (await timers.armed(session, second.id))[0].due_at == july.occurred_at
    assert len(await published(session, CaseProposed)) == 2


async def test_another_item_that_turns_red_after_a_refusal_is_no_new_miss(
    session: Session,
) -> None:
    await make.open_item(session, make.missed("2023-03"))
    late = await make.open_item(session, make.missed("2023-05"))
    march = await make.item_about(session, an_id("p", "2023-03"))
    await climb_to(session, march, "2023-06-20 00:00")
    [first] = await make.proposals(session)
    now = at("2023-06-20 10:00")
    await actions.proposals.refuse_proposal(session, OFFICE, first.id, "a dispute", now)
    await climb_to(session, late, "2023-06-25 09:00")
    assert late.level == "red"
    assert [one.state for one in await make.proposals(session)] == [ProposalState.REFUSED]


async def test_a_proposal_without_a_red_item_left_is_withdrawn(session: Session) -> None:
    item = await red_item(session)
    await handlers.on_transfer_received(
        session, make.received("2023-05", "0.00", "2023-06-28 10:00")
    )
    [proposal] = await make.proposals(session)
    assert (proposal.state, proposal.reason) == ("withdrawn", "no_red_item_left")
    assert proposal.decided_at == at("2023-06-28 10:00")
    assert await timers.armed(session, proposal.id) == []
    assert ("case_withdrawn", "red", "red") in await told(session, item)


async def test_a_proposal_stays_while_another_item_is_red(session: Session) -> None:
    await red_item(session)
    await make.open_item(session, make.missed("2023-06"))
    await handlers.on_transfer_received(
        session, make.received("2023-05", "0.00", "2023-06-28 10:00")
    )
    [proposal] = await make.proposals(session)
    assert proposal.state == "open"
    # June is the oldest open miss now: thirty working days after 25 June.
    [armed] = await timers.armed(session, proposal.id)
    assert armed.due_at == proposal.due_at == at("2023-08-04 09:00")


async def test_an_older_miss_found_late_brings_the_case_forward(session: Session) -> None:
    await make.open_item(session, make.missed("2023-05"))
    await make.open_item(session, make.missed("2023-06"))
    [proposal] = await make.proposals(session)
    assert proposal.due_at == at("2023-07-07 09:00")
    late = make.missed("2023-04", occurred_at=at("2023-06-27 15:00"))
    await make.open_item(session, late)
    assert proposal.due_at == at("2023-06-27 15:00")


async def test_a_proposal_of_another_area_is_not_there(session: Session) -> None:
    await red_item(session)
    [proposal] = await make.proposals(session)
    with pytest.raises(ProposalUnknown):
        await actions.proposals.confirm_proposal(
            session, OTHER, proposal.id, at("2023-06-26 10:00")
        )


# ---- answers ---------------------------------------------------------------------------------


async def test_an_answer_stops_the_answer_limit_and_not_the_ladder(session: Session) -> None:
    item = await make.open_item(session)
    await climb_to(session, item, "2023-05-30 09:00")
    assert item.due_at == item.answer_due_at == clock.day_end(date(2023, 6, 2))
    answer = AnswerIn(explanation="已提交用款申请", promised_on=date(2023, 6, 15))
    now = at("2023-05-31 10:00")
    await actions.answers.answer_watch_item(session, OFFICE, item.id, answer, now)
    assert (item.state, item.promised_on) == (ItemState.ANSWERED, date(2023, 6, 15))
    assert (item.due_at, item.answer_due_at) == (at("2023-06-08 09:00"), None)
    [armed] = await timers.armed(session, item.id)
    assert (armed.kind, armed.step) == ("level", "orange")
    last = (await timeline(session, item))[-1]
    assert (last.what, last.at) == ("answered", now)
    assert last.details == {"explanation": "已提交用款申请", "promised_on": "2023-06-15"}
    await climb_to(session, item, "2023-06-08 09:00")
    assert (item.level, item.state) == ("orange", ItemState.ANSWERED)


async def test_an_answer_that_is_not_enough_is_asked_for_again(session: Session) -> None:
    item = await make.open_item(session)
    await climb_to(session, item, "2023-05-30 09:00")
    now = at("2023-05-31 10:00")
    await actions.answers.answer_watch_item(
        session, OFFICE, item.id, AnswerIn(explanation="soon"), now
    )
    no = VerifyIn(enough=False, reason="no date")
    await actions.answers.verify_watch_item(session, OFFICE, item.id, no, now)
    assert item.state is ItemState.OPEN
    # Three working days, counted from when it was asked again.
    assert item.answer_due_at == clock.day_end(date(2023, 6, 5))


async def test_an_answer_that_is_enough_is_verified_and_only_a_proof_closes(
    session: Session,
) -> None:
    item = await make.open_item(session)
    now = at("2023-05-31 10:00")
    await actions.answers.answer_watch_item(
        session, OFFICE, item.id, AnswerIn(explanation="paid"), now
    )
    yes = VerifyIn(enough=True, reason="receipt seen")
    await actions.answers.verify_watch_item(session, OFFICE, item.id, yes, now)
    assert item.state is ItemState.VERIFYING
    with pytest.raises(UnderVerification):
        await actions.answers.answer_watch_item(
            session, OFFICE, item.id, AnswerIn(explanation="again"), now
        )
    await handlers.on_transfer_received(
        session, make.received("2023-05", "0.00", "2023-06-01 10:00")
    )
    assert item.state is ItemState.CLOSED


async def test_a_closed_item_takes_no_answer_and_no_assignee(session: Session) -> None:
    item = await make.open_item(session)
    await handlers.on_transfer_received(
        session, make.received("2023-05", "0.00", "2023-05-27 10:00")
    )
    now = at("2023-05-31 10:00")
    with pytest.raises(AlreadyClosed):
        await actions.answers.answer_watch_item(
            session, OFFICE, item.id, AnswerIn(explanation="paid"), now
        )
    with pytest.raises(AlreadyClosed):
        await actions.answers.verify_watch_item(
            session, OFFICE, item.id, VerifyIn(enough=True, reason="yes"), now
        )
    with pytest.raises(AlreadyClosed):
        await actions.answers.assign_watch_item(
            session, OFFICE, item.id, AssigneeIn(unit_id=uuid4()), now
        )


async def test_what_is_not_answered_cannot_be_verified(session: Session) -> None:
    item = await make.open_item(session)
    with pytest.raises(NotAnswered):
        await actions.answers.verify_watch_item(
            session, OFFICE, item.id, VerifyIn(enough=True, reason="yes"), at("2023-05-31 10:00")
        )


async def test_a_day_in_the_past_cannot_be_promised(session: Session) -> None:
    item = await make.open_item(session)
    answer = AnswerIn(explanation="paid", promised_on=date(2023, 5, 30))
    with pytest.raises(PromiseInThePast):
        # In UTC it is still the 30th.
        await actions.answers.answer_watch_item(
            session, OFFICE, item.id, answer, at("2023-05-31 07:00")
        )


async def test_a_limit_without_answer_is_written_down_once(session: Session) -> None:
    item = await make.open_item(session)
    await climb_to(session, item, "2023-05-30 09:00")
    [_, answer] = sorted(await timers.armed(session, item.id), key=lambda one: one.kind)[::-1]
    assert (answer.kind, answer.due_at) == ("answer", clock.day_end(date(2023, 6, 2)))
    answer.state = timers.FIRED
    await actions.levels.note_answer_overdue(session, item.id, answer.due_at)
    # The item stays due since then, and heads its unit's queue.
    assert item.due_at == answer.due_at
    assert (await told(session, item))[-1] == ("answer_overdue", "yellow", "yellow")


async def test_a_finding_is_kept_and_decides_nothing(session: Session) -> None:
    item = await make.open_item(session)
    finding = FindingIn(text="告示牌缺失")
    entry = await actions.answers.add_finding(
        session, OFFICE, item.id, finding, at("2023-05-31 10:00")
    )
    assert (entry.what, entry.details) == ("finding_added", {"text": "告示牌缺失"})
    assert item.state is ItemState.OPEN


async def test_an_item_of_another_area_is_not_there(session: Session) -> None:
    item = await make.open_item(session)
    with pytest.raises(WatchItemUnknown):
        await actions.answers.add_finding(
            session, OTHER, item.id, FindingIn(text="x"), at("2023-05-31 10:00")
        )


# ---- persons ---------------------------------------------------------------------------------


async def test_an_item_gets_the_person_in_force_on_its_day(session: Session) -> None:
    await handlers.on_person_assigned(session, make.assigned("old", "2023-01-01", "2023-05-25"))
    await handlers.on_person_assigned(session, make.assigned("new", "2023-05-26"))
    item = await make.open_item(session)
    assert item.person_id == an_id("new")


async def test_an_item_without_person_gets_the_one_who_is_told_later(session: Session) -> None:
    item = await make.open_item(session)
    late = make.assigned("a", "2023-05-01", said_at="2023-06-01 10:00")
    for _ in range(2):
        await handlers.on_person_assigned(session, late)
    assert item.person_id == an_id("a")
    assert [what for what, *_ in await told(session, item)].count("assigned") == 1


async def test_whoever_is_not_in_charge_yet_gets_nothing(session: Session) -> None:
    item = await make.open_item(session)
    future = make.assigned("a", "2023-06-15", said_at="2023-06-01 10:00")
    await handlers.on_person_assigned(session, future)
    assert item.person_id is None
    today = date(2023, 6, 15)
    await actions.persons.assign_persons(session, today, clock.at(today, 0, 5))
    assert item.person_id == an_id("a")


async def test_an_item_whose_person_has_left_goes_to_the_next_or_back_to_its_unit(
    session: Session,
) -> None:
    await handlers.on_person_assigned(session, make.assigned("a", "2023-01-01"))
    item = await make.open_item(session)
    ended = make.assigned("a", "2023-01-01", "2023-06-01", said_at="2023-05-30 10:00")
    await handlers.on_person_assigned(session, ended)
    assert item.person_id == an_id("a")
    today = date(2023, 6, 2)
    await actions.persons.assign_persons(session, today, clock.at(today, 0, 5))
    assert item.person_id is None
    await handlers.on_person_assigned(
        session, make.assigned("b", "2023-06-02", said_at="2023-06-02 10:00")
    )
    assert item.person_id == an_id("b")


async def test_whom_the_office_names_stays(session: Session) -> None:
    item = await make.open_item(session)
    unit, person = uuid4(), uuid4()
    await actions.answers.assign_watch_item(
        session, OFFICE, item.id, AssigneeIn(unit_id=unit, person_id=person),
        at("2023-05-27 10:00"),
    )  # fmt: skip
    await handlers.on_person_assigned(session, make.assigned("a", "2023-01-01"))
    assert item.assignee == (unit, person)
    assert item.assigned_by == "office"


async def test_other_duties_do_not_make_an_assignee(session: Session) -> None:
    await handlers.on_person_assigned(
        session, make.assigned("a", "2023-01-01", role="wage_officer")
    )
    assert (await make.open_item(session)).person_id is None


# ---- calendars -------------------------------------------------------------------------------


async def test_a_new_calendar_moves_the_next_rung_of_open_items_only(session: Session) -> None:
    item = await make.open_item(session)
    closed = await make.open_item(session, make.missed(project="q"))
    await handlers.on_transfer_received(
        session, make.received("2023-05", "0.00", "2023-05-26 08:00", project="q")
    )
    before = closed.calendar_version
    exceptions = {
        **make.calendar_told().exceptions, date(2023, 5, 26): "holiday",
    }  # fmt: skip
    told_at = at("2023-05-26 08:30")
    notice = make.calendar_told(exceptions=exceptions, occurred_at=told_at)
    for _ in range(2):
        await handlers.on_calendar_published(session, notice)
    [armed] = await timers.armed(session, item.id, "level")
    assert (armed.step, armed.due_at) == ("notice", at("2023-05-29 09:00"))
    assert armed.calendar_version == item.calendar_version != before
    assert item.due_at == armed.due_at
    assert closed.calendar_version == before
    assert await timers.armed(session, closed.id) == []
    assert [what for what, *_ in await told(session, item)].count("recomputed") == 1


async def test_a_towns_calendar_moves_only_what_lies_in_it(session: Session) -> None:
    county = await make.open_item(session)
    town = await make.open_item(session, make.missed(project="q", area_code=TOWN))
    local = make.calendar_told(
        area_code=TOWN, exceptions={date(2023, 5, 26): "holiday"},
        occurred_at=at("2023-05-26 08:30"),
    )  # fmt: skip
    await handlers.on_calendar_published(session, local)
    assert county.due_at == at("2023-05-26 09:00")
    assert town.due_at == at("2023-05-29 09:00")


async def test_a_rung_that_was_passed_stays_passed_under_a_new_calendar(
    session: Session,
) -> None:
    item = await make.open_item(session)
    await climb_to(session, item, "2023-05-30 09:00")
    days = {**make.calendar_told().exceptions, date(2023, 5, 26): "holiday"}
    notice = make.calendar_told(exceptions=days, occurred_at=at("2023-05-30 10:00"))
    await handlers.on_calendar_published(session, notice)
    assert item.level == "yellow"
    assert (await timers.armed(session, item.id, "level"))[0].due_at == at("2023-06-09 09:00")


async def test_a_new_calendar_moves_the_day_on_which_a_case_opens_by_itself(
    session: Session,
) -> None:
    await red_item(session)
    days = {**make.calendar_told().exceptions, date(2023, 7, 3): "holiday"}
    notice = make.calendar_told(exceptions=days, occurred_at=at("2023-06-26 10:00"))
    await handlers.on_calendar_published(session, notice)
    [proposal] = await make.proposals(session)
    assert proposal.due_at == at("2023-07-10 09:00")


# ---- policies --------------------------------------------------------------------------------


async def post(session: Session, **changes: Any) -> Policy:
    now = at("2023-05-01 10:00")
    said = PolicyIn.model_validate(body(**changes))
    return await actions.policies.add_policy(session, OFFICE, said, now)


STRICT = [
    {"code": "open", "level": "orange"},
    {"code": "black", "level": "black", "after": 2},
    {"code": "repeat", "every": 2},
]
OTHER_LEVELS = [
    {"code": "orange", "rank": 1, "colour": "#f08a24", "label": "橙牌"},
    {"code": "black", "rank": 2, "colour": "#000000", "label": "黑牌"},
]
STRICTER = {
    "steps": STRICT, "levels": OTHER_LEVELS, "jumps": [], "answer_within": {}, "proposal": None,
}  # fmt: skip


async def test_a_countys_own_ladder_governs_its_items_and_no_others(
    session: Session, published: Published
) -> None:
    policy = await post(session, **STRICTER)
    mine = await make.open_item(session)
    other = await make.open_item(session, make.missed(project="q", area_code=NEIGHBOUR))
    assert (mine.level, mine.policy_id, mine.policy_version) == ("orange", policy.id, 1)
    assert (other.level, other.policy_id != policy.id) == ("blue", True)
    assert (await published(session, WatchItemOpened))[0].level_label == "橙牌"
    await climb_to(session, mine, "2023-06-01 09:00")
    assert [step for *_, step in await told(session, mine)] == ["open", "black", "repeat"]
    assert mine.level_rank == 2


async def test_an_item_keeps_the_policy_it_was_opened_under(session: Session) -> None:
    item = await make.open_item(session)
    await post(session, **STRICTER)
    await climb_to(session, item, "2023-05-30 09:00")
    assert item.level == "yellow"


async def test_a_shadow_policy_is_stored_and_opens_nothing(session: Session) -> None:
    policy = await post(session, mode="shadow", **STRICTER)
    assert policy.mode == "shadow"
    assert (await make.open_item(session)).level == "blue"


async def test_a_policy_of_a_later_day_waits_for_it(session: Session) -> None:
    await post(session, valid_from="2023-06-01", **STRICTER)
    assert (await make.open_item(session)).level == "blue"
    assert (await make.open_item(session, make.missed("2023-06", project="q"))).level == "orange"


async def test_the_same_policy_twice_is_stored_once(session: Session) -> None:
    first = await post(session)
    assert (await post(session)).id == first.id


async def test_a_version_is_taken_once(session: Session) -> None:
    await post(session)
    with pytest.raises(PolicyVersionTaken):
        await post(session, basis="another")


async def test_a_policy_that_is_no_ladder_is_refused_with_all_findings(
    session: Session,
) -> None:
    with pytest.raises(PolicyRefused) as refused:
        await post(session, steps=MISSED["steps"][1:-1], levels=MISSED["levels"][:3])
    assert [finding.code for finding in refused.value.errors] == [
        "opening_unfit", "level_unknown", "ladder_falls_silent", "level_unknown",
    ]  # fmt: skip


async def test_a_policy_for_another_area_is_refused(session: Session) -> None:
    for area_code in (NEIGHBOUR, "0", "110101"):
        with pytest.raises(AreaUnknown):
            await post(session, area_code=area_code)
