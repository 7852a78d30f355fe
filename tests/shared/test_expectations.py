"""By when feeds are expected: the days of each rhythm, counted by hand on the calendar of 2023.

Off 21–27 January, 5 April, 29 April–3 May, 22–24 June; worked 28 and 29 January, 23 April, 6 May,
25 June.
"""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import clock, expectations
from shared.expectations import Every, Rhythm
from shared.workdays import national_calendar

CALENDAR = national_calendar([2022, 2023, 2024])
DAILY = Rhythm(1, Every.DAY, "10:00")


def at(said: str) -> datetime:
    return datetime.fromisoformat(f"2023-{said}").replace(tzinfo=clock.BEIJING)


def dues(rhythm: Rhythm, after: str, count: int) -> list[datetime]:
    """Give the first due instants after another one."""
    found, last = [], at(after)
    for _ in range(count):
        last, _version = expectations.next_due(last, lambda _: rhythm, CALENDAR)
        found.append(last)
    return found


@pytest.mark.parametrize(
    ("rhythm", "after", "expected"),
    [
        (DAILY, "04-28 10:00", ["04-29 10:00", "04-30 10:00"]),
        # The make-up Saturday of 6 May is a working day, the holidays before it are none.
        (
            Rhythm(1, Every.WORKDAY, "09:00", grace_minutes=60),
            "04-28 09:59",
            ["04-28 10:00", "05-04 10:00", "05-05 10:00", "05-06 10:00", "05-08 10:00"],
        ),
        # The second working day of each week; of the week of Spring Festival its second, Sunday.
        (
            Rhythm(1, Every.WEEK, "17:00", workday=2),
            "01-12 00:00",
            ["01-17 17:00", "01-29 17:00", "01-31 17:00"],
        ),
        # A week with fewer working days than that: its last.
        (
            Rhythm(1, Every.WEEK, "17:00", workday=5),
            "01-21 00:00",
            ["01-29 17:00", "02-03 17:00"],
        ),
        (
            Rhythm(1, Every.MONTH, "18:00", workday=5),
            "04-01 00:00",
            ["04-10 18:00", "05-09 18:00", "06-07 18:00"],
        ),
        # Its grace reaches into the next day.
        (Rhythm(1, Every.WORKDAY, "23:00", grace_minutes=120), "05-05 00:30", ["05-05 01:00"]),
    ],
    ids=["daily", "workday", "week", "short week", "month", "grace"],
)
def test_a_rhythm_falls_on_its_days(rhythm: Rhythm, after: str, expected: list[str]) -> None:
    assert dues(rhythm, after, len(expected)) == [at(said) for said in expected]


@given(
    every=st.sampled_from(Every),
    workday=st.integers(1, 23),
    hour=st.integers(0, 23),
    grace=st.integers(0, 1440),
    after=st.datetimes(datetime(2023, 1, 1), datetime(2023, 11, 1)),  # noqa: DTZ001
)
def test_the_next_instant_lies_ahead_and_none_is_left_out(
    every: Every, workday: int, hour: int, grace: int, after: datetime
) -> None:
    rhythm = Rhythm(7, every, f"{hour:02d}:30", workday, grace)
    since = after.replace(tzinfo=clock.BEIJING)
    due, version = expectations.next_due(since, lambda _: rhythm, CALENDAR)
    assert (due > since, version) == (True, 7)
    # Every day from long before on, asked one by one, agrees.
    days = (clock.day_of(since) + timedelta(days=n) for n in range(-5, 70))
    ahead = [rhythm.due_at(day) for day in days if rhythm.falls_on(day, CALENDAR)]
    assert due == min(one for one in ahead if one > since)


def test_each_day_goes_by_the_row_in_force_on_it() -> None:
    monthly, daily = Rhythm(1, Every.MONTH, "18:00", workday=5), Rhythm(2, Every.DAY, "08:00")

    def on(day: date) -> Rhythm | None:
        return daily if day >= date(2023, 4, 7) else monthly

    assert expectations.next_due(at("04-01 00:00"), on, CALENDAR) == (at("04-07 08:00"), 2)


def test_a_kind_without_a_row_is_an_error_and_no_silence() -> None:
    with pytest.raises(LookupError):
        expectations.next_due(at("04-01 00:00"), lambda _: None, CALENDAR)
