"""Properties of every default ladder: what time passes, pauses and new calendars included."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.cases.rules.items import MEASURED, TOLD_WHEN_WRONG, WatchKind
from services.cases.rules.ladder import Ladder, Rung
from shared import clock, workdays
from shared.workdays import Calendar, DayKind, Pause
from tests.cases.policies import DEFAULTS

NATION = workdays.national_calendar([2022, 2023, 2024])
MANY = 25
BY_TIME = sorted(kind for kind in DEFAULTS if not Ladder.of(DEFAULTS[kind]).is_of_value)
DAYS = st.dates(date(2023, 1, 1), date(2023, 9, 30))
# Hours until the next look, and what happens then: how many days the clock stands still from
# there on, or what some days ahead become by a new calendar.
LOOKS = st.lists(
    st.tuples(
        st.integers(1, 15 * 24),
        st.one_of(
            st.none(),
            st.integers(1, 9),
            st.dictionaries(st.integers(0, 20), st.sampled_from(DayKind), min_size=1, max_size=5),
        ),
    ),
    max_size=14,
)
Looks = list[tuple[int, int | dict[int, DayKind] | None]]


@dataclass
class Course:
    """How an item climbs while its clock is stopped and its calendar changed under it."""

    ladder: Ladder
    due_on: date
    calendar: Calendar = NATION
    now: datetime = field(init=False)
    pauses: list[Pause] = field(default_factory=list)
    rungs: list[Rung] = field(default_factory=list)
    known_at: list[datetime] = field(default_factory=list)
    """When each rung was found to be passed."""

    def begin(self, kind: str) -> None:
        opening = self.ladder.opens_at(self.due_on, self.calendar)
        when_told = clock.day_end(self.due_on)
        self.now = when_told if kind in TOLD_WHEN_WRONG else opening
        self._take(self.ladder.found(self.due_on, self.now, self.calendar, self.now))

    def look(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        last = self.rungs[-1]
        self._take(self.ladder.passed(
            last.step, last.at, self.due_on, self.calendar, self.now, pauses=self.pauses
        ))  # fmt: skip

    def happen(self, what: int | dict[int, DayKind] | None) -> None:
        today = clock.day_of(self.now)
        if isinstance(what, int):
            ends = clock.day_end(today + timedelta(days=what - 1))
            self.pauses.append(Pause(self.now, ends, "extension", "office"))
        elif what:
            days = {today + timedelta(days=ahead): one for ahead, one in what.items()}
            self.calendar = workdays.overlay(self.calendar, "0", days)

    def _take(self, rungs: Sequence[Rung]) -> None:
        self.rungs += rungs
        self.known_at += [self.now] * len(rungs)


def climb(kind: str, due_on: date, looks: Looks) -> Course:
    course = Course(Ladder.of(DEFAULTS[kind]), due_on)
    course.begin(kind)
    for hours, what in looks:
        course.look(hours)
        course.happen(what)
    return course


@pytest.mark.parametrize("kind", BY_TIME)
@settings(max_examples=MANY)
@given(due_on=DAYS, looks=LOOKS)
def test_time_skips_no_rung_repeats_none_and_never_runs_backwards(
    kind: str, due_on: date, looks: Looks
) -> None:
    course = climb(kind, due_on, looks)
    steps = [rung.step for rung in course.rungs]
    fixed = [step for step in steps if step != "repeat"]
    assert fixed == [step.code for step in course.ladder.steps][: len(fixed)]
    assert steps == fixed + ["repeat"] * (len(steps) - len(fixed))
    assert all(one.at < other.at for one, other in pairwise(course.rungs))
    assert all(rung.at <= at for rung, at in zip(course.rungs, course.known_at, strict=True))
    ranks = [course.ladder.level_at(rung.step).rank for rung in course.rungs]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("kind", BY_TIME)
@settings(max_examples=MANY)
@given(due_on=DAYS, looks=LOOKS)
def test_an_open_item_always_has_a_next_rung_ahead_of_the_last(
    kind: str, due_on: date, looks: Looks
) -> None:
    course = climb(kind, due_on, looks)
    last = course.rungs[-1]
    following = course.ladder.following(
        last.step, last.at, due_on, course.calendar, pauses=course.pauses
    )
    assert following
    assert following.at > last.at


@pytest.mark.parametrize("kind", BY_TIME)
@settings(max_examples=MANY)
@given(due_on=DAYS, start=st.integers(0, 60 * 24), days=st.integers(1, 20))
def test_no_pause_brings_a_rung_nearer(kind: str, due_on: date, start: int, days: int) -> None:
    ladder = Ladder.of(DEFAULTS[kind])
    stops = clock.at(due_on) + timedelta(hours=start)
    pause = Pause(stops, stops + timedelta(days=days), "extension", "office")
    opening, *others = ladder.steps
    timed = [opening, *(step for step in others if step.is_timed)]  # A fact leads to the rest.
    for step, after in pairwise(timed):
        reached_at = ladder.opens_at(due_on, NATION)
        one = ladder.following(step.code, reached_at, due_on, NATION)
        other = ladder.following(step.code, reached_at, due_on, NATION, pauses=[pause])
        assert one
        assert other
        assert one.step == other.step == after.code
        assert one.at <= other.at


def test_every_ladder_but_those_of_a_value_is_looked_at() -> None:
    # The canary's is of no area, so not among the nation's.
    assert set(WatchKind) - set(BY_TIME) - {WatchKind.CANARY} == MEASURED
