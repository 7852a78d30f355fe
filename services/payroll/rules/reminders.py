"""Which transfers are foretold or reminded of on a day: so many working days before it; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.workdays import Calendar


class ReminderStep(StrEnum):
    """What is said before a due day (domain 6.3)."""

    FORECAST = "forecast"
    """What will be lacking, as it looks: the basis of the amount, and what finance promised."""
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class Ahead:
    """A step that falls on a day: which, how many working days before, and for which due day."""

    step: ReminderStep
    workdays: int
    due_on: date


def steps_of(
    today: date, calendar: Calendar, forecast: int, reminders: Sequence[int]
) -> list[Ahead]:
    """Give the steps of a day: every due day that lies just so many working days after it.

    On a day off there is none: a step is a working day before the due day, which may itself be a
    day off where a contract does not shift it; such a day is reached from the last working day
    before it.
    """
    if not calendar.is_workday(today):
        return []
    wanted = [(ReminderStep.FORECAST, forecast)]
    wanted += [(ReminderStep.REMINDER, each) for each in sorted(set(reminders), reverse=True)]
    found = []
    for step, workdays in wanted:
        last = calendar.shift(today, workdays)
        # Days off after the last working day before the n-th have it n working days before them.
        first = calendar.shift(today, workdays - 1) if workdays > 1 else today
        day = date.fromordinal(first.toordinal() + 1)
        while day <= last:
            if calendar.shift(day, -workdays) == today:
                found.append(Ahead(step, workdays, day))
            day = date.fromordinal(day.toordinal() + 1)
    return found
