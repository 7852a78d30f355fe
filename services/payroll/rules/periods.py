"""The terms of a works contract become periods, each with a due day and an amount; pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from shared.workdays import Calendar, DueShift, months_after, transfer_due

FEN = Decimal("0.01")


class Basis(StrEnum):
    """What the contract names: an amount each period, one in all, or a share of its price."""

    PER_PERIOD = "per_period"
    TOTAL = "total"
    SHARE = "share"


class TransferMonth(StrEnum):
    """In which month the transfer day of a period lies: its own, or the one after."""

    SAME = "same"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class Terms:
    """The labour-cost terms of a works contract (724号 art. 24, 53号 art. 5)."""

    basis: Basis
    contract_amount: Decimal
    labour_cost: Decimal | None
    share: Decimal | None
    first_period: str
    last_period: str
    transfer_day: int
    transfer_month: TransferMonth
    due_shift: DueShift
    pay_cycle: str | None = None
    """How often wages are paid: `month`, `week`, `day`, `hour` or `piece`."""
    pay_day: int | None = None
    """Of the month; None: the contract does not say."""

    def as_columns(self) -> dict[str, Any]:
        """Give the terms by their names, as rows keep them."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Planned:
    """One expected transfer. `previous_period` is the one before it under the same contract."""

    period: str
    previous_period: str | None
    due_on: date
    amount: Decimal


@lru_cache
def first_day(period: str) -> date:
    """Give the first day of a month YYYY-MM."""
    return date(int(period[:4]), int(period[5:]), 1)


@lru_cache
def last_day(period: str) -> date:
    """Give the last day of a month YYYY-MM."""
    return months_after(first_day(period), 1) - timedelta(days=1)


def periods(first: str, last: str) -> list[str]:
    """Give the months YYYY-MM from the first to the last, both included; none if reversed."""
    begin, end = date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{last}-01")
    count = (end.year - begin.year) * 12 + end.month - begin.month + 1
    return [f"{months_after(begin, n):%Y-%m}" for n in range(count)]


def amounts(terms: Terms, count: int) -> list[Decimal]:
    """Give the amount of each of `count` periods, in yuan.

    A sum for the whole contract is spread evenly, rounded down to the fen; the last period takes
    the remainder. A share that is no whole fen is rounded down: nobody owes what is not agreed.
    """
    if count == 0:
        return []
    if terms.basis is Basis.PER_PERIOD:
        return [terms.labour_cost or Decimal(0)] * count
    total = terms.labour_cost or Decimal(0)
    if terms.basis is Basis.SHARE:
        total = terms.contract_amount * (terms.share or Decimal(0)) / 100
    total = total.quantize(FEN, ROUND_DOWN)
    each = (total / count).quantize(FEN, ROUND_DOWN)
    return [each] * (count - 1) + [total - each * (count - 1)]


def due_on(terms: Terms, period: str, calendar: Calendar) -> date:
    """Give the day on which a period's transfer is due."""
    later = 1 if terms.transfer_month is TransferMonth.NEXT else 0
    return transfer_due(period, terms.transfer_day, calendar, terms.due_shift, months_later=later)


def plan(terms: Terms, calendar: Calendar) -> Sequence[Planned]:
    """Give what a contract owes, period by period, oldest first."""
    months = periods(terms.first_period, terms.last_period)
    before: list[str | None] = [None, *months]
    return [
        Planned(period, previous, due_on(terms, period, calendar), amount)
        for period, previous, amount in zip(
            months, before, amounts(terms, len(months)), strict=False
        )
    ]
