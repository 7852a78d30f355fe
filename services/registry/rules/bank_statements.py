"""Which periods of a deposit the bank states, and by when its statement is owed (65号 art. 21).

Pure. How many months a period has, and how long the bank may take, are numbers of the area.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from services.registry.rules.deposits import Limit, day_ahead
from shared import workdays
from shared.problems import Finding
from shared.wording import Text
from shared.workdays import Calendar

_YEAR = 12


class StatementState(StrEnum):
    """Whether a statement is owed, was filed, or is owed no more."""

    OWED = "owed"
    FILED = "filed"
    DROPPED = "dropped"
    """The deposit ended before its period did."""


@dataclass(frozen=True, slots=True)
class Period:
    """What one statement tells of, both days included, and the last day on which it is in time."""

    from_on: date
    to_on: date
    due_on: date


def period_at(day: date, months: int, limit: Limit, calendar: Calendar) -> Period:
    """Give the period in which a day lies: so many months each, the first begins with the year."""
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    last = workdays.months_after(first, months) - timedelta(days=1)
    return Period(first, last, limit.last_day(last, calendar))


def check_months(months: int) -> Iterator[Finding]:
    """Give the findings of how many months a period has: years divide into them."""
    if _YEAR % months:
        yield Finding(
            "statement_months",
            "MonthsDoNotDivide",
            Text("对账周期须能整除 12 个月", "A year does not divide into so many months"),
        )


def check_filing(
    to_on: date, stated_on: date, today: date, **amounts: Decimal
) -> Iterator[Finding]:
    """Give the findings of a statement: its period is over, and money is not negative."""
    if stated_on > today:
        yield day_ahead("stated_on")
    if stated_on <= to_on:
        words = Text(
            "对账单日期须晚于 {day}（账期末日）", "Not before the end of its period, {day}"
        )
        yield Finding("stated_on", "PeriodNotOver", words.fill(day=to_on.isoformat()))
    for name, amount in amounts.items():
        if amount < 0:
            words = Text("金额不得为负", "It is not below zero")
            yield Finding(name, "AmountNegative", words)
