"""When unpaid wages are a matter for the list, for publication or for the police. Pure.

令45号 art. 5: the crime amount, and ordered to pay and not paid in time. 法释〔2013〕3号 art. 3:
one worker's wages of three months and more and an amount, or those of ten workers and more and an
amount; each province fixes both amounts. Where it has not, nothing is judged by rule.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol


class Amount(Protocol):
    """What a worker is owed."""

    @property
    def months(self) -> str: ...
    @property
    def owed(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Threshold:
    """The crime amount (数额较大), as a province has fixed it; amounts in yuan."""

    months: int
    amount: Decimal | None
    workers: int
    total: Decimal | None


ONE_WORKER, MANY_WORKERS = "one_worker", "many_workers"


def months_owed(months: str) -> int:
    """Give how many months `2023-01..2023-03` are."""
    first, _, last = months.partition("..")
    begin, end = (date.fromisoformat(f"{one}-01") for one in (first, last or first))
    return (end.year - begin.year) * 12 + end.month - begin.month + 1


def reaches(threshold: Threshold, lines: Iterable[Amount]) -> str | None:
    """Say by which of the two rules lines reach the crime amount; None: by neither."""
    owing = [line for line in lines if line.owed > 0]
    one = threshold.amount
    if one is not None and any(
        months_owed(line.months) >= threshold.months and line.owed >= one for line in owing
    ):
        return ONE_WORKER
    total = sum((line.owed for line in owing), Decimal(0))
    enough = threshold.total is not None and total >= threshold.total
    return MANY_WORKERS if enough and len(owing) >= threshold.workers else None


def rest_of_rhythm(day: date, months: int) -> int:
    """Give the days from a day to the end of its quarter, half-year or year, by its months."""
    last = (day.month - 1) // months * months + months
    year, month = day.year + (last - 1) // 12, (last - 1) % 12 + 1
    return (date(year, month, monthrange(year, month)[1]) - day).days
