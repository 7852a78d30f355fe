"""How the required systems of supervised projects stand, by unit and by system; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


def share(done: int, required: int) -> Decimal | None:
    """Give the per cent that is done, to one decimal, half up: 1 of 8 is 12.5.

    None where nothing is required: of nothing there is no share.
    """
    if not required:
        return None
    # Whole numbers only: a half is met exactly, whatever the divisor.
    tenths = (2000 * done + required) // (2 * required)
    return Decimal(tenths).scaleb(-1)


class Grouping(StrEnum):
    """By what the requirements of a summary are told apart."""

    DEVELOPER = "developer"
    CONTRACTOR = "contractor"
    AREA = "area"
    INVESTMENT_TYPE = "investment_type"
    SECTOR_AUTHORITY = "sector_authority"


@dataclass(frozen=True, slots=True)
class SystemTally:
    """Of one system: at how many projects it is asked for, is in place, is exempted, is overdue."""

    kind: str
    required: int
    done: int
    exempt: int
    overdue: int

    @property
    def share(self) -> Decimal | None:
        """Give the per cent that is done."""
        return share(self.done, self.required)


@dataclass(frozen=True, slots=True)
class Tally:
    """Of a group of projects: how many requirements are done, and how many projects have all."""

    projects: int
    all_done: int
    none_done: int
    systems: tuple[SystemTally, ...]

    @property
    def required(self) -> int:
        """Give how many requirements are asked for; exempted ones are not."""
        return sum(each.required for each in self.systems)

    @property
    def done(self) -> int:
        """Give how many are in place."""
        return sum(each.done for each in self.systems)

    @property
    def share(self) -> Decimal | None:
        """Give the per cent of requirements that is done."""
        return share(self.done, self.required)

    @property
    def all_share(self) -> Decimal | None:
        """Give the per cent of projects at which all that is asked for is in place."""
        return share(self.all_done, self.projects)


@dataclass(frozen=True, slots=True)
class Group:
    """Whose projects they are: a unit with its name, or a code."""

    id: str
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Summary:
    """A day's tallies by group, and that of all."""

    as_of: date
    by: Grouping
    items: list[Group]
    total: Tally


def together(tallies: Iterable[Tally]) -> Tally:
    """Add tallies up, system by system."""
    tallies = list(tallies)
    systems: dict[str, list[SystemTally]] = {}
    for tally in tallies:
        for each in tally.systems:
            systems.setdefault(each.kind, []).append(each)
    return Tally(
        sum(each.projects for each in tallies),
        sum(each.all_done for each in tallies),
        sum(each.none_done for each in tallies),
        tuple(
            SystemTally(
                kind,
                sum(each.required for each in parts),
                sum(each.done for each in parts),
                sum(each.exempt for each in parts),
                sum(each.overdue for each in parts),
            )
            for kind, parts in sorted(systems.items())
        ),
    )


def summary(as_of: date, by: Grouping, groups: Iterable[Group]) -> Summary:
    """Put groups in order, those that lack most first, then by name; sum them up."""
    items = sorted(
        groups,
        key=lambda one: (one.tally.done - one.tally.required, one.name, one.id),
    )
    return Summary(as_of, by, items, together(each.tally for each in items))
