"""Ladders, jumps, policies: tables of cases, and properties against plain reference code."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.rules import faults, history, policies
from services.cases.rules.history import Miss, Standing
from services.cases.rules.items import WatchKind, in_charge, key_of
from services.cases.rules.ladder import Known, Ladder, Rung, passed_before, told
from shared import clock, workdays
from shared.workdays import DayKind, Unit
from tests.cases.factories import an_id, at
from tests.cases.policies import FEED, MISSED, changed

NATION = workdays.national_calendar([2022, 2023, 2024])
MISS, LATE = Ladder.of(MISSED), Ladder.of(FEED)
DAYS = st.dates(date(2023, 1, 1), date(2023, 12, 31))


def passed_by(ladder: Ladder, due_on: str, now: str) -> list[str]:
    day = date.fromisoformat(due_on)
    return [rung.step for rung in ladder.found(day, clock.day_end(day), NATION, at(now))]


# ---- the examples of the domain --------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_on", "step", "when"),
    [
        ("2023-05-25", "notice", "2023-05-26 09:00"),
        ("2023-05-25", "yellow", "2023-05-30 09:00"),
        ("2023-05-25", "orange", "2023-06-08 09:00"),
        ("2023-05-25", "draft", "2023-06-19 09:00"),
        # 25 June is a make-up Sunday, so it is the twentieth working day.
        ("2023-05-25", "red", "2023-06-25 09:00"),
        ("2023-06-09", "yellow", "2023-06-14 09:00"),
        # 22 to 24 June are off, 25 June is worked: 12–16, 19–21, 25, 26.
        ("2023-06-09", "orange", "2023-06-26 09:00"),
        ("2023-06-25", "yellow", "2023-06-28 09:00"),
        ("2023-06-28", "yellow", "2023-07-03 09:00"),
        ("2023-04-25", "orange", "2023-05-11 09:00"),
    ],
)
def test_a_rung_falls_on_its_working_day_at_nine(due_on: str, step: str, when: str) -> None:
    day = date.fromisoformat(due_on)
    rungs = {
        rung.step: rung.at
        for rung in MISS.found(day, clock.day_end(day), NATION, at("2023-12-31 00:00"))
    }
    assert rungs[step] == at(when)


@pytest.mark.parametrize(
    ("due_on", "level"),
    [
        ("2023-06-28", "blue"),
        ("2023-06-25", "yellow"),
        ("2023-06-09", "orange"),
        ("2023-05-25", "red"),
    ],
)
def test_the_county_stands_on_its_levels_at_the_end_of_june(due_on: str, level: str) -> None:
    steps = passed_by(MISS, due_on, "2023-07-01 00:00")
    assert MISS.level_at(steps[-1]).code == level


def test_a_proposal_opens_by_itself_on_the_thirtieth_working_day() -> None:
    assert MISS.opens_case_at(date(2023, 5, 25), NATION) == at("2023-07-07 09:00")


@pytest.mark.parametrize(
    ("step", "when"),
    [
        ("yellow", "2023-06-30 09:00"),
        ("orange", "2023-07-04 09:00"),
        ("red", "2023-07-06 09:00"),
    ],
)
def test_a_late_feed_climbs_from_the_day_it_was_expected(step: str, when: str) -> None:
    expected = at("2023-06-29 10:00")
    rungs = LATE.found(date(2023, 6, 29), expected, NATION, at("2023-08-01 00:00"))
    assert {rung.step: rung.at for rung in rungs}[step] == at(when)


def test_red_is_repeated_each_working_day_without_end() -> None:
    first = MISS.following("red", at("2023-06-21 09:00"), date(2023, 5, 18), NATION)
    assert first == Rung("repeat", None, at("2023-06-25 09:00"))
    second = MISS.following("repeat", first.at, date(2023, 5, 18), NATION)
    assert second == Rung("repeat", None, at("2023-06-26 09:00"))


def test_a_ladder_may_count_calendar_days() -> None:
    ladder = replace(MISS, unit=Unit.CD)
    rung = ladder.following("notice", at("2023-06-22 00:00"), date(2023, 6, 21), NATION)
    assert rung == Rung("yellow", "yellow", at("2023-06-24 09:00"))


def test_an_answer_is_due_at_the_end_of_its_last_working_day() -> None:
    since = at("2023-05-30 09:00")
    assert MISS.answer_due("yellow", since, NATION) == clock.day_end(date(2023, 6, 2))
    assert MISS.answer_due("blue", since, NATION) is None


def test_people_hear_of_the_last_level_and_of_what_was_passed_before_it() -> None:
    rungs = MISS.found(date(2023, 5, 25), at("2023-05-26 00:00"), NATION, at("2023-06-20 00:00"))
    assert told(rungs).step == "orange"
    assert passed_before(rungs, told(rungs)) == ["open", "notice", "yellow"]
    assert told(rungs[:0] + rungs[1:2]).step == "notice"


# ---- properties against a day-by-day reference -----------------------------------------------


def plain_nth(day: date, count: int) -> date:
    """Walk day by day, with the house's table of days read one at a time."""
    while count:
        day += timedelta(days=1)
        kind = NATION.exceptions.get(day)
        if kind is None:
            count -= day.weekday() < 5
        else:
            count -= kind is DayKind.MAKEUP_WORKDAY
    return day


