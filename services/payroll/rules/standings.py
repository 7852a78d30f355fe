"""How supervised projects stand with their labour-cost transfers, and what share lacks money; pure.

Whether a project lacks money is worked out by the database, over all of them at once
(`queries/standings.py`); here are its words, its days and the arithmetic of its figures.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Self
from uuid import UUID

IN_PROGRESS = "003"
"""MOHURD's code of a project that is being built (在建)."""


NOTHING = Decimal("0.00")
"""No money, written as all money is: with its fen."""


class Standing(StrEnum):
    """How a project stands, from its open obligations: those that are due and not paid in full.

    The developer owes labour cost in full and in time (724号 art. 29). An obligation is due once
    its day is over and its bank's data reach through that day (no account: no data to wait for):
    absent data prove no debt.
    """

    NONE = "none"
    """未拨付: something is open, and nothing at all has come for what is open."""
    SHORT = "short"
    """拨付不足: something is open, and a part of it has come."""
    FULL = "full"
    """足额: nothing is open."""


class Grouping(StrEnum):
    """By what the projects of a summary are told apart."""

    DEVELOPER = "developer"
    INVESTMENT_TYPE = "investment_type"
    FUNDING_SOURCE = "funding_source"


class InvestmentType(StrEnum):
    """Who pays for a project (registry's codes)."""

    GOVERNMENT = "government"
    STATE_FIRM = "state_firm"
    PPP = "ppp"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Developer:
    """A developer as the cards of its projects name it."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many projects stand how, what they lack in all, in yuan, and what share lacks money.

    Every project is counted once, in one of `none`, `short` and `full`.
    """

    projects: int
    none: int
    short: int
    full: int
    shortfall: Decimal
    share: Decimal | None

    @classmethod
    def of(cls, projects: int, none: int, short: int, shortfall: Decimal, *of_whom: object) -> Self:
        """Make a tally of what was counted (of whose projects, if not of all)."""
        full = projects - none - short
        return cls(projects, none, short, full, shortfall, share(none + short, projects), *of_whom)

    @property
    def misses(self) -> int:
        """Give how many projects lack money."""
        return self.none + self.short

    @property
    def place(self) -> tuple[str, str]:
        """Give what decides between groups that miss and lack the same: the name, then the id."""
        return "", ""


@dataclass(frozen=True, slots=True)
class DeveloperTally(Tally):
    """The tally of a developer's projects."""

    developer: Developer

    @property
    def place(self) -> tuple[str, str]:
        """Give the developer's name and id."""
        return self.developer.name, str(self.developer.id)


@dataclass(frozen=True, slots=True)
class InvestmentTally(Tally):
    """The tally of an investment type's projects."""

    investment_type: str

    @property
    def place(self) -> tuple[str, str]:
        """Give the investment type."""
        return self.investment_type, ""


@dataclass(frozen=True, slots=True)
class FundingTally(Tally):
    """The tally of a funding source's projects; None: of those that name none."""

    funding_source: str | None

    @property
    def place(self) -> tuple[str, str]:
        """Give the funding source."""
        return self.funding_source or "", ""


@dataclass(frozen=True, slots=True)
class Summary:
    """A day's tallies by group, and that of all."""

    as_of: date
    by: Grouping
    items: list[Tally]
    total: Tally


def share(misses: int, projects: int) -> Decimal | None:
    """Give the per cent of projects that lack money, to one decimal, half up: 1 of 8 is 12.5.

    None where there is no project: of nothing there is no share, and 0.0 would say that all have
    their money.
    """
    if not projects:
        return None
    # Whole numbers only: a half is met exactly, whatever the divisor.
    tenths = (2000 * misses + projects) // (2 * projects)
    return Decimal(tenths).scaleb(-1)


def summary(as_of: date, by: Grouping, tallies: Iterable[Tally]) -> Summary:
    """Put the tallies of groups in order, most misses first, then by what is lacking; sum them up.

    The share of the total is that of its sums.
    """
    items = sorted(tallies, key=lambda each: (-each.misses, -each.shortfall, *each.place))
    whole = Tally.of(
        sum(each.projects for each in items),
        sum(each.none for each in items),
        sum(each.short for each in items),
        sum((each.shortfall for each in items), NOTHING),
    )
    return Summary(as_of, by, items, whole)


def last_due(as_of: date, today: date) -> date:
    """Give the last day whose obligations can be open on a day: the last that is over.

    A day is looked at from its end. Of today there is no end yet: until midnight money that is
    due today can still come, and nobody is said to lack it.
    """
    return as_of if as_of < today else today - timedelta(days=1)


OTHERS = "others"
"""The unit that stands for all units of an area that are not shown by name."""


@dataclass(frozen=True, slots=True)
class UnitCount:
    """How many projects of a developer in an area stand how."""

    area_code: str
    unit: str
    none: int
    short: int
    full: int


def most_missing(counts: Iterable[UnitCount], units: int) -> list[UnitCount]:
    """Keep the `units` with the most misses; add the others up, one sum for each area."""
    ordered = sorted(
        counts, key=lambda one: (-one.none - one.short, -one.full, one.area_code, one.unit)
    )
    sums: dict[str, UnitCount] = {}
    for one in ordered[units:]:
        so_far = sums.get(one.area_code, UnitCount(one.area_code, OTHERS, 0, 0, 0))
        sums[one.area_code] = UnitCount(
            one.area_code,
            OTHERS,
            so_far.none + one.none,
            so_far.short + one.short,
            so_far.full + one.full,
        )
    return ordered[:units] + list(sums.values())
