"""Extensions (延期): how long and how often an item's clock may stand still on request. Pure.

No law gives an assignee more time; how much an area grants is policy, a row with its basis.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.wording import Text
from shared.workdays import Calendar, Unit

ANY_KIND = "*"


class ExtensionState(StrEnum):
    """What became of a request."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an area grants at most: so many days at a time, so many times for an item."""

    longest: int
    unit: Unit
    how_often: int

    def days(self, today: date, until_on: date, calendar: Calendar) -> int:
        """Count the days for which the clock would stand still, today and the last one included."""
        if self.unit is Unit.WD:
            return calendar.workdays_between(today, until_on) + calendar.is_workday(today)
        return (until_on - today).days + 1


@dataclass(frozen=True, slots=True)
class Fault:
    """Why more time cannot be given."""

    place: str
    code: str
    text: Text
    remedy: Text


def faults(
    bounds: Bounds, granted: int, today: date, until_on: date, calendar: Calendar
) -> list[Fault]:
    """Give all that keeps an extension until a day from being granted today."""
    found = []
    if granted >= bounds.how_often:
        found.append(
            Fault(
                "",
                "extended_too_often",
                Text(
                    "该事项延期次数已用完", "This item was extended as often as the policy allows"
                ),
                Text("请按现有时限办理并提交凭证", "Put it right within the limit that runs"),
            )
        )
    if until_on < today:
        found.append(
            Fault(
                "until_on",
                "extension_over",
                Text("延期截止日不得早于今天", "An extension ends today or later"),
                Text("请填写今天或以后的日期", "Name today or a later day"),
            )
        )
    elif bounds.days(today, until_on, calendar) > bounds.longest:
        unit = {Unit.WD: Text("个工作日", "working days"), Unit.CD: Text("日", "days")}[bounds.unit]
        found.append(
            Fault(
                "until_on",
                "extension_too_long",
                Text(
                    f"延期最长为{bounds.longest}{unit.zh}",
                    f"An extension is at most {bounds.longest} {unit.en} long",
                ),
                Text("请缩短延期", "Ask for less"),
            )
        )
    return found
