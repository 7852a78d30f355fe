"""The past under a policy: what was told, in its order, and what a ladder would have made of it.

It walks from one piece of news to the next and lets time pass between them, by the calendar that
was known then. Pure: it opens nothing and tells nobody.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import partial
from uuid import UUID

from services.cases.rules import history, policies
from services.cases.rules.history import Miss
from services.cases.rules.items import TOLD_WHEN_WRONG, CloseReason, Happening, WatchKind
from services.cases.rules.ladder import Known, Ladder, Rung
from services.cases.rules.policies import LadderRow
from shared.workdays import Calendar, Pause


class Heard(StrEnum):
    """What was told or decided of a matter, by which its course goes."""

    FOUND = "found"
    ENDED = "ended"
    EXTENDED = "extended"
    """Somebody was given more time: the clock stands still."""
    REVERSED = "reversed"
    """The proof that closed it counts no longer."""
    ANNULLED = "annulled"
    """What was closed already turned out to have been no miss."""


@dataclass(frozen=True, slots=True)
class News:
    """A piece of news of one matter, as it was told."""

    key: str
    kind: WatchKind
    what: Heard
    at: datetime
    known_at: datetime
    """When it was taken in, among the rungs."""
    period: str = ""
    due_on: date = date.min
    due_at: datetime | None = None
    contract_id: UUID | None = None
    previous_period: str | None = None
    facts: frozenset[str] = frozenset()
    value: Decimal | None = None
    muted: bool = False
    reason: str = ""
    """Of an end: the proof in a word."""
    by_hand: bool = False
    """Of an end: documents closed it, and its finder has not said that it is so no longer."""
    until: datetime | None = None
    """Of more time: how long the clock stands still."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A rung that an item stood on since an instant, and the level it had there."""

    step: str
    level: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """A line of a course: what happened, where the item stood then, and when."""

    what: Happening
    step: str
    level: str
    at: datetime


@dataclass
class Course:
    """How one item went: what it reached, how long an answer might take, when it closed."""

    key: str
    opened_at: datetime
    reached: list[Reached] = field(default_factory=list)
    answers: list[datetime] = field(default_factory=list)
    """Until when an answer was asked for, level by level."""
    proposes_at: datetime | None = None
    case_opens_at: datetime | None = None
    closed_at: datetime | None = None
    governed_by: LadderRow | None = field(default=None, compare=False)
    """The policy by which it opened."""
    turns: list[Moved] = field(default_factory=list, compare=False)
    """Each closing, and each time that its proof was taken back."""

    def turn(self, what: Happening, at: datetime) -> None:
        """Close it, or open it again."""
        self.closed_at = at if what is Happening.CLOSED else None
        if self.reached:
            last = self.reached[-1]
            self.turns.append(Moved(what, last.step, last.level, at))

    def steps(self, ladder: Ladder) -> list[Moved]:
        """Give all that happened to it, in order, as an item's timeline has it."""
        rank = {level.code: level.rank for level in ladder.levels}
        moved: list[Moved] = []
        before: Reached | None = None
        for one in self.reached:
            what = Happening.STEP_REACHED
            if before is None:
                what = Happening.OPENED
            elif rank[one.level] != rank[before.level]:
                higher = rank[one.level] > rank[before.level]
                what = Happening.RAISED if higher else Happening.LOWERED
            moved.append(Moved(what, one.step, one.level, one.at))
            before = one
        return sorted([*moved, *self.turns], key=lambda one: one.at)


@dataclass
class _Matter:
    """Where one matter stands while the past is walked through."""

    told: News
    ladder: Ladder | None = None
    course: Course | None = None
    pauses: list[Pause] = field(default_factory=list)
    granted: list[Pause] = field(default_factory=list)
    muted_at: datetime | None = None
    reviewed_at: datetime | None = None
    settled: bool = False
    """Documents have closed it: what is told of it anew opens nothing until its finder ends it."""

    @property
    def last(self) -> Reached:
        assert self.course is not None  # noqa: S101  an open matter has reached its opening
        return self.course.reached[-1]

    @property
    def known(self) -> Known:
        return Known(facts=self.told.facts, value=self.told.value)

    @property
    def miss(self) -> Miss | None:
        """Give what counts with others of its project, if it is a missed period."""
        told = self.told
        if told.kind is not WatchKind.TRANSFER_MISSED or told.contract_id is None:
            return None
        return Miss(told.contract_id, told.period, told.previous_period, told.due_on)

    @property
    def stood(self) -> list[Pause]:
        """Give the times in which its clock stood still, those that are over or have an end."""
        return [*self.pauses, *self.granted]

    def still(self, at: datetime) -> list[Pause]:
        """Give the times in which its clock stood still by an instant."""
        lasting = [Pause(self.muted_at, at, "muted", "finder")] if self.muted_at else []
        return [*self.stood, *lasting]


