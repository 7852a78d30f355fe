"""Until when workers' data are kept: by the facts that end a project, and an area's years; pure."""

from calendar import isleap
from datetime import date

BLANKED = "blanked:"
"""What stands in a blind index whose value was blanked, before the row's id."""
LOOK_AGAIN_AFTER = 30
"""Days after which a project that was blanked is looked at again: late records may have come."""


def kept_until(completed_on: date | None, settled_on: date | None, years: int) -> date | None:
    """Give the last day on which wage records are kept; None where a fact lacks: for ever."""
    if completed_on is None or settled_on is None:
        return None
    return later(max(completed_on, settled_on), years)


def later(day: date, years: int) -> date:
    """Give the same day some years later; of 29 February the 1st of March."""
    if (day.month, day.day) == (2, 29) and not isleap(day.year + years):
        return date(day.year + years, 3, 1)
    return day.replace(year=day.year + years)


def earlier(day: date, years: int) -> date:
    """Give the last day that lies at least some years behind another one."""
    if (day.month, day.day) == (2, 29) and not isleap(day.year - years):
        return date(day.year - years, 2, 28)
    return day.replace(year=day.year - years)


def is_blanked(index: str) -> bool:
    """Say whether the value of a blind index was blanked."""
    return index.startswith(BLANKED)
