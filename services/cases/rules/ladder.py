"""The ladder of a watch item: which rungs are passed, which is next, what a rule jumps to. Pure.

Days are Beijing days, instants UTC. Fixed rungs count from D, the basis day, and may lie before it;
the repeated one counts from the day of the rung before it. A rung of a value is reached while the
value is below its threshold, or at least as high. Nothing here knows the clock: `now` is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

from services.cases.rules.history import Standing
from shared import workdays
from shared.workdays import Calendar, Pause, Unit

# The same zone as shared.clock.BEIJING, which rules may not import.
_BEIJING = timezone(timedelta(hours=8))
MORNING = time(9)


class Counts(StrEnum):
    """What a jump counts: misses that follow each other, or all of a project."""

    IN_A_ROW = "in_a_row"
    IN_TOTAL = "in_total"


@dataclass(frozen=True, slots=True)
class Level:
    """A row of an area's levels; `rank` orders them, the lowest is 1."""

    code: str
    rank: int
    colour: str
    label: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a matter besides its day: its misses, facts told of it, a measured value."""

    standing: Standing | None = None
    facts: frozenset[str] = frozenset()
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A rung as a policy writes it.

    The opening, one at D + `after`, one of a value `below` a threshold or of `at_least` so much,
    one that only a jump reaches, or the last one, `every` so often.
    """

    code: str
    level: str | None = None
    """The level it raises to; None: it tells people something and leaves the level."""
    after: int | None = None
    every: int | None = None
    at: time = MORNING
    unit: Unit | None = None
    """What it counts; None: what the ladder counts."""
    below: Decimal | None = None
    at_least: Decimal | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Step":
        """Read a policy's row."""
        unit, below, least = row.get("unit"), row.get("below"), row.get("at_least")
        typed = {
            "at": time.fromisoformat(row["at"]),
            "unit": unit and Unit(unit),
            "below": None if below is None else Decimal(below),
            "at_least": None if least is None else Decimal(least),
        }
        return cls(**{**row, **typed})

    @property
    def is_of_value(self) -> bool:
        """Say whether a measured value reaches it."""
        return self.below is not None or self.at_least is not None

    def holds(self, value: Decimal) -> bool:
        """Say whether a measured value reaches it."""
        low = self.below is not None and value < self.below
        return low or (self.at_least is not None and value >= self.at_least)

    @property
    def is_timed(self) -> bool:
        """Say whether time alone reaches it."""
        return self.after is not None or self.every is not None


@dataclass(frozen=True, slots=True)
class Jump:
    """A rule that raises an item at once: so many misses, or a fact that is told of it."""

    code: str
    to: str
    """The step it raises to; the rungs between are passed."""
    counts: Counts | None = None
    count: int | None = None
    fact: str | None = None
    at_most: Decimal | None = None
    """With a fact: only while the value is no higher."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Jump":
        """Read a policy's row."""
        counts, at_most = row.get("counts"), row.get("at_most")
        typed = {
            "counts": counts and Counts(counts),
            "at_most": None if at_most is None else Decimal(at_most),
        }
        return cls(**{**row, **typed})

    def is_met(self, known: Known) -> bool:
        """Say whether an item of which this is known jumps."""
        if self.fact is not None:
            told = self.fact in known.facts
            low = self.at_most is None or (known.value is not None and known.value <= self.at_most)
            return told and low
        if known.standing is None or self.count is None:
            return False
        row = self.counts is Counts.IN_A_ROW
        return (known.standing.in_a_row if row else known.standing.in_total) >= self.count


@dataclass(frozen=True, slots=True)
class Limit:
    """How long an answer may take."""

    length: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class ProposalTerms:
    """At which step an arrears case is proposed, and D + how much it opens by itself."""

    step: str
    opens_after: int
    at: time = MORNING


