"""A project that was red stays on watch for some clean periods after its misses are put right.

Pure. How many periods is the threshold of the policy of `watched_after_red`; here they are counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

# The card's code of works that are complete.
COMPLETE = "004"


@dataclass(frozen=True, slots=True)
class Course:
    """What became of one miss of a project."""

    due_on: date
    closed_on: date | None
    """None while it is open."""
    was_red: bool
    """It stands, or stood when it was closed, on the highest level of its policy."""


def watched_since(misses: Iterable[Course]) -> date | None:
    """Give the day on which a project's last red item was closed.

    None: none was red, or one still is, so that nothing is to be watched after it yet.
    """
    red = [one.closed_on for one in misses if one.was_red]
    closed = [day for day in red if day]
    return max(closed) if closed and len(closed) == len(red) else None


def longest_row(clean: Iterable[date], missed: Iterable[date]) -> int:
    """Count the clean periods that follow each other without a miss, in the longest such row.

    Both are due days. What was reached stays reached: a miss after it begins a row anew and takes
    back nothing.
    """
    days = sorted([*((day, True) for day in clean), *((day, False) for day in missed)])
    rows = groupby(days, key=lambda one: one[1])
    return max((len(list(row)) for is_clean, row in rows if is_clean), default=0)