def plain_at(day: date, count: int) -> datetime:
    return datetime.combine(plain_nth(day, count), time(9), clock.BEIJING)


PLAIN = [("notice", 1), ("yellow", 3), ("orange", 10), ("draft", 17), ("red", 20)]


@given(due_on=DAYS, later=st.integers(0, 24 * 60))
def test_what_time_has_passed_is_what_a_walk_over_the_days_passes(due_on: date, later: int) -> None:
    now = clock.day_end(due_on) + timedelta(hours=later)
    rungs = MISS.found(due_on, clock.day_end(due_on), NATION, now)
    plain = [(step, plain_at(due_on, count)) for step, count in PLAIN]
    assert [(rung.step, rung.at) for rung in rungs[1:]] == [(s, t) for s, t in plain if t <= now]


def steps_taken(ladder: Ladder, due_on: date, looks: list[datetime]) -> list[Rung]:
    """Climb as timers do: look now and then, and pass what has fallen due since."""
    taken = ladder.found(due_on, looks[0], NATION, looks[0])
    position, since = taken[-1].step, looks[0]
    for now in looks[1:]:
        for rung in ladder.passed(position, since, due_on, NATION, now):
            taken.append(rung)
            position, since = rung.step, rung.at
    return taken


@given(
    due_on=DAYS,
    looks=st.lists(st.integers(1, 80 * 24), min_size=1, max_size=30, unique=True).map(sorted),
)
def test_by_time_alone_no_rung_is_skipped_or_repeated(due_on: date, looks: list[int]) -> None:
    start = clock.day_end(due_on)
    instants = [start, *(start + timedelta(hours=hours) for hours in looks)]
    taken = steps_taken(MISS, due_on, instants)
    fixed = [rung.step for rung in taken if rung.step != "repeat"]
    assert fixed == [step.code for step in MISS.steps][: len(fixed)]
    assert [rung.step for rung in taken[len(fixed) :]] == ["repeat"] * (len(taken) - len(fixed))
    assert all(one.at < other.at for one, other in pairwise(taken))


@given(
    due_on=DAYS,
    looks=st.lists(st.integers(1, 80 * 24), min_size=1, max_size=30, unique=True).map(sorted),
)
def test_however_often_one_looks_the_same_rungs_are_passed(due_on: date, looks: list[int]) -> None:
    start = clock.day_end(due_on)
    instants = [start, *(start + timedelta(hours=hours) for hours in looks)]
    assert steps_taken(MISS, due_on, instants) == steps_taken(
        MISS, due_on, [instants[0], instants[-1]]
    )


@given(due_on=DAYS, found=st.integers(0, 40 * 24))
def test_an_item_found_late_stands_where_one_found_in_time_stands(due_on: date, found: int) -> None:
    start = clock.day_end(due_on)
    now = start + timedelta(hours=found)
    in_time = steps_taken(MISS, due_on, [start, now])
    late = MISS.found(due_on, start, NATION, now)
    assert MISS.level_at(late[-1].step) == MISS.level_at(in_time[-1].step)


@given(due_on=DAYS, hours=st.integers(0, 40 * 24))
def test_a_jump_passes_every_rung_between_once(due_on: date, hours: int) -> None:
    now = clock.day_end(due_on) + timedelta(hours=hours)
    before = [rung.step for rung in MISS.found(due_on, now, NATION, now)]
    jumped = [rung.step for rung in MISS.jumped(before[-1], "red", now)]
    assert before + jumped == ["open", "notice", "yellow", "orange", "draft", "red"]


