"""Conditions: each default rule climbs over its days and closes by its proof; facts, values, mutes.

The days were counted by hand on the calendar of 2023: off 21–27 January, 5 April, 29 April–3 May,
22–24 June; worked 28 and 29 January, 23 April, 6 May, 25 June.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from services.cases import actions, handlers
from services.cases.errors import KindUnknown
from services.cases.models import Condition, CorrectionOrder, WatchItem
from services.cases.rules.conditions import ConditionState
from services.cases.schemas.policies import PolicyIn
from shared import clock, timers
from shared.auth import Caller
from shared.db import Session
from shared.events.base import Event
from shared.events.cases import WatchItemClosed, WatchItemLowered, WatchItemOpened, WatchItemRaised
from shared.events.conditions import PayrollConditionFound
from shared.events.platform import ItemWithoutTimer
from tests.cases import factories as make
from tests.cases.factories import an_id, at
from tests.cases.policies import DEFAULTS, body
from tests.fixtures.service import Published

OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({make.COUNTY}))


@pytest.fixture(autouse=True)
async def _world(session: Session) -> None:
    await make.world(session)


async def item_of(session: Session, kind: str) -> WatchItem:
    item = await make.find_item(session, kind)
    assert item is not None
    return item


async def condition_of(session: Session, kind: str) -> Condition:
    await session.flush()
    found = select(Condition).where(Condition.subject_id == an_id(kind, "s"))
    return (await session.scalars(found.order_by(Condition.found_at.desc()).limit(1))).one()


# ---- every default rule of time --------------------------------------------------------------

RULES: list[tuple[str, str, str, list[tuple[str, str]]]] = [
    # P1: 30 calendar days from the signing; the last rung falls on a Saturday.
    ("account_not_opened", "2023-01-03", "2023-01-04 10:00",
     [("blue", "01-28 09:00"), ("yellow", "02-03 09:00"), ("orange", "02-17 09:00"),
      ("red", "03-04 09:00")]),
    ("account_not_filed", "2023-03-23", "2023-03-23 15:00",
     [("yellow", "04-23 09:00"), ("orange", "05-07 09:00")]),
    ("agreement_missing", "2023-04-20", "2023-04-20 10:00",
     [("blue", "04-20 10:00"), ("yellow", "05-05 09:00"), ("orange", "05-20 09:00")]),
    # P4 passes 5 April, the make-up Sunday of 23 April, Labour Day and the Saturday of 6 May.
    ("deposit_missing", "2023-04-03", "2023-04-03 11:00",
     [("blue", "04-24 09:00"), ("yellow", "05-05 09:00"), ("orange", "05-17 09:00"),
      ("red", "05-31 09:00")]),
    # P5: told in March that the guarantee is good until the end of May.
    ("guarantee_expiring", "2023-05-31", "2023-03-01 09:00",
     [("blue", "05-01 09:00"), ("yellow", "05-16 09:00"), ("orange", "06-01 00:00"),
      ("red", "06-14 09:00")]),
    # P6: the make-up Sunday of 25 June is the eighth working day.
    ("deposit_not_replenished", "2023-06-12", "2023-06-12 16:00",
     [("blue", "06-25 09:00"), ("yellow", "06-28 09:00"), ("orange", "07-04 09:00"),
      ("red", "07-11 09:00")]),
    # Its first working day is the Monday after the Friday on which it was owed.
    ("deposit_statement_missing", "2023-04-14", "2023-04-15 00:00",
     [("blue", "04-17 09:00"), ("yellow", "04-21 09:00"), ("orange", "05-08 09:00")]),
    # P18, P19: told before the works start, wrong from the first instant of that day.
    ("notice_board_missing", "2023-04-14", "2023-04-10 09:00",
     [("yellow", "04-14 00:00"), ("orange", "04-29 09:00")]),
    ("wage_officer_missing", "2023-04-14", "2023-04-14 11:00",
     [("yellow", "04-14 11:00"), ("orange", "04-29 09:00")]),
    ("payment_guarantee_missing", "2023-04-14", "2023-04-13 11:00",
     [("yellow", "04-14 00:00"), ("orange", "04-29 09:00"), ("red", "05-14 09:00")]),
    ("no_systems", "2023-04-20", "2023-04-21 08:30", [("red", "04-21 08:30")]),
    # P25: blue the moment it is told, over Labour Day and the Saturday of 6 May.
    ("feed_silent", "2023-04-28", "2023-04-28 10:00",
     [("blue", "04-28 10:00"), ("yellow", "05-04 09:00"), ("orange", "05-06 09:00"),
      ("red", "05-09 09:00")]),
    # P12: calendar days from the last on which anybody was seen.
    ("attendance_stopped", "2023-04-26", "2023-04-28 13:00",
     [("blue", "04-29 09:00"), ("yellow", "05-03 09:00"), ("orange", "05-11 09:00"),
      ("red", "05-26 09:00")]),
    ("implausible_pay", "2023-04-20", "2023-04-20 10:00", [("yellow", "04-20 10:00")]),
    ("reporting_gap", "2023-04-27", "2023-04-27 10:00",
     [("blue", "04-27 10:00"), ("yellow", "05-05 09:00"), ("orange", "05-15 09:00"),
      ("red", "05-29 09:00")]),
    # P8: told before its day, open with the first instant after it; the make-up Sunday of 23 April
    # is the sixth working day, the Saturday of 6 May the fourteenth.
    ("payroll_not_submitted", "2023-04-14", "2023-04-01 00:01",
     [("blue", "04-15 00:00"), ("yellow", "04-19 09:00"), ("orange", "04-27 09:00"),
      ("red", "05-15 09:00")]),
    ("wages_unpaid", "2023-04-14", "2023-04-17 10:01",
     [("blue", "04-17 10:01"), ("yellow", "04-19 09:00"), ("orange", "04-27 09:00"),
      ("red", "05-15 09:00")]),
    # P17, in calendar days.
    ("leaver_not_settled", "2023-04-14", "2023-04-14 15:00",
     [("blue", "04-17 09:00"), ("yellow", "04-21 09:00"), ("orange", "04-29 09:00"),
      ("red", "05-14 09:00")]),
    # P15, and what a worker says: at once. P16 passes Labour Day and the Saturday of 6 May.
    ("payment_outside_account", "2023-04-14", "2023-04-17 10:00", [("red", "04-17 10:00")]),
    ("payment_returned", "2023-04-27", "2023-04-27 16:00",
     [("blue", "04-28 09:00"), ("yellow", "05-05 09:00"), ("orange", "05-08 09:00"),
      ("red", "05-15 09:00")]),
    ("receipt_disputed", "2023-04-14", "2023-04-14 15:00", [("yellow", "04-14 15:00")]),
    ("nobody_in_charge", "2023-06-20", "2023-06-20 00:00",
     [("yellow", "06-20 00:00"), ("orange", "06-26 09:00"), ("red", "07-05 09:00")]),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=[kind for kind, *_ in RULES])
async def test_a_rule_climbs_over_its_days_and_closes_by_its_proof(
    session: Session,
    published: Published,
    rule: tuple[str, str, str, list[tuple[str, str]]],
) -> None:
    kind, since, told, levels = rule
    expected = [(level, at(f"2023-{when}")) for level, when in levels]
    await make.tell(session, make.found(kind, since, told))
    opens_at = expected[0][1]
    if opens_at > at(told):
        await make.pass_time(session, opens_at - timedelta(seconds=1))
        assert await make.find_item(session, kind) is None
    await make.pass_time(session, at("2023-09-01 00:00"))
    item = await item_of(session, kind)
    assert await make.climbed(session, item) == expected
    assert item.opened_at == opens_at
    assert item.step == "repeat", "an open item never falls silent"
    await make.tell(session, make.ended(kind, "2023-09-01 10:00"))
    assert (item.state, item.close_reason) == ("closed", "evidence_filed")
    assert await timers.armed(session, item.id) == []
    [closed] = await published(session, WatchItemClosed)
    assert (closed.close_reason, closed.closed_at) == ("evidence_filed", at("2023-09-01 10:00"))
    last = (await make.timeline(session, item))[-1]
    assert last.details["proof"] == {"evidence_id": str(an_id("evidence", kind, "s"))}


async def test_every_kind_has_a_default_rule_and_a_test_of_it() -> None:
    others = {
        "cover_low", "transfer_missed", "bank_feed_late", "watched_after_red",
        "unregistered_on_site", "below_minimum_wage", "paid_share_low",
        "case_limit_near", "case_step_overdue",
    }  # fmt: skip
    assert {kind for kind, *_ in RULES} | others == set(DEFAULTS)


# ---- before an item opens --------------------------------------------------------------------


async def test_what_is_put_right_in_time_never_opens(
    session: Session, published: Published
) -> None:
    await make.tell(
        session,
        make.found("account_not_opened", "2023-01-03", "2023-01-04 10:00"),
        make.ended("account_not_opened", "2023-01-20 10:00", "account_opened"),
    )
    await make.pass_time(session, at("2023-06-01 00:00"))
    assert await make.find_item(session, "account_not_opened") is None
    condition = await condition_of(session, "account_not_opened")
    assert (condition.state, condition.end_reason) == (ConditionState.ENDED, "account_opened")
    assert await timers.armed(session, condition.id) == []
    assert await published(session, WatchItemOpened) == []


async def test_one_limit_waits_for_what_is_told_again_and_again(session: Session) -> None:
    events = [
        make.found("deposit_missing", "2023-04-03", f"2023-04-{day:02d} 11:00")
        for day in range(3, 20)
    ]
    await make.tell(session, *events)
    condition = await condition_of(session, "deposit_missing")
    [armed] = await timers.armed(session, condition.id)
    assert (armed.kind, armed.due_at) == ("condition", at("2023-04-24 09:00"))


async def test_what_is_told_late_opens_on_the_level_that_time_gives_it(
    session: Session, published: Published
) -> None:
    await make.tell(session, make.found("account_not_opened", "2023-01-03", "2023-02-20 10:00"))
    item = await item_of(session, "account_not_opened")
    assert (item.level, item.step, item.opened_at) == ("orange", "orange", at("2023-02-20 10:00"))
    [opened] = await published(session, WatchItemOpened)
    assert opened.passed == ["blue", "yellow"]
    first = (await make.timeline(session, item))[0]
    assert first.details["would_have_been_at"] == "2023-01-28T01:00:00Z"


async def test_a_later_basis_day_moves_the_opening(session: Session) -> None:
    await make.tell(
        session,
        make.found("guarantee_expiring", "2023-05-31", "2023-03-01 09:00"),
        make.found("guarantee_expiring", "2023-11-30", "2023-04-28 09:00"),
    )
    await make.pass_time(session, at("2023-10-31 08:59"))
    assert await make.find_item(session, "guarantee_expiring") is None
    await make.pass_time(session, at("2023-10-31 09:00"))
    assert (await item_of(session, "guarantee_expiring")).level == "blue"


async def test_older_news_changes_nothing(session: Session) -> None:
    await make.tell(
        session,
        make.found("deposit_missing", "2023-04-03", "2023-04-05 11:00"),
    )
    await handlers.on_condition_found(
        session, make.found("deposit_missing", "2023-01-03", "2023-04-04 11:00")
    )
    await handlers.on_condition_ended(session, make.ended("deposit_missing", "2023-04-05 10:59"))
    condition = await condition_of(session, "deposit_missing")
    assert (condition.since, condition.state) == (date(2023, 4, 3), ConditionState.LATENT)


async def test_a_new_condition_may_follow_one_that_has_ended(session: Session) -> None:
    await make.tell(
        session,
        make.found("no_systems", "2023-04-20", "2023-04-21 08:30"),
        make.ended("no_systems", "2023-04-25 09:30"),
        make.found("no_systems", "2023-05-20", "2023-05-21 08:30"),
    )
    found = select(WatchItem.state).where(WatchItem.kind == "no_systems")
    states = await session.scalars(found.order_by(WatchItem.opened_at))
    assert [state.value for state in states] == ["closed", "open"]


async def test_a_kind_outside_the_table_is_refused(session: Session) -> None:
    with pytest.raises(KindUnknown):
        await make.tell(session, make.found("moon_missing", "2023-04-20", "2023-04-21 08:30"))
    with pytest.raises(KindUnknown):
        await make.tell(session, make.found("transfer_missed", "2023-04-20", "2023-04-21 08:30"))


# ---- facts -----------------------------------------------------------------------------------

STARTED = {"facts": ["works_started"]}


async def test_a_fact_opens_at_once_what_still_waits(
    session: Session, published: Published
) -> None:
    await make.tell(
        session,
        make.found("account_not_opened", "2023-01-03", "2023-01-04 10:00"),
        make.found("account_not_opened", "2023-01-03", "2023-01-10 11:00", **STARTED),
    )
    item = await item_of(session, "account_not_opened")
    assert (item.level, item.opened_at, item.facts) == (
        "red", at("2023-01-10 11:00"), ["works_started"],
    )  # fmt: skip
    [opened] = await published(session, WatchItemOpened)
    assert (opened.by_rule, opened.passed) == ("works_started", ["blue", "yellow", "orange"])
    condition = await condition_of(session, "account_not_opened")
    assert await timers.armed(session, condition.id) == []


async def test_a_fact_raises_at_once_what_is_open_and_is_told_once(
    session: Session, published: Published
) -> None:
    again = [
        make.found("account_not_opened", "2023-01-03", f"2023-02-{day} 11:00", **STARTED)
        for day in ("06", "07")
    ]
    await make.tell(
        session, make.found("account_not_opened", "2023-01-03", "2023-01-04 10:00"), *again
    )
    raised = await published(session, WatchItemRaised)
    assert [(one.level, one.by_rule, one.occurred_at) for one in raised] == [
        ("yellow", None, at("2023-02-03 09:00")),
        ("red", "works_started", at("2023-02-06 11:00")),
    ]
    item = await item_of(session, "account_not_opened")
    assert item.due_at == at("2023-02-08 09:00"), "red comes again each working day"


# ---- basis days and mutes --------------------------------------------------------------------


async def test_an_earlier_basis_day_raises_and_a_later_one_never_lowers(session: Session) -> None:
    await make.tell(
        session,
        make.found("reporting_gap", "2023-04-27", "2023-04-27 10:00"),
        make.found("reporting_gap", "2023-04-10", "2023-04-28 10:00"),
    )
    item = await item_of(session, "reporting_gap")
    # The tenth working day after 10 April is the make-up Sunday of 23 April.
    assert (item.level, item.step_at) == ("orange", at("2023-04-28 10:00"))
    await make.tell(session, make.found("reporting_gap", "2023-05-25", "2023-05-26 10:00"))
    assert item.level == "red", "it was red on the ninth of May by the basis day told then"


async def test_a_muted_clock_stands_still_and_shows_itself(session: Session) -> None:
    still = {"muted_by": "project_stopped"}
    await make.tell(
        session,
        make.found("reporting_gap", "2023-04-03", "2023-04-03 10:00"),
        make.found("reporting_gap", "2023-04-03", "2023-04-11 10:00", **still),
    )
    item = await item_of(session, "reporting_gap")
    # 4, 6, 7 April: yellow on the third working day.
    assert (item.level, item.muted_by, item.due_at) == ("yellow", "project_stopped", None)
    assert await timers.armed(session, item.id) == []
    await make.pass_time(session, at("2023-06-01 00:00"))
    assert (item.level, item.state) == ("yellow", "open")
    await actions.items.report_without_timer(session, date(2023, 6, 1), at("2023-06-01 00:30"))
    assert "without_timer" not in [what for what, *_ in await make.told(session, item)]
    await make.tell(session, make.found("reporting_gap", "2023-04-03", "2023-06-01 10:00"))
    # Four working days had passed before it stopped (4, 6, 7, 10 April); six more follow from
    # 1 June on, which is counted: 1, 2, 5, 6, 7, 8 June.
    assert item.due_at == clock.day_end(date(2023, 6, 2)), "the answer limit stood still as well"
    await make.pass_time(session, at("2023-06-08 09:00"))
    assert await make.climbed(session, item) == [
        ("blue", at("2023-04-03 10:00")),
        ("yellow", at("2023-04-07 09:00")),
        ("orange", at("2023-06-08 09:00")),
    ]
    assert [what for what, *_ in await make.told(session, item)][-4:] == [
        "muted", "resumed", "answer_overdue", "raised",
    ]  # fmt: skip


async def test_what_waits_is_muted_as_well(session: Session) -> None:
    await make.tell(
        session,
        make.found("deposit_missing", "2023-04-03", "2023-04-03 10:00"),
        make.found("deposit_missing", "2023-04-03", "2023-04-10 10:00", muted_by="account_frozen"),
    )
    await make.pass_time(session, at("2023-05-31 00:00"))
    assert await make.find_item(session, "deposit_missing") is None
    await make.tell(session, make.found("deposit_missing", "2023-04-03", "2023-06-01 10:00"))
    # Three working days before (4, 6, 7 April), twelve from 1 June on.
    [armed] = await timers.armed(session, (await condition_of(session, "deposit_missing")).id)
    assert armed.due_at == at("2023-06-16 09:00")


# ---- values ----------------------------------------------------------------------------------


def measured(said_at: str, value: str, **changes: Any) -> PayrollConditionFound:
    """Give the months of pay that an account covers, as payroll tells them."""
    said = make.condition("cover_low", said_at[:10], said_at, value=Decimal(value), **changes)
    return PayrollConditionFound(**said)


async def test_a_value_goes_up_and_down_its_thresholds_and_closes_when_it_recovers(
    session: Session, published: Published
) -> None:
    due = {"facts": ["payroll_due"]}
    values: list[Event] = [
        measured("2023-03-01 10:00", "3.40"),
        measured("2023-03-02 10:00", "1.20"),
        measured("2023-03-03 10:00", "1.19"),
        measured("2023-03-06 10:00", "0.49"),
        measured("2023-03-07 10:00", "0.99"),
        measured("2023-03-08 10:00", "0.00"),
        measured("2023-03-09 10:00", "0.00", **due),
        measured("2023-03-10 10:00", "0.10", **due),
        measured("2023-03-13 10:00", "1.00"),
    ]
    await make.tell(session, *values)
    item = await item_of(session, "cover_low")
    assert await make.climbed(session, item) == [
        ("blue", at("2023-03-03 10:00")),
        ("yellow", at("2023-03-06 10:00")),
        ("orange", at("2023-03-06 10:00")),
        ("yellow", at("2023-03-07 10:00")),
        ("orange", at("2023-03-08 10:00")),
        ("red", at("2023-03-09 10:00")),
        ("orange", at("2023-03-10 10:00")),
        ("blue", at("2023-03-13 10:00")),
    ]
    assert item.value == Decimal("1.00")
    lowered = await published(session, WatchItemLowered)
    assert [(one.previous_level, one.level) for one in lowered] == [
        ("orange", "yellow"), ("red", "orange"), ("orange", "blue"),
    ]  # fmt: skip
    [red] = [one for one in await published(session, WatchItemRaised) if one.level == "red"]
    assert red.by_rule == "payroll_due"
    await make.tell(session, measured("2023-03-14 10:00", "1.30"))
    assert (item.state, item.close_reason) == ("closed", "value_recovered")
    assert (await make.timeline(session, item))[-1].details["value"] == "1.30"
    await make.tell(session, measured("2023-03-15 10:00", "1.10"))
    assert (await item_of(session, "cover_low")).state == "open", "it fell again"


async def test_a_number_goes_up_and_down_and_closes_when_nobody_is_left(
    session: Session, published: Published
) -> None:
    """P11: the larger of the number of people and their share in percent."""
    kind, values = "unregistered_on_site", ["0.9", "1", "4.99", "5", "12", "3", "10"]
    events: list[Event] = [
        make.found(kind, "2023-03-01", f"2023-03-{day:02d} 13:00", value=Decimal(value))
        for day, value in enumerate(values, start=1)
    ]
    await make.tell(session, *events)
    item = await item_of(session, kind)
    assert await make.climbed(session, item) == [
        ("yellow", at("2023-03-02 13:00")),
        ("orange", at("2023-03-04 13:00")),
        ("red", at("2023-03-05 13:00")),
        ("yellow", at("2023-03-06 13:00")),
        ("orange", at("2023-03-07 13:00")),
        ("red", at("2023-03-07 13:00")),
    ]
    await make.tell(session, make.ended(kind, "2023-03-08 13:00", "all_registered"))
    assert (item.state, item.close_reason) == ("closed", "all_registered")


async def test_pay_below_the_minimum_wage_is_red_in_its_second_month(session: Session) -> None:
    """P13: average pay as a share of the minimum wage."""
    kind, again = "below_minimum_wage", {"facts": ["second_month"]}
    await make.tell(
        session,
        make.found(kind, "2023-03-01", "2023-03-06 10:00", value=Decimal("0.93")),
        make.found(kind, "2023-03-01", "2023-04-06 10:00", value=Decimal("0.99"), **again),
        make.found(kind, "2023-03-01", "2023-04-12 10:00", value=Decimal("0.97")),
    )
    item = await item_of(session, kind)
    assert await make.climbed(session, item) == [
        ("yellow", at("2023-03-06 10:00")),
        ("red", at("2023-04-06 10:00")),
        ("yellow", at("2023-04-12 10:00")),
    ]
    await make.tell(
        session, make.found(kind, "2023-03-01", "2023-05-06 10:00", value=Decimal("1.00"))
    )
    assert (item.state, item.close_reason) == ("closed", "value_recovered")


async def test_implausible_pay_is_red_when_it_comes_again(session: Session) -> None:
    kind = "implausible_pay"
    await make.tell(
        session,
        make.found(kind, "2023-03-06", "2023-03-06 10:00", facts=["same_amounts"]),
        make.found(kind, "2023-03-06", "2023-04-06 10:00", facts=["same_amounts", "repeated"]),
    )
    item = await item_of(session, kind)
    assert (item.level, item.facts) == ("red", ["repeated", "same_amounts"])
    await make.tell(session, make.ended(kind, "2023-04-12 10:00", "payroll_plausible"))
    assert (item.state, item.close_reason) == ("closed", "payroll_plausible")


async def test_the_share_of_those_who_were_paid_decides_by_itself(session: Session) -> None:
    values = ("100.00", "99.99", "94.99", "89.99", "79.99", "95.00", "100.00")
    for day, value in enumerate(values, 1):
        said = make.condition(
            "paid_share_low", "2023-03-01", f"2023-03-{day:02d} 10:00", value=Decimal(value)
        )
        await make.tell(session, PayrollConditionFound(**said))
    item = await item_of(session, "paid_share_low")
    assert [level for level, _ in await make.climbed(session, item)] == [
        "blue", "yellow", "orange", "red", "blue",
    ]  # fmt: skip
    assert (item.state, item.close_reason) == ("closed", "value_recovered")


async def test_the_month_after_that_is_over_makes_unpaid_wages_red(session: Session) -> None:
    """Only the order to pay follows wages that somebody submitted (423号 art. 26)."""
    kinds = {"payroll_not_submitted": "disbursement", "wages_unpaid": "wages"}
    for kind, matter in kinds.items():
        said = {"period": "2023-03", "facts": []}
        await make.tell(session, make.found(kind, "2023-04-14", "2023-04-15 00:00", **said))
        said["facts"] = ["next_month_over"]
        await make.tell(session, make.found(kind, "2023-04-14", "2023-05-01 00:01", **said))
        item = await item_of(session, kind)
        assert (item.level, item.level_since) == ("red", at("2023-05-01 00:01"))
        orders = await session.scalars(
            select(CorrectionOrder.matter).where(CorrectionOrder.watch_item_id == item.id)
        )
        assert orders.all() == [matter]


async def test_a_low_value_is_repeated_and_time_raises_nothing(session: Session) -> None:
    await make.tell(session, measured("2023-03-03 10:00", "0.90"))
    await make.pass_time(session, at("2023-06-01 00:00"))
    item = await item_of(session, "cover_low")
    assert (item.level, item.step) == ("yellow", "repeat")
    await make.tell(session, measured("2023-06-01 10:00", "0.40"))
    assert (item.level, item.step) == ("orange", "orange")


# ---- what else moves days --------------------------------------------------------------------


async def test_a_new_calendar_moves_what_waits_and_what_is_open_but_not_what_is_closed(
    session: Session,
) -> None:
    await make.tell(
        session,
        make.found("deposit_missing", "2023-04-03", "2023-04-03 10:00"),
        make.found("reporting_gap", "2023-04-10", "2023-04-10 10:00"),
        make.found("nobody_in_charge", "2023-04-10", "2023-04-10 10:00"),
        make.ended("nobody_in_charge", "2023-04-12 10:00", "person_assigned"),
    )
    closed = await item_of(session, "nobody_in_charge")
    stood = (closed.calendar_version, closed.level, closed.due_at, closed.closed_at)
    days = dict(make.calendar_told().exceptions)
    del days[date(2023, 4, 23)]
    await make.tell(
        session, make.calendar_told(occurred_at=at("2023-04-18 12:00"), exceptions=days)
    )
    [waits] = await timers.armed(session, (await condition_of(session, "deposit_missing")).id)
    assert waits.due_at == at("2023-04-25 09:00"), "23 April is a day off now"
    item = await item_of(session, "reporting_gap")
    armed = {timer.kind: timer.due_at for timer in await timers.armed(session, item.id)}
    assert armed["level"] == at("2023-04-24 09:00")
    await session.refresh(closed)
    assert (closed.calendar_version, closed.level, closed.due_at, closed.closed_at) == stood


@pytest.mark.parametrize(
    ("valid_from", "opens"),
    [("2023-01-01", "01-13 09:00"), ("2023-01-16", "01-16 00:00"), ("2023-02-01", "01-28 09:00")],
)
async def test_a_policy_of_ones_own_opens_from_its_first_day_on(
    session: Session, valid_from: str, opens: str
) -> None:
    """Ten days in place of 25; what waits already is armed anew."""
    await make.tell(session, make.found("account_not_opened", "2023-01-03", "2023-01-04 10:00"))
    rows = DEFAULTS["account_not_opened"]
    steps = [{**rows["steps"][0], "after": 10}, *rows["steps"][1:]]
    said = {name: rows[name] for name in ("unit", "jumps", "answer_within", "proposal")}
    own = PolicyIn(**body(**said, kind="account_not_opened", valid_from=valid_from, steps=steps))
    await actions.policies.add_policy(session, OFFICE, own, at("2023-01-05 10:00"))
    condition = await condition_of(session, "account_not_opened")
    [armed] = await timers.armed(session, condition.id)
    assert armed.due_at == at(f"2023-{opens}")


async def test_what_nothing_will_wake_is_told_to_operators(
    session: Session, published: Published
) -> None:
    await make.tell(session, make.found("deposit_missing", "2023-04-03", "2023-04-03 10:00"))
    condition = await condition_of(session, "deposit_missing")
    await actions.conditions.report_without_timer(session, date(2023, 4, 4))
    assert await published(session, ItemWithoutTimer) == []
    await timers.disarm(session, condition.id)
    await actions.conditions.report_without_timer(session, date(2023, 4, 4))
    [told] = await published(session, ItemWithoutTimer)
    assert (told.kind, told.subject_id) == ("condition", condition.id)


@pytest.mark.parametrize("known_before", [True, False])
async def test_what_is_heard_of_after_its_end_opens_nothing(
    session: Session, *, known_before: bool
) -> None:
    early = make.found("agreement_missing", "2023-04-20", "2023-04-20 10:00")
    late = make.found("agreement_missing", "2023-04-20", "2023-05-02 10:00", facts=["late"])
    end = make.ended("agreement_missing", "2023-05-03 10:00", "agreement_signed")
    if known_before:
        await make.tell(session, early)
    await make.tell(session, end)
    await handlers.on_condition_found(session, late)
    await make.pass_time(session, at("2023-06-20 10:00"))
    items = (await session.scalars(select(WatchItem))).all()
    assert [one.state for one in items] == ["closed"] * known_before
    # What is found anew later than that end is news.
    anew = make.found("agreement_missing", "2023-06-20", "2023-06-21 10:00")
    await make.tell(session, anew)
    item = await make.find_item(session, "agreement_missing")
    assert item
    assert (item.state, item.opened_at) == ("open", anew.occurred_at)