@dataclass(frozen=True, slots=True)
class Rung:
    """A step with its instant: when it is, or would have been, reached by time."""

    step: str
    level: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Ladder:
    """A policy's rungs, in order."""

    unit: Unit
    """What `after`, `every` and `opens_after` count: working days or calendar days."""
    levels: tuple[Level, ...]
    steps: tuple[Step, ...]
    jumps: tuple[Jump, ...] = ()
    answer_within: Mapping[str, Limit] = field(default_factory=dict)
    proposal: ProposalTerms | None = None

    @classmethod
    def of(cls, policy: Mapping[str, Any]) -> "Ladder":
        """Read the rows of a policy, as they are posted and stored."""
        proposal = policy["proposal"]
        return cls(
            unit=Unit(policy["unit"]),
            levels=tuple(Level(**row) for row in policy["levels"]),
            steps=tuple(map(Step.of, policy["steps"])),
            jumps=tuple(map(Jump.of, policy["jumps"])),
            answer_within={
                level: Limit(row["length"], Unit(row["unit"]))
                for level, row in policy["answer_within"].items()
            },
            proposal=proposal
            and ProposalTerms(**{**proposal, "at": time.fromisoformat(proposal["at"])}),
        )

    @property
    def is_of_value(self) -> bool:
        """Say whether a measured value decides on its levels, and not time."""
        return any(step.is_of_value for step in self.steps)

    def place(self, step: str) -> int:
        """Give the place of a step, the opening's is 0."""
        return next(place for place, one in enumerate(self.steps) if one.code == step)

    def level_at(self, step: str) -> Level:
        """Give the level on which an item stands that has reached a step."""
        codes = [one.level for one in self.steps[: self.place(step) + 1] if one.level]
        return next(level for level in self.levels if level.code == codes[-1])

    def is_proposed_at(self, step: str) -> bool:
        """Say whether an item that has reached a step asks for an arrears case."""
        terms = self.proposal
        return terms is not None and self.place(step) >= self.place(terms.step)

    def opens_case_at(self, due_on: date, calendar: Calendar) -> datetime:
        """Give the instant at which a proposal becomes a case by itself; D of the oldest miss."""
        if self.proposal is None:
            raise ValueError("this ladder proposes no case")
        terms = self.proposal
        return workdays.step_at(due_on, terms.opens_after, calendar, terms.at, unit=self.unit)

    def opens_at(
        self, due_on: date, calendar: Calendar, *, pauses: Sequence[Pause] = ()
    ) -> datetime:
        """Give the instant at which time opens an item; without `after` D's first one."""
        opening = self.steps[0]
        if opening.after is None:
            return datetime.combine(due_on, time(), _BEIJING).astimezone(UTC)
        return self._fixed(opening, opening.after, due_on, calendar, pauses).at

    def found(
        self,
        due_on: date,
        due_at: datetime,
        calendar: Calendar,
        now: datetime,
        *,
        pauses: Sequence[Pause] = (),
    ) -> list[Rung]:
        """Give the rungs that time has passed when an item opens, the opening first.

        `due_at` is when it should have opened. Repeats are not among them: they count from the
        instant at which the rung before them is really reached.
        """
        opening = self.steps[0]
        rungs = [Rung(opening.code, opening.level, due_at)]
        for step in self.steps[1:]:
            if step.after is None:
                continue
            rung = self._fixed(step, step.after, due_on, calendar, pauses)
            if rung.at > now:
                break
            rungs.append(rung)
        return rungs

    def following(
        self,
        step: str,
        reached_at: datetime,
        due_on: date,
        calendar: Calendar,
        *,
        pauses: Sequence[Pause] = (),
    ) -> Rung | None:
        """Give the rung after a step that was reached at an instant; None at a ladder's end."""
        here = self.steps[self.place(step)]
        above = [one for one in self.steps[self.place(step) + 1 :] if one.is_timed]
        after = above[0] if above else here
        if after.every is not None:
            day = reached_at.astimezone(_BEIJING).date()
            return Rung(after.code, None, self._instant(after, day, after.every, calendar, pauses))
        if after.after is None or after is here:
            return None
        return self._fixed(after, after.after, due_on, calendar, pauses)

    def passed(
        self,
        step: str,
        reached_at: datetime,
        due_on: date,
        calendar: Calendar,
        now: datetime,
        *,
        pauses: Sequence[Pause] = (),
    ) -> list[Rung]:
        """Give the rungs that time has passed since a step was reached, in order, up to `now`."""
        rungs: list[Rung] = []
        rung = self.following(step, reached_at, due_on, calendar, pauses=pauses)
        while rung and rung.at <= now:
            rungs.append(rung)
            rung = self.following(rung.step, rung.at, due_on, calendar, pauses=pauses)
        return rungs

    def jumped(
        self, step: str | None, to: str, now: datetime, level: str | None = None
    ) -> list[Rung]:
        """Give the rungs that a jump passes, its own last; none if the item stands there.

        Without a step the opening is the first of them: nothing was open yet.
        """
        between = self.steps[self._stood(step, level) + 1 : self.place(to) + 1]
        return [Rung(one.code, one.level, now) for one in between]

    def top(self) -> str:
        """Give the first step of the highest level that a step raises to."""
        ranks = {level.code: level.rank for level in self.levels}
        return max(
            (one for one in self.steps if one.level), key=lambda one: ranks[one.level or ""]
        ).code

    def jump(self, step: str | None, known: Known, level: str | None = None) -> Jump | None:
        """Give the rule that raises an item from a step: the one that leads furthest."""
        stood = self._stood(step, level)
        met = [jump for jump in self.jumps if jump.is_met(known) and self.place(jump.to) > stood]
        return max(met, key=lambda jump: self.place(jump.to), default=None)

    def at_value(self, known: Known) -> str | None:
        """Give the step on which a value stands, facts considered; None: it is right."""
        if known.value is None:
            return None
        reached = [step.code for step in self.steps if step.holds(known.value)]
        step = reached[-1] if reached else None
        jump = self.jump(step, known)
        return jump.to if jump else step

    def put_back(
        self,
        step: str,
        due_on: date,
        due_at: datetime,
        calendar: Calendar,
        now: datetime,
        *,
        known: Known,
        pauses: Sequence[Pause] = (),
    ) -> str | None:
        """Give the lower step on which time and rules put an item now; None if there is none.

        The last rung that is counted from D is where repeats begin: nothing is above it.
        """
        by_time = self.found(due_on, due_at, calendar, now, pauses=pauses)[-1].step
        jump = self.jump(by_time, known)
        stands = jump.to if jump else by_time
        last = [one.code for one in self.steps if one.every is None][-1]
        return stands if stands != last and self.place(stands) < self.place(step) else None

    def answer_due(
        self, level: str, since: datetime, calendar: Calendar, *, pauses: Sequence[Pause] = ()
    ) -> datetime | None:
        """Give the instant (exclusive) until which an open item is to be answered."""
        limit = self.answer_within.get(level)
        if limit is None:
            return None
        return workdays.due(since, limit.length, limit.unit, pauses, calendar)

    def _stood(self, step: str | None, level: str | None) -> int:
        """Give the place from which a jump leads; the repeated step lies where its level does."""
        if step is None:
            return -1
        place = self.place(step)
        if level is None or self.steps[place].every is None:
            return place
        return max(at for at, one in enumerate(self.steps) if one.level == level)

    def _fixed(
        self,
        step: Step,
        after: int,
        due_on: date,
        calendar: Calendar,
        pauses: Sequence[Pause],
    ) -> Rung:
        at = self._instant(step, due_on, after, calendar, pauses)
        return Rung(step.code, step.level, at)

    def _instant(
        self, step: Step, day: date, count: int, calendar: Calendar, pauses: Sequence[Pause]
    ) -> datetime:
        unit = step.unit or self.unit
        return workdays.step_at(day, count, calendar, step.at, unit=unit, pauses=pauses)


def told(rungs: Sequence[Rung]) -> Rung:
    """Give the one of several rungs that people hear of: the last level, else the last step."""
    raised = [rung for rung in rungs if rung.level]
    return raised[-1] if raised else rungs[-1]


def passed_before(rungs: Sequence[Rung], last: Rung) -> list[str]:
    """Give the codes of the rungs that were passed on the way to the one that is told."""
    return [rung.step for rung in rungs[: rungs.index(last)]]