# ---- misses in a row and in total ------------------------------------------------------------


def miss(period: str, due_on: str | None = None, contract: str = "c") -> Miss:
    year, month = map(int, period.split("-"))
    previous = f"{year}-{month - 1:02d}" if month > 1 else f"{year - 1}-12"
    due = date.fromisoformat(due_on or f"{period}-25")
    return Miss(an_id(contract), period, previous, due)


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        (["2023-05"], [(1, 1)]),
        (["2023-05", "2023-06"], [(1, 1), (2, 2)]),
        (["2023-02", "2023-04", "2023-06"], [(1, 1), (1, 2), (1, 3)]),
        # The news of May came after that of June: June's row is two all the same.
        (["2023-06", "2023-05"], [(2, 2), (1, 1)]),
        (["2022-12", "2023-01"], [(1, 1), (2, 2)]),
    ],
)
def test_a_standing_goes_by_due_days_and_not_by_the_order_of_news(
    periods: list[str], expected: list[tuple[int, int]]
) -> None:
    found = history.standings([miss(period) for period in periods])
    standings = [found[an_id("c"), period] for period in periods]
    assert [(one.in_a_row, one.in_total) for one in standings] == expected


def test_a_row_goes_over_one_contract_and_the_total_over_the_project() -> None:
    misses = [miss("2023-04"), miss("2023-05", contract="d"), miss("2023-06", contract="e")]
    found = history.standings(misses)
    assert found[an_id("e"), "2023-06"] == Standing(in_a_row=1, in_total=3)


def test_a_period_that_follows_itself_ends_the_row() -> None:
    odd = Miss(an_id("c"), "2023-05", "2023-05", date(2023, 5, 25))
    assert history.standings([odd])[an_id("c"), "2023-05"] == Standing(1, 1)


@given(st.sets(st.integers(1, 12)), st.randoms(use_true_random=False))
def test_rows_are_what_a_walk_over_the_months_counts(months: set[int], dice: Random) -> None:
    misses = [miss(f"2023-{month:02d}") for month in months]
    dice.shuffle(misses)
    found = history.standings(misses)
    row = total = 0
    for month in range(1, 13):
        row = row + 1 if month in months else 0
        total += month in months
        if month in months:
            assert found[an_id("c"), f"2023-{month:02d}"] == Standing(row, total)


@pytest.mark.parametrize(
    ("step", "in_a_row", "in_total", "rule"),
    [
        ("open", 1, 1, None),
        ("open", 2, 2, "two_in_a_row"),
        ("open", 1, 3, "three_in_total"),
        ("yellow", 2, 3, "two_in_a_row"),
        ("red", 2, 3, None),
        ("repeat", 2, 3, None),
    ],
)
def test_a_rule_jumps_to_red_from_below(
    step: str, in_a_row: int, in_total: int, rule: str | None
) -> None:
    jump = MISS.jump(step, Known(Standing(in_a_row, in_total)))
    assert (jump and jump.code) == rule


# ---- policies --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "policy"),
    [(WatchKind.TRANSFER_MISSED, MISSED), (WatchKind.BANK_FEED_LATE, FEED)],
)
def test_the_nations_policies_are_ladders(kind: WatchKind, policy: dict[str, Any]) -> None:
    assert faults.faults(kind, Ladder.of(policy)) == []


