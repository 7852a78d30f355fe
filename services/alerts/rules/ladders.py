"""The notification ladder: when an alert that nobody acknowledged goes to the next receivers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Any

from shared.workdays import Calendar, add_working_hours, step_at

# Kinds of timers: nobody answered, and a promised day is over.
ESCALATION, PROMISE = "escalation", "promise"
# The same zone as shared.clock.BEIJING; rules do not know the clock.
_BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
# A ladder that repeats each working day walks some 250 steps a year; more than this is a mistake.
MOST_STEPS = 1_000


class WaitUnit(StrEnum):
    """What a wait is counted in: working hours, working days, hours that pass day and night."""

    WH = "wh"
    WD = "wd"
    H = "h"


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """A rung: how long nobody may stay silent before it, and who is told then."""

    wait: int
    unit: WaitUnit
    receivers: tuple[str, ...] = ()
    again: bool = False
    """Those who were told before are told again, too."""
    repeats: bool = False
    """The rung comes again and again; the last one must, so that nothing falls silent."""
    propose_supervision: bool = False
    """Listed supervision (挂牌督办) is proposed to the level above, once for an alert."""

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "EscalationStep":
        """Read a rung as a route's row keeps it."""
        return cls(
            wait=int(row["wait"]),
            unit=WaitUnit(row["unit"]),
            receivers=tuple(row.get("receivers", ())),
            again=bool(row.get("again", False)),
            repeats=bool(row.get("repeats", False)),
            propose_supervision=bool(row.get("propose_supervision", False)),
        )


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """The hours in which people are at work."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung that was entered: which one (0 is the alert's birth), and when."""

    number: int
    step: EscalationStep
    entered_at: datetime


def due_at(
    entered_at: datetime, step: EscalationStep, hours: WorkingDay, calendar: Calendar
) -> datetime:
    """Give the instant (UTC) of a step; its clock starts when the step before it was entered.

    Working days end at the opening hour of the n-th working day after; the day itself is not
    counted (民法典 art. 201).
    """
    if step.unit is WaitUnit.H:
        return entered_at + timedelta(hours=step.wait)
    if step.unit is WaitUnit.WH:
        return add_working_hours(entered_at, step.wait, calendar, hours.opens, hours.closes)
    return step_at(entered_at.astimezone(_BEIJING).date(), step.wait, calendar, hours.opens)


def following(steps: Sequence[EscalationStep], number: int) -> tuple[int, EscalationStep] | None:
    """Give the rung after a number of rungs entered; None where a ladder ends."""
    if number < len(steps):
        return number + 1, steps[number]
    if steps and steps[-1].repeats:
        return number, steps[-1]
    return None


def climb(
    steps: Sequence[EscalationStep],
    number: int,
    due: datetime,
    *,
    until: datetime,
    hours: WorkingDay,
    calendar: Calendar,
) -> tuple[list[Rung], datetime | None]:
    """Give the rungs entered from `due` on up to `until`, in order, and when the next one falls.

    Usually one rung; after downtime all that were missed, of which people are told once.
    """
    rungs: list[Rung] = []
    while due <= until and len(rungs) < MOST_STEPS:
        step = following(steps, number)
        if step is None:
            return rungs, None
        number, rung = step
        rungs.append(Rung(number, rung, due))
        after = following(steps, number)
        if after is None:
            return rungs, None
        due = due_at(due, after[1], hours, calendar)
    return rungs, due
