"""Which transfers fall due, and how they are added up; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from services.payroll.rules.standings import NOTHING


class DueGrouping(StrEnum):
    """By what transfers that fall due are added up."""

    FUNDING_SOURCE = "funding_source"
    INVESTMENT_TYPE = "investment_type"
    DEVELOPER = "developer"


@dataclass(frozen=True, slots=True)
class DueSums:
    """How many transfers of how many projects fall due, and what of it is there, in yuan."""

    projects: int
    transfers: int
    due_amount: Decimal
    credited_amount: Decimal
    lacking: Decimal


@dataclass(frozen=True, slots=True)
class DueGroup(DueSums):
    """The sums of one funding source, investment type or developer."""

    key: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class DueSummary:
    """The sums by group, and that of all; a project is in one group only."""

    from_on: date
    until_on: date
    by: DueGrouping
    items: list[DueGroup]
    total: DueSums


def last_day(today: date, days: int) -> date:
    """Give the last day of a list that looks so many days ahead."""
    return today + timedelta(days=days)


def due_summary(
    today: date, until: date, by: DueGrouping, groups: Iterable[DueGroup]
) -> DueSummary:
    """Put groups in order, most lacking first; sum them up."""
    items = sorted(
        groups, key=lambda one: (-one.lacking, -one.due_amount, one.name or "", one.key or "")
    )
    total = DueSums(
        sum(one.projects for one in items),
        sum(one.transfers for one in items),
        sum((one.due_amount for one in items), NOTHING),
        sum((one.credited_amount for one in items), NOTHING),
        sum((one.lacking for one in items), NOTHING),
    )
    return DueSummary(today, until, by, items, total)