STEPS = MISSED["steps"]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (changed(levels=MISSED["levels"][:3]),
         [("steps[5].level", "level_unknown"), ("answer_within.red", "level_unknown")]),
        (changed(levels=[*MISSED["levels"], MISSED["levels"][0]]),
         [("levels", "level_twice"), ("levels", "levels_unordered")]),
        (changed(levels=MISSED["levels"][::-1]),
         [("levels", "levels_unordered")]),
        (changed(steps=[STEPS[0], {**STEPS[2], "level": "red"}, *STEPS[3:]], jumps=[]),
         [("steps[2].level", "levels_not_ascending")]),
        (changed(unit="h"), [("unit", "unit_unfit")]),
        (changed(steps=STEPS[:-1]), [("steps", "ladder_falls_silent")]),
        (changed(steps=STEPS[1:]), [("steps[0]", "opening_unfit")]),
        (changed(steps=[STEPS[0], STEPS[2], STEPS[1], *STEPS[3:]]),
         [("steps[2].after", "steps_not_ascending")]),
        (changed(steps=[*STEPS[:5], {**STEPS[5], "after": None}, STEPS[6]]),
         [("steps[5]", "step_untimed")]),
        (changed(steps=[*STEPS[:2], STEPS[6], *STEPS[2:]]),
         [("steps", "step_twice"), ("steps[2]", "repeat_unfit")]),
        (changed(jumps=[*MISSED["jumps"], MISSED["jumps"][0]]), [("jumps", "jump_twice")]),
        (changed(jumps=[{**MISSED["jumps"][0], "to": "draft"}]),
         [("jumps[0].to", "step_unknown")]),
        (changed(proposal={**MISSED["proposal"], "step": "black"}),
         [("proposal.step", "step_unknown")]),
        (changed(proposal={**MISSED["proposal"], "opens_after": 19}),
         [("proposal.opens_after", "opens_too_early")]),
    ],
)  # fmt: skip
def test_what_is_no_ladder_is_refused_with_every_fault(
    policy: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    found = faults.faults(WatchKind.TRANSFER_MISSED, Ladder.of(policy))
    assert [(fault.place, fault.code) for fault in found] == expected


def test_a_late_feed_never_jumps_and_is_never_proposed_as_a_case() -> None:
    found = faults.faults(WatchKind.BANK_FEED_LATE, Ladder.of(MISSED))
    assert [fault.code for fault in found] == ["jumps_unfit", "proposal_unfit"]


class Row:
    """A policy as far as `in_force` looks at it."""

    def __init__(self, area_code: str, valid_from: str, version: int = 1) -> None:
        self.area_code, self.version = area_code, version
        self.valid_from = date.fromisoformat(valid_from)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("0", "2020-05-01", 1)], 0),
        ([("0", "2020-05-01", 1), ("422828", "2023-01-01", 1)], 1),
        ([("42", "2023-01-01", 1), ("4228", "2020-01-01", 1), ("0", "2023-01-01", 9)], 1),
        ([("422828", "2023-07-01", 1), ("0", "2020-05-01", 1)], 1),
        ([("422828", "2022-01-01", 3), ("422828", "2023-01-01", 1)], 1),
        ([("422828", "2023-01-01", 2), ("422828", "2023-01-01", 3)], 1),
        ([("422822", "2020-01-01", 1)], None),
        ([], None),
    ],
)
def test_the_nearest_area_wins_there_the_latest_policy_begun(
    rows: list[tuple[str, str, int]], expected: int | None
) -> None:
    made = [Row(*row) for row in rows]
    found = policies.in_force(made, ("422828", "4228", "42", "0"), date(2023, 6, 30))
    assert found is (None if expected is None else made[expected])


# ---- keys and persons ------------------------------------------------------------------------


def test_a_key_says_none_where_a_part_is_absent() -> None:
    key = key_of(WatchKind.TRANSFER_MISSED, an_id("p"), None, "2023-05")
    assert key == f"transfer_missed:{an_id('p')}:none:2023-05"


class Duty:
    """An assignment as far as `in_charge` looks at it."""

    def __init__(
        self, from_on: str, until_on: str | None, role: str = "responsible_person"
    ) -> None:
        self.id, self.role = an_id(from_on, until_on, role), role
        self.from_on = date.fromisoformat(from_on)
        self.until_on = (until_on and date.fromisoformat(until_on)) or None


@pytest.mark.parametrize(
    ("duties", "expected"),
    [
        ([Duty("2023-01-01", None)], 0),
        ([Duty("2023-06-30", "2023-06-30")], 0),
        ([Duty("2023-07-01", None)], None),
        ([Duty("2023-01-01", "2023-06-29")], None),
        ([Duty("2023-01-01", None), Duty("2023-06-01", None)], 1),
        ([Duty("2023-01-01", None, role="wage_officer")], None),
    ],
)
def test_the_person_in_charge_is_the_one_in_force_assigned_last(
    duties: list[Duty], expected: int | None
) -> None:
    found = in_charge(duties, date(2023, 6, 30))
    assert found is (None if expected is None else duties[expected])
