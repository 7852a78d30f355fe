"""What is owed from now on, whatever changes; and what is foretold of it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.payroll import rules
from services.payroll.rules.periods import Basis, Terms, TransferMonth
from services.payroll.rules.plans import ClosedReason, Kept, Spell, Version, Wanted
from services.payroll.rules.reminders import ReminderStep
from shared.workdays import DueShift, national_calendar

CALENDAR = national_calendar(range(2022, 2027))
TERMS = Terms(
    Basis.PER_PERIOD, Decimal(12000), Decimal(100), None, "2023-01", "2023-06", 25,
    TransferMonth.SAME, DueShift.BACKWARDS,
)  # fmt: skip
SIGNED = Version(1, "2023-01", TERMS)
TOTAL = replace(TERMS, basis=Basis.TOTAL, labour_cost=Decimal(600))


def kept(first: str, last: str, today: date, amount: Decimal = Decimal(100)) -> list[Kept]:
    found = []
    for period in rules.periods.periods(first, last):
        day = rules.periods.due_on(TERMS, period, CALENDAR)
        found.append(Kept(period, day, amount, day <= today))
    return found


def planned(
    versions: list[Version],
    rows: list[Kept],
    today: date,
    *,
    spells: tuple[Spell, ...] = (),
    completed_on: date | None = None,
    anew: bool = False,
) -> list[Wanted]:
    return rules.plans.replan(
        versions, rows, spells, completed_on, calendar=CALENDAR, today=today, anew=anew
    )


def shown(wanted: list[Wanted]) -> list[tuple[str, int, str | None]]:
    return [(one.period, int(one.amount), one.closed) for one in wanted]


TODAY = date(2023, 3, 30)


def test_a_supplement_changes_what_lies_ahead_of_its_first_period_and_nothing_else() -> None:
    more = Version(2, "2023-05", replace(TERMS, labour_cost=Decimal(150), last_period="2023-08"))
    rows = kept("2023-01", "2023-06", TODAY)
    assert shown(planned([SIGNED, more], rows, TODAY, anew=True)) == [
        ("2023-04", 100, None),
        ("2023-05", 150, None),
        ("2023-06", 150, None),
        ("2023-07", 150, None),
        ("2023-08", 150, None),
    ]


def test_a_shorter_contract_closes_what_it_no_longer_owes() -> None:
    less = Version(2, "2023-04", replace(TERMS, last_period="2023-04"))
    rows = kept("2023-01", "2023-06", TODAY)
    assert shown(planned([SIGNED, less], rows, TODAY, anew=True)) == [
        ("2023-04", 100, None),
        ("2023-05", 100, ClosedReason.TERMS_CHANGED),
        ("2023-06", 100, ClosedReason.TERMS_CHANGED),
    ]


def test_what_is_left_of_a_sum_is_spread_over_what_lies_ahead() -> None:
    signed = replace(SIGNED, terms=TOTAL)
    # Three periods of 100 are over; 1,001 in all leave 701 for April to July.
    more = Version(2, "2023-04", replace(TOTAL, labour_cost=Decimal(1001), last_period="2023-07"))
    wanted = planned([signed, more], kept("2023-01", "2023-06", TODAY), TODAY, anew=True)
    assert [one.amount for one in wanted] == [
        Decimal("175.25"), Decimal("175.25"), Decimal("175.25"), Decimal("175.25"),
    ]  # fmt: skip
    less = Version(3, "2023-04", replace(TOTAL, labour_cost=Decimal(250)))
    wanted = planned([signed, more, less], kept("2023-01", "2023-06", TODAY), TODAY, anew=True)
    assert [int(one.amount) for one in wanted] == [0, 0, 0], "more was owed already"


def test_of_several_versions_the_highest_holds_from_its_period_on() -> None:
    later = Version(2, "2023-06", replace(TERMS, transfer_day=10))
    earlier = Version(3, "2023-05", replace(TERMS, transfer_day=15))
    versions = [SIGNED, later, earlier]
    assert [rules.plans.version_of(versions, f"2023-0{n}").number for n in (4, 5, 6)] == [1, 3, 3]


def test_whole_months_of_a_stop_are_owed_no_longer_and_planned_again_when_works_go_on() -> None:
    rows = kept("2023-01", "2023-06", TODAY)
    # Works stop on 10 April: they were under way in April, so April is owed.
    stopped = planned([SIGNED], rows, TODAY, spells=(Spell(date(2023, 4, 10), None),))
    assert shown(stopped) == [
        ("2023-04", 100, None),
        ("2023-05", 100, ClosedReason.PROJECT_STOPPED),
        ("2023-06", 100, ClosedReason.PROJECT_STOPPED),
    ]
    closed = [
        replace(row, closed=ClosedReason.PROJECT_STOPPED) if row.period > "2023-04" else row
        for row in rows
    ]
    # They go on in the last days of May: a month with one day of work is owed.
    again = planned([SIGNED], closed, TODAY, spells=(Spell(date(2023, 4, 10), date(2023, 5, 30)),))
    assert shown(again) == [("2023-04", 100, None), ("2023-05", 100, None), ("2023-06", 100, None)]
    until_june = planned([SIGNED], closed, date(2023, 5, 26), spells=())
    assert shown(until_june) == [("2023-06", 100, None)], "May was due on 25 May: it is over"


def test_completion_closes_the_months_that_begin_after_it() -> None:
    rows = kept("2023-01", "2023-06", TODAY)
    wanted = planned([SIGNED], rows, TODAY, completed_on=date(2023, 4, 2))
    assert shown(wanted) == [
        ("2023-04", 100, None),
        ("2023-05", 100, ClosedReason.PROJECT_COMPLETED),
        ("2023-06", 100, ClosedReason.PROJECT_COMPLETED),
    ]


def test_the_period_before_is_the_last_one_that_is_owed() -> None:
    rows = kept("2023-01", "2023-06", TODAY)
    wanted = planned([SIGNED], rows, TODAY, spells=(Spell(date(2023, 5, 1), date(2023, 5, 31)),))
    assert [(one.period, one.previous_period) for one in wanted] == [
        ("2023-04", "2023-03"), ("2023-05", "2023-04"), ("2023-06", "2023-04"),
    ]  # fmt: skip


# ---- whatever changes ------------------------------------------------------------------------

MONTHS = [f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13)]
SPANS = some.tuples(some.sampled_from(MONTHS), some.sampled_from(MONTHS)).map(sorted)


@some.composite
def supplements(draw: some.DrawFn) -> list[Version]:
    basis = draw(some.sampled_from([Basis.PER_PERIOD, Basis.TOTAL]))
    versions = []
    for number in range(1, draw(some.integers(1, 4)) + 1):
        first, last = draw(SPANS)
        terms = replace(
            TERMS,
            basis=basis,
            labour_cost=draw(some.decimals(0, 100_000, places=2)),
            first_period=first,
            last_period=last,
            transfer_day=draw(some.integers(1, 31)),
        )
        valid_from = first if number == 1 else draw(some.sampled_from(MONTHS))
        versions.append(Version(number, valid_from, terms))
    return versions


DAYS = some.dates(date(2023, 1, 1), date(2024, 12, 31))
SPELLS = some.lists(
    some.tuples(DAYS, some.one_of(some.none(), some.integers(0, 200))).map(
        lambda said: Spell(said[0], None if said[1] is None else said[0] + timedelta(days=said[1]))
    ),
    max_size=3,
)


def first_plan(version: Version, today: date) -> list[Kept]:
    return [
        Kept(each.period, each.due_on, each.amount, each.due_on <= today)
        for each in rules.periods.plan(version.terms, CALENDAR)
    ]


@given(supplements(), SPELLS, some.one_of(some.none(), DAYS), DAYS, some.booleans())
def test_nothing_that_is_over_is_ever_named_moved_or_planned(
    versions: list[Version], spells: list[Spell], completed_on: date | None, today: date,
    anew: bool,  # noqa: FBT001 -- drawn
) -> None:  # fmt: skip
    rows = first_plan(versions[0], today)
    wanted = planned(
        versions, rows, today, spells=tuple(spells), completed_on=completed_on, anew=anew
    )
    fixed = {row.period for row in rows if row.fixed}
    assert not fixed & {one.period for one in wanted}
    assert all(one.due_on > today for one in wanted)
    assert [one.period for one in wanted] == sorted({one.period for one in wanted})
    for one in wanted:
        assert one.previous_period is None or one.previous_period < one.period


@given(supplements(), DAYS)
def test_a_sum_is_owed_as_a_whole_and_no_more_than_it_where_anything_lies_ahead(
    versions: list[Version], today: date
) -> None:
    newest = versions[-1]
    rows = first_plan(versions[0], today)
    wanted = planned(versions, rows, today, anew=True)
    spread = [one for one in wanted if one.closed is None and one.period >= newest.valid_from]
    if newest.terms.basis is not Basis.TOTAL or not spread:
        return
    over = sum((row.amount for row in rows if row.fixed), Decimal(0))
    before = sum(
        (one.amount for one in wanted if one.closed is None and one not in spread), Decimal(0)
    )
    total = over + before + sum(one.amount for one in spread)
    assert total == max(newest.terms.labour_cost or Decimal(0), over + before)


@given(supplements(), SPELLS, DAYS)
def test_planning_twice_plans_the_same(
    versions: list[Version], spells: list[Spell], today: date
) -> None:
    rows = first_plan(versions[0], today)
    once = planned(versions, rows, today, spells=tuple(spells), anew=True)
    there = {row.period: row for row in rows} | {
        one.period: Kept(one.period, one.due_on, one.amount, fixed=False, closed=one.closed)
        for one in once
    }
    again = planned(versions, list(there.values()), today, spells=tuple(spells), anew=True)
    assert again == once


# ---- forecast and reminders --------------------------------------------------------------------


def test_steps_fall_on_working_days_before_the_due_day() -> None:
    """Due on Thursday 25 May 2023: seven working days before is 16 May, three 22 May, one 24."""
    due = date(2023, 5, 25)
    seen = {
        (today, one.step, one.workdays)
        for today in (date(2023, 5, 1) + timedelta(days=n) for n in range(30))
        for one in rules.reminders.steps_of(today, CALENDAR, 7, [3, 1])
        if one.due_on == due
    }
    assert seen == {
        (date(2023, 5, 16), ReminderStep.FORECAST, 7),
        (date(2023, 5, 22), ReminderStep.REMINDER, 3),
        (date(2023, 5, 24), ReminderStep.REMINDER, 1),
    }


@pytest.mark.parametrize(
    ("due", "workdays", "on"),
    [
        # 25 June 2023 is a Sunday on which people work, after the Dragon Boat holidays.
        (date(2023, 6, 25), 1, date(2023, 6, 21)),
        # 1 May is a holiday, where a contract shifts nothing; the last working day is 28 April.
        (date(2023, 5, 1), 1, date(2023, 4, 28)),
        (date(2023, 5, 2), 1, date(2023, 4, 28)),
        (date(2023, 5, 4), 1, date(2023, 4, 28)),
    ],
)
def test_holidays_and_make_up_days_count_as_they_are(due: date, workdays: int, on: date) -> None:
    days = [due - timedelta(days=n) for n in range(1, 20)]
    seen = [
        today
        for today in days
        for one in rules.reminders.steps_of(today, CALENDAR, 40, [workdays])
        if one.due_on == due and one.step is ReminderStep.REMINDER
    ]
    assert seen == [on]


@given(some.dates(date(2023, 3, 1), date(2025, 10, 31)), some.integers(1, 30))
def test_every_due_day_is_reached_by_each_step_exactly_once(due: date, workdays: int) -> None:
    seen = [
        today
        for today in (due - timedelta(days=n) for n in range(1, 70))
        for one in rules.reminders.steps_of(today, CALENDAR, 60, [workdays])
        if one.due_on == due and one.step is ReminderStep.REMINDER
    ]
    assert seen == [CALENDAR.shift(due, -workdays)]