class Walk:
    """The matters of one project (or one alone), led through what was told of them."""

    def __init__(
        self,
        rows: Sequence[LadderRow],
        lineage: Sequence[str],
        calendars: Sequence[tuple[datetime, Calendar]],
    ) -> None:
        """Take the policies that may govern, and the calendars with when each became known."""
        self.rows, self.lineage = rows, lineage
        self.calendars = sorted(calendars, key=lambda one: one[0])
        self.calendar = self.calendars[0][1]
        self.courses: list[Course] = []
        self._standing: dict[str, _Matter] = {}
        self._closed: dict[str, _Matter] = {}
        self._misses: list[Miss] = []

    def through(self, news: Iterable[News], until: datetime) -> list[Course]:
        """Lead the matters through their news up to an instant, and give their courses."""
        steps: list[tuple[datetime, int, Callable[[], None]]] = [
            (at, 0, partial(self._learn, calendar, at)) for at, calendar in self.calendars[1:]
        ]
        steps += [(one.known_at, 1, partial(self._hear, one)) for one in news]
        for at, _, step in sorted(steps, key=lambda one: one[:2]):
            if at > until:
                break
            self._pass_time(at)
            step()
        self._pass_time(until - timedelta.resolution)  # The instant itself is the next day's.
        return self.courses

    def _learn(self, calendar: Calendar, at: datetime) -> None:
        self.calendar = calendar
        for matter in self._standing.values():
            matter.reviewed_at = at

    def _pass_time(self, now: datetime) -> None:
        for matter in list(self._standing.values()):
            if matter.course is None:
                self._open_by_time(matter, now)
            if matter.course and matter.ladder and matter.muted_at is None:
                last = matter.last
                self._reach(matter, matter.ladder.passed(
                    last.step, last.at, matter.told.due_on, self.calendar, now,
                    pauses=matter.stood,
                ))  # fmt: skip

    def _open_by_time(self, matter: _Matter, now: datetime) -> None:
        if matter.muted_at is not None or matter.reviewed_at is None:
            return
        found = policies.opening(
            self.rows, self.lineage, matter.told.due_on, self.calendar, matter.reviewed_at,
            pauses=matter.stood,
        )  # fmt: skip
        if found and found[1] <= now and not found[0].ladder().is_of_value:
            self._open(matter, found[1])

    def _hear(self, news: News) -> None:
        matter, closed = self._standing.get(news.key), self._closed.get(news.key)
        if news.what is Heard.FOUND and closed and closed.settled:
            self._take(closed, news)
        elif news.what is Heard.FOUND:
            self._find(matter, news)
        elif news.what is Heard.ENDED and closed and closed.settled:
            closed.settled = False
        elif news.what is Heard.ENDED and matter and matter.told.at <= news.at:
            self._end(matter, news)
        elif news.what is Heard.EXTENDED and matter and matter.course and news.until:
            matter.granted.append(Pause(news.at, news.until, "extension", ""))
        elif news.what is Heard.ANNULLED and closed:
            self._annul(closed, news.at)
        elif news.what is Heard.REVERSED and closed and matter is None:
            self._reopen(closed, news.at)

    def _end(self, matter: _Matter, news: News) -> None:
        self._close(matter, news.at)
        self._closed[news.key] = self._standing.pop(news.key)
        matter.settled = news.by_hand
        if news.reason == CloseReason.NOT_MISSED:
            self._annul(matter, news.at)

    def _annul(self, matter: _Matter, at: datetime) -> None:
        """What was no miss counts no longer: the others stand where time and the rest put them."""
        self._misses = [one for one in self._misses if one != matter.miss]
        for other in self._standing.values():
            ladder, course, due_at = other.ladder, other.course, other.told.due_at
            if ladder is None or course is None or due_at is None:
                continue
            step = ladder.put_back(
                other.last.step, other.told.due_on, due_at, self.calendar, at,
                known=self._known(other), pauses=other.still(at),
            )  # fmt: skip
            if step is not None:
                course.reached.append(Reached(step, ladder.level_at(step).code, at))
                self._ask(other, ladder, at)

    def _reopen(self, matter: _Matter, at: datetime) -> None:
        """Let a matter stand where it stood, and climb what time and rules ask for since."""
        key, matter.settled = matter.told.key, False
        self._standing[key] = self._closed.pop(key)
        if matter.course is not None:
            matter.course.turn(Happening.REVERSED, at)
        miss = matter.miss
        if miss and miss not in self._misses:
            self._misses.append(miss)
        self._pass_time(at)
        for other in self._standing.values():
            self._jump(other, self._known(other), at)

    def _find(self, matter: _Matter | None, news: News) -> None:
        if matter is None:
            matter = self._standing[news.key] = _Matter(news)
        elif matter.told.at > news.at or news.kind in TOLD_WHEN_WRONG:
            return
        self._take(matter, news)
        if news.kind in TOLD_WHEN_WRONG:
            self._open(matter, news.at)
            self._review_misses(news)
        elif matter.course is None:
            self._review(matter, news.at)
        else:
            self._move(matter, matter.course, news.at)

    def _take(self, matter: _Matter, news: News) -> None:
        matter.told, matter.reviewed_at = news, news.at
        if news.muted and matter.muted_at is None:
            matter.muted_at = news.at
        elif not news.muted and matter.muted_at is not None:
            matter.pauses.append(Pause(matter.muted_at, news.at, "muted", "finder"))
            matter.muted_at = None

    def _review(self, matter: _Matter, at: datetime) -> None:
        row = self._row_on(at)
        ladder = row.ladder() if row else None
        if ladder and ladder.is_of_value:
            if ladder.at_value(matter.known):
                self._open(matter, at)
        elif ladder and ladder.jump(None, matter.known):
            self._open(matter, at)
        else:
            self._open_by_time(matter, at)

    def _row_on(self, at: datetime) -> LadderRow | None:
        return policies.in_force(self.rows, self.lineage, policies.day_of(at))

    def _open(self, matter: _Matter, at: datetime) -> None:
        row = self._row_on(at)
        if row is None:
            return
        told, ladder = matter.told, row.ladder()
        matter.ladder, matter.granted = ladder, []
        matter.course = Course(told.key, at, governed_by=row)
        self.courses.append(matter.course)
        still = matter.still(at)
        due_at = told.due_at or ladder.opens_at(told.due_on, self.calendar, pauses=still)
        if due_at <= at and not ladder.is_of_value:
            found = ladder.found(told.due_on, due_at, self.calendar, at, pauses=still)
            self._reach(matter, [replace(rung, at=at) for rung in found])
        if miss := matter.miss:
            self._misses.append(miss)
        self._jump(matter, self._known(matter), at)

    def _known(self, matter: _Matter) -> Known:
        told = matter.told
        if told.kind is not WatchKind.TRANSFER_MISSED or told.contract_id is None:
            return matter.known
        standings = history.standings(self._misses)
        standing = history.standing_of(standings, told.contract_id, told.period)
        return replace(matter.known, standing=standing)

    def _review_misses(self, news: News) -> None:
        if news.kind is WatchKind.TRANSFER_MISSED:
            for matter in self._standing.values():
                if matter.course and matter.told is not news:
                    self._jump(matter, self._known(matter), news.at)

    def _move(self, matter: _Matter, course: Course, at: datetime) -> None:
        ladder = matter.ladder
        if ladder is None:
            return
        if not ladder.is_of_value:
            if matter.muted_at is None:
                last = matter.last
                rungs = ladder.passed(
                    last.step, last.at, matter.told.due_on, self.calendar, at,
                    pauses=matter.stood,
                )  # fmt: skip
                self._reach(matter, [replace(rung, at=at) for rung in rungs])
            self._jump(matter, matter.known, at)
            return
        step = ladder.at_value(matter.known)
        if step is None:
            self._close(matter, at)
            matter.course = None
            return
        rank = {level.code: level.rank for level in ladder.levels}
        level = ladder.level_at(step)
        if level.rank > rank[matter.last.level]:
            self._reach(matter, ladder.jumped(matter.last.step, step, at, matter.last.level))
        elif level.rank < rank[matter.last.level]:
            course.reached.append(Reached(step, level.code, at))
            self._ask(matter, ladder, at)

    def _jump(self, matter: _Matter, known: Known, at: datetime) -> None:
        ladder, course = matter.ladder, matter.course
        if ladder is None or course is None:
            return
        step, level = (matter.last.step, matter.last.level) if course.reached else (None, None)
        jump = ladder.jump(step, known, level)
        to = jump.to if jump else None
        if ladder.is_of_value:
            to = ladder.at_value(known)
        if to is not None:
            self._reach(matter, ladder.jumped(step, to, at, level))

    def _reach(self, matter: _Matter, rungs: Sequence[Rung]) -> None:
        ladder, course = matter.ladder, matter.course
        if ladder is None or course is None:
            return
        for rung in rungs:
            level = ladder.level_at(rung.step).code if rung.level else matter.last.level
            course.reached.append(Reached(rung.step, level, rung.at))
            if rung.level:
                self._ask(matter, ladder, rung.at)
            if course.proposes_at is None and ladder.is_proposed_at(rung.step):
                course.proposes_at = rung.at
                course.case_opens_at = ladder.opens_case_at(matter.told.due_on, self.calendar)

    def _ask(self, matter: _Matter, ladder: Ladder, at: datetime) -> None:
        due = ladder.answer_due(matter.last.level, at, self.calendar, pauses=matter.stood)
        if due is not None and matter.course:
            matter.course.answers.append(due)

    def _close(self, matter: _Matter, at: datetime) -> None:
        if matter.course is not None:
            matter.course.turn(Happening.CLOSED, at)
