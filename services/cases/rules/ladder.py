"""The ladder of a watch item: which rungs are passed, which is next, what a rule jumps to. Pure.

Days are Beijing days, instants UTC. Fixed rungs count from D, the due day; the repeated one counts
from the day of the rung before it. Nothing here knows the clock: `now` is an argument.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Any

from services.cases.rules.history import Standing
from shared import workdays
from shared.workdays import Calendar, Unit

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
class Step:
    """A rung as a policy writes it: the opening, one at D + `after`, or one `every` so often."""

    code: str
    level: str | None = None
    """The level it raises to; None: it tells people something and leaves the level."""
    after: int | None = None
    every: int | None = None
    at: time = MORNING

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Step":
        """Read a policy's row."""
        return cls(**{**row, "at": time.fromisoformat(row["at"])})


@dataclass(frozen=True, slots=True)
class Jump:
    """A rule that raises an item at once: so many misses, in a row or in total."""

    code: str
    counts: Counts
    count: int
    to: str
    """The step it raises to; the rungs between are passed."""

    def is_met(self, standing: Standing) -> bool:
        """Say whether an item of this standing jumps."""
        met = standing.in_a_row if self.counts is Counts.IN_A_ROW else standing.in_total
        return met >= self.count


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
            jumps=tuple(
                Jump(**{**row, "counts": Counts(row["counts"])}) for row in policy["jumps"]
            ),
            answer_within={
                level: Limit(row["length"], Unit(row["unit"]))
                for level, row in policy["answer_within"].items()
            },
            proposal=proposal
            and ProposalTerms(**{**proposal, "at": time.fromisoformat(proposal["at"])}),
        )

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
        return self._instant(due_on, terms.opens_after, terms.at, calendar)

    def found(
        self, due_on: date, due_at: datetime, calendar: Calendar, now: datetime
    ) -> list[Rung]:
        """Give the rungs that time has passed when an item opens, the opening first.

        `due_at` is when it should have opened. Repeats are not among them: they count from the
        instant at which the rung before them is really reached.
        """
        opening = self.steps[0]
        rungs = [Rung(opening.code, opening.level, due_at)]
        for step in self.steps[1:]:
            if step.after is None:
                break
            rung = self._fixed(step, step.after, due_on, calendar)
            if rung.at > now:
                break
            rungs.append(rung)
        return rungs

    def following(
        self, step: str, reached_at: datetime, due_on: date, calendar: Calendar
    ) -> Rung | None:
        """Give the rung after a step that was reached at an instant; None at a ladder's end."""
        place = self.place(step)
        after = self.steps[min(place + 1, len(self.steps) - 1)]
        if after.every is not None:
            day = reached_at.astimezone(_BEIJING).date()
            return Rung(after.code, None, self._instant(day, after.every, after.at, calendar))
        if after.after is None or after is self.steps[place]:
            return None
        return self._fixed(after, after.after, due_on, calendar)

    def passed(
        self, step: str, reached_at: datetime, due_on: date, calendar: Calendar, now: datetime
    ) -> list[Rung]:
        """Give the rungs that time has passed since a step was reached, in order, up to `now`."""
        rungs: list[Rung] = []
        rung = self.following(step, reached_at, due_on, calendar)
        while rung and rung.at <= now:
            rungs.append(rung)
            rung = self.following(rung.step, rung.at, due_on, calendar)
        return rungs

    def jumped(self, step: str, to: str, now: datetime) -> list[Rung]:
        """Give the rungs that a jump passes, its own last; none if the item stands there."""
        between = self.steps[self.place(step) + 1 : self.place(to) + 1]
        return [Rung(one.code, one.level, now) for one in between]

    def jump(self, step: str, standing: Standing) -> Jump | None:
        """Give the rule that raises an item from a step: the one that leads furthest."""
        met = [
            jump
            for jump in self.jumps
            if jump.is_met(standing) and self.place(jump.to) > self.place(step)
        ]
        return max(met, key=lambda jump: self.place(jump.to), default=None)

    def answer_due(self, level: str, since: datetime, calendar: Calendar) -> datetime | None:
        """Give the instant (exclusive) until which an open item is to be answered."""
        limit = self.answer_within.get(level)
        if limit is None:
            return None
        return workdays.due(since, limit.length, limit.unit, (), calendar)

    def _fixed(self, step: Step, after: int, due_on: date, calendar: Calendar) -> Rung:
        return Rung(step.code, step.level, self._instant(due_on, after, step.at, calendar))

    def _instant(self, day: date, count: int, at: time, calendar: Calendar) -> datetime:
        if self.unit is Unit.CD:
            day, count = day + timedelta(days=count), 0
        return workdays.step_at(day, count, calendar, at)


def told(rungs: Sequence[Rung]) -> Rung:
    """Give the one of several rungs that people hear of: the last level, else the last step."""
    raised = [rung for rung in rungs if rung.level]
    return raised[-1] if raised else rungs[-1]


def passed_before(rungs: Sequence[Rung], last: Rung) -> list[str]:
    """Give the codes of the rungs that were passed on the way to the one that is told."""
    return [rung.step for rung in rungs[: rungs.index(last)]]
