"""Calendars against the notices' words, and due days against a plain day-by-day count."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import clock
from shared.areas import NATION
from shared.workdays import (
    NOTICES,
    Calendar,
    DayKind,
    DueShift,
    Pause,
    Unit,
    add_working_hours,
    due,
    months_after,
    national,
    national_calendar,
    overlay,
    step_at,
    transfer_due,
)

CALENDAR = national_calendar(range(2022, 2028))
DAY = timedelta(days=1)

# The spans of the notices for 2023 and 2026, typed by hand: (first day off, last day off).
OFF = {
    2023: ["0101 0102", "0121 0127", "0405 0405", "0429 0503", "0622 0624", "0929 1006"],
    2026: ["0101 0103", "0215 0223", "0404 0406", "0501 0505", "0619 0621", "0925 0927",
           "1001 1007"],
}  # fmt: skip
MAKEUP = {
    2023: ["0128", "0129", "0423", "0506", "0625", "1007", "1008"],
    2026: ["0104", "0214", "0228", "0509", "0920", "1010"],
}


def _day(year: int, text: str) -> date:
    return date(year, int(text[:2]), int(text[2:]))


def _by_hand(year: int) -> dict[date, DayKind]:
    days = {_day(year, text): DayKind.MAKEUP_WORKDAY for text in MAKEUP[year]}
    for span in OFF[year]:
        day, last = (_day(year, text) for text in span.split())
        while day <= last:
            days[day] = DayKind.HOLIDAY
            day += DAY
    return days


@pytest.mark.parametrize("year", [2023, 2026])
def test_the_days_of_a_year_are_those_of_its_notice(year: int) -> None:
    # The notice for 2024 begins on 30 December 2023.
    next_year = {2023: [date(2023, 12, 30), date(2023, 12, 31)]}.get(year, [])
    assert national(year) == _by_hand(year) | dict.fromkeys(next_year, DayKind.HOLIDAY)


def test_new_year_reaches_back_into_the_old_year() -> None:
    assert CALENDAR.kind(date(2022, 12, 31)) is DayKind.HOLIDAY
    assert national(2018)[date(2018, 12, 29)] is DayKind.MAKEUP_WORKDAY
    assert national(2018)[date(2018, 12, 31)] is DayKind.HOLIDAY


@pytest.mark.parametrize(
    ("year", "makeup"),
    # Weekend days worked in each year, counted in the notices (2019's works one day of 2018).
    [(2016, 6), (2017, 5), (2018, 7), (2019, 6), (2020, 6), (2021, 7), (2022, 7), (2023, 7),
     (2024, 8), (2025, 5), (2026, 6)],
)  # fmt: skip
def test_the_library_knows_every_year_that_has_a_notice(year: int, makeup: int) -> None:
    assert list(national(year).values()).count(DayKind.MAKEUP_WORKDAY) == makeup
    assert year in NOTICES


def test_a_year_without_notice_is_provisional_and_one_not_covered_is_monday_to_friday() -> None:
    assert not CALENDAR.is_provisional(date(2026, 12, 31))
    assert CALENDAR.is_provisional(date(2027, 1, 4))
    assert CALENDAR.kind(date(2027, 10, 1)) is DayKind.HOLIDAY
    assert CALENDAR.is_provisional(date(2031, 10, 1))
    assert CALENDAR.is_workday(date(2031, 10, 1))
    assert CALENDAR.kind(date(2031, 10, 4)) is DayKind.REST_DAY


def test_the_nation_and_the_zone_are_those_of_areas_and_clock() -> None:
    assert CALENDAR.area_code == NATION
    assert step_at(date(2026, 3, 2), 0, CALENDAR) == clock.at(date(2026, 3, 2), 9)


def test_an_area_lays_its_own_days_over_the_nations() -> None:
    torch_festival = date(2026, 8, 7)
    area = overlay(CALENDAR, "5323", {torch_festival: DayKind.HOLIDAY})
    assert (area.area_code, area.is_workday(torch_festival)) == ("5323", False)
    assert CALENDAR.is_workday(torch_festival)
    assert area.shift(date(2026, 8, 6), 1) == date(2026, 8, 10)
    assert area.version != CALENDAR.version


def test_the_version_names_the_days_and_what_is_provisional() -> None:
    days = national(2026)
    official = Calendar.of("0", {2026: (days, False)})
    assert official == Calendar.of("0", {2026: (dict(sorted(days.items(), reverse=True)), False)})
    assert official.version != Calendar.of("0", {2026: (days, True)}).version
    changed = dict(days) | {date(2026, 3, 3): DayKind.HOLIDAY}
    assert official.version != Calendar.of("0", {2026: (changed, False)}).version


@pytest.mark.parametrize(
    ("period", "day_of_month", "expected"),
    [
        ("2026-02", 15, date(2026, 2, 14)),
        ("2026-02", 28, date(2026, 2, 28)),
        ("2026-02", 31, date(2026, 2, 28)),
        ("2026-09", 25, date(2026, 9, 24)),
        ("2023-06", 25, date(2023, 6, 25)),
        ("2023-01", 25, date(2023, 1, 20)),
    ],
)
def test_pay_and_transfer_days_shift_backwards(
    period: str, day_of_month: int, expected: date
) -> None:
    assert transfer_due(period, day_of_month, CALENDAR) == expected


def test_a_contract_may_say_no_shift_or_a_later_month() -> None:
    assert transfer_due("2026-02", 15, CALENDAR, DueShift.NONE) == date(2026, 2, 15)
    assert transfer_due("2026-12", 10, CALENDAR, months_later=1) == date(2027, 1, 8)
    with pytest.raises(ValueError, match="1 to 31"):
        transfer_due("2026-02", 32, CALENDAR)


def test_five_working_days_over_spring_festival() -> None:
    start = clock.at(date(2026, 2, 12), 15)
    assert due(start, 5, Unit.WD, [], CALENDAR) == clock.day_end(date(2026, 2, 26))


def test_hours_run_through_holidays_and_stand_still_in_a_pause() -> None:
    start = clock.at(date(2026, 2, 16), 10)
    assert due(start, 24, Unit.H, [], CALENDAR) == start + DAY
    pause = Pause(start + DAY / 2, start + DAY, "force majeure", "head")
    assert due(start, 24, Unit.H, [pause], CALENDAR) == start + 1.5 * DAY


def test_a_statutory_period_ends_on_the_first_day_after_a_holiday() -> None:
    start = clock.at(date(2026, 9, 10), 8)  # 15 days later is a Friday in 中秋节, to Sunday
    assert due(start, 15, Unit.CD, [], CALENDAR) == clock.day_end(date(2026, 9, 25))
    assert due(start, 15, Unit.CD, [], CALENDAR, shift_forwards=True) == clock.day_end(
        date(2026, 9, 28)
    )


def test_a_period_does_not_end_while_its_clock_stands_still() -> None:
    start = clock.at(date(2026, 9, 10), 8)
    pause = Pause(clock.at(date(2026, 9, 28), 9), clock.at(date(2026, 9, 30), 9), "r", "a")
    assert due(start, 15, Unit.CD, [pause], CALENDAR, shift_forwards=True) == clock.day_end(
        date(2026, 9, 30)
    )


def test_a_negative_length_and_a_naive_start_are_refused() -> None:
    with pytest.raises(ValueError, match="aware start"):
        due(clock.at(date(2026, 1, 1)), -1, Unit.WD, [], CALENDAR)
    with pytest.raises(ValueError, match="aware start"):
        due(datetime(2026, 1, 1), 1, Unit.WD, [], CALENDAR)  # noqa: DTZ001


def test_months_end_on_the_same_day_number_or_the_last() -> None:
    assert months_after(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_after(date(2026, 11, 15), 3) == date(2027, 2, 15)
    assert months_after(date(2026, 3, 31), -4) == date(2025, 11, 30)


# ---- against plain reference code ----------------------------------------------------------

DAYS = st.dates(date(2022, 6, 1), date(2027, 6, 30))
INSTANTS = st.datetimes(
    datetime(2022, 11, 1),  # noqa: DTZ001 -- hypothesis wants naive bounds
    datetime(2026, 11, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
UNITS = st.sampled_from([Unit.WD, Unit.CD])
LENGTHS = st.integers(0, 60)
CALENDARS = st.builds(
    lambda days: overlay(CALENDAR, "42", days),
    st.dictionaries(DAYS, st.sampled_from(list(DayKind)), max_size=40),
)


@st.composite
def _pauses(draw: st.DrawFn) -> list[Pause]:
    pauses = []
    for _ in range(draw(st.integers(0, 4))):
        start = draw(INSTANTS)
        hours = draw(st.integers(0, 24 * 30))
        pauses.append(Pause(start, start + timedelta(hours=hours), "reason", "approver"))
    return pauses


def _worked(calendar: Calendar, day: date) -> bool:
    plain = DayKind.WORKDAY if day.weekday() < 5 else DayKind.REST_DAY
    return calendar.exceptions.get(day, plain) in {DayKind.WORKDAY, DayKind.MAKEUP_WORKDAY}


def _stands_still(pauses: list[Pause], day: date) -> bool:
    return any(pause.from_at < clock.day_end(day) <= pause.to_at for pause in pauses)


def _plain_due(
    start: datetime, length: int, unit: Unit, pauses: list[Pause], calendar: Calendar
) -> date:
    """Count one day after the other."""
    day = clock.day_of(start)
    while length:
        day += DAY
        counted = unit is Unit.CD or _worked(calendar, day)
        length -= counted and not _stands_still(pauses, day)
    return day


@given(CALENDARS, DAYS, st.integers(-80, 80))
def test_shift_counts_as_one_would_by_hand(calendar: Calendar, day: date, n: int) -> None:
    expected, left = day, abs(n)
    while left:
        expected += DAY if n > 0 else -DAY
        left -= _worked(calendar, expected)
    assert calendar.shift(day, n) == expected
    if n > 0:
        assert calendar.workdays_between(day, expected) == n


@given(CALENDARS, DAYS)
def test_the_nearest_working_days_are_found(calendar: Calendar, day: date) -> None:
    before = after = day
    while not _worked(calendar, before):
        before -= DAY
    while not _worked(calendar, after):
        after += DAY
    assert (calendar.on_or_before(day), calendar.on_or_after(day)) == (before, after)
    assert calendar.is_workday(day) == _worked(calendar, day)


@given(CALENDARS, INSTANTS, st.integers(1, 60), UNITS, _pauses())
def test_due_counts_as_one_would_by_hand(
    calendar: Calendar, start: datetime, length: int, unit: Unit, pauses: list[Pause]
) -> None:
    expected = _plain_due(start, length, unit, pauses, calendar)
    assert due(start, length, unit, pauses, calendar) == clock.day_end(expected)
    while not _worked(calendar, expected) or _stands_still(pauses, expected):
        expected += DAY
    shifted = due(start, length, unit, pauses, calendar, shift_forwards=True)
    assert shifted == clock.day_end(expected)


@given(CALENDARS, INSTANTS, UNITS | st.just(Unit.H), _pauses())
def test_due_is_monotone_in_length(
    calendar: Calendar, start: datetime, unit: Unit, pauses: list[Pause]
) -> None:
    ends = [due(start, n, unit, pauses, calendar) for n in range(40)]
    assert all(earlier <= later for earlier, later in pairwise(ends))
    assert all(earlier < later for earlier, later in pairwise(ends[1:]))
    shifted = [due(start, n, unit, pauses, calendar, shift_forwards=True) for n in range(40)]
    assert all(earlier <= later for earlier, later in pairwise(shifted))
    assert all(end <= later for end, later in zip(ends, shifted, strict=True))


@given(INSTANTS, LENGTHS, UNITS | st.just(Unit.H), _pauses(), st.randoms())
def test_the_order_of_pauses_is_irrelevant(
    start: datetime, length: int, unit: Unit, pauses: list[Pause], random: object
) -> None:
    mixed = list(pauses)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert due(start, length, unit, mixed, CALENDAR) == due(start, length, unit, pauses, CALENDAR)


@given(INSTANTS, st.integers(1, 60), UNITS, st.integers(0, 100), st.integers(0, 40))
def test_a_pause_of_n_counted_days_moves_the_due_day_by_exactly_n(
    start: datetime, length: int, unit: Unit, offset: int, days: int
) -> None:
    without = _plain_due(start, length, unit, [], CALENDAR)
    first = min(clock.day_of(start) + (1 + offset) * DAY, without)
    pause = Pause(clock.at(first, 11), clock.at(first + days * DAY, 11), "reason", "approver")
    paused = [first + n * DAY for n in range(days)]
    counted = sum(unit is Unit.CD or CALENDAR.is_workday(day) for day in paused)
    moved = CALENDAR.shift(without, counted) if unit is Unit.WD else without + counted * DAY
    assert due(start, length, unit, [pause], CALENDAR) == clock.day_end(moved)


@given(INSTANTS, LENGTHS, _pauses(), CALENDARS)
def test_a_stored_due_day_comes_out_again_with_its_own_calendar(
    start: datetime, length: int, pauses: list[Pause], later: Calendar
) -> None:
    stored = due(start, length, Unit.WD, pauses, CALENDAR)
    open_again = due(start, length, Unit.WD, pauses, later)
    same_days = Calendar("0", dict(CALENDAR.exceptions), CALENDAR.years, CALENDAR.provisional)
    assert same_days.version == CALENDAR.version
    assert due(start, length, Unit.WD, pauses, same_days) == stored
    changed = {day for day in later.exceptions if CALENDAR.kind(day) is not later.kind(day)}
    if all(not clock.day_of(start) <= day <= clock.day_of(stored) for day in changed):
        assert open_again == stored


OPENS, CLOSES = time(8, 30), time(17, 30)


@given(CALENDARS, INSTANTS, st.integers(0, 60 * 60))
def test_working_time_passes_only_while_it_is_open(
    calendar: Calendar, start: datetime, minutes: int
) -> None:
    start = start.replace(second=0, microsecond=0)
    end = add_working_hours(start, minutes / 60, calendar, OPENS, CLOSES)
    instant, left = start, minutes
    while left:
        day = clock.day_of(instant)
        opens, closes = clock.at(day, 8, 30), clock.at(day, 17, 30)
        if not _worked(calendar, day) or instant >= closes:
            instant = clock.at(day + DAY, 8, 30)
        elif instant < opens:
            instant = opens
        else:
            step = min(left, int((closes - instant) / timedelta(minutes=1)))
            instant, left = instant + step * timedelta(minutes=1), left - step
    assert abs(end - instant) < timedelta(milliseconds=1)


def test_a_full_day_ends_at_closing_time() -> None:
    friday, monday = date(2026, 3, 6), date(2026, 3, 9)
    eve = clock.at(friday, 17)
    assert add_working_hours(eve, 1, CALENDAR, time(9), time(18)) == clock.at(friday, 18)
    assert add_working_hours(eve, 10, CALENDAR, time(9), time(18)) == clock.at(monday, 18)
    assert add_working_hours(eve, 2, CALENDAR, time(9), time(18)) == clock.at(monday, 10)
    with pytest.raises(ValueError, match="close after"):
        add_working_hours(eve, 2, CALENDAR, time(18), time(9))
