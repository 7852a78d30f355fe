"""How complete the reports of a half-year are: 应报尽报, per unit, kind or area."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Standing(StrEnum):
    """How a project that should be reported stands in a half-year."""

    COMPLETE = "complete"
    """Reported, with all that is asked for."""
    INCOMPLETE = "incomplete"
    """Reported, and something lacks."""
    UNREPORTED = "unreported"
    """Registered, no report in this half-year."""
    UNREGISTERED = "unregistered"
    """Only others know of it."""


class Grouping(StrEnum):
    """By what a summary tells known projects apart."""

    DEVELOPER = "developer"
    WORKS_KIND = "works_kind"
    AREA = "area"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many projects of a group are known, reported, and reported in full."""

    group: str
    name: str
    known: int
    reported: int
    complete: int

    @property
    def share(self) -> Decimal | None:
        """Give complete / known in per cent, one decimal, half up; None where nothing is known."""
        return share(self.complete, self.known)


@dataclass(frozen=True, slots=True)
class Completeness:
    """A half-year's tallies, and what waits for a person's word."""

    half_year: str
    by: Grouping
    items: list[Tally]
    total: Tally
    undecided: int


def share(complete: int, known: int) -> Decimal | None:
    """Give a share in per cent, to one decimal, half up: 55 of 58 are 94.8."""
    if not known:
        return None
    # Whole numbers only: a half is met exactly, whatever the divisor.
    tenths = (2000 * complete + known) // (2 * known)
    return Decimal(tenths).scaleb(-1)


def completeness(
    half_year: str, by: Grouping, tallies: Iterable[Tally], undecided: int
) -> Completeness:
    """Put groups in order, the one that lacks most first, and sum them up."""
    items = sorted(tallies, key=lambda each: (each.complete - each.known, each.name, each.group))
    total = Tally(
        "all",
        "",
        sum(each.known for each in items),
        sum(each.reported for each in items),
        sum(each.complete for each in items),
    )
    return Completeness(half_year, by, items, total, undecided)
