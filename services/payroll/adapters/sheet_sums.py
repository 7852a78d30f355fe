"""Whether a list's figures fit each other: in a row, and in the rows of sums below them."""

from collections.abc import Mapping
from typing import NamedTuple

from services.payroll.adapters.worker_words import DEDUCTIONS, EARNINGS


class Figures(NamedTuple):
    """Which columns a table has, as far as its rows can be calculated."""

    earnings: tuple[str, ...]
    deductions: tuple[str, ...]
    late: tuple[str, ...]
    """Earnings whose column stands behind the gross pay: they come on top of it."""
    complete: bool
    """Whether every column of money is known to be added or taken off, and the wage is one."""


def figures(columns: Mapping[str, tuple[int, str]], *, complete: bool) -> Figures:
    """Say what can be calculated of a table with these columns."""
    gross = columns.get("gross", (10**6, ""))[0]
    early = tuple(name for name in EARNINGS if name in columns and columns[name][0] < gross)
    return Figures(
        early,
        tuple(name for name in DEDUCTIONS if name in columns),
        tuple(name for name in EARNINGS if name in columns and columns[name][0] > gross),
        complete and bool({"base_pay", "piece_pay"} & set(early)),
    )


def row_faults(
    sums: Mapping[str, int | None], known: Figures, added: int, taken: int
) -> list[tuple[str, str]]:
    """Give what does not fit in a row, as code and field; `added`, `taken` are unnamed columns.

    net = gross - deductions - what stays unpaid. A single `扣款` beside other deductions may be one
    of them or their sum: either is right if it comes to the net pay.
    """
    found: list[tuple[str, str]] = []
    gross, net = sums.get("gross"), sums.get("net")
    if gross is None:
        return found
    items = taken + _sum(sums, known.deductions)
    late = _sum(sums, known.late)
    told = sums.get("deductions")
    if net is not None:
        left = gross - net - (sums.get("unpaid") or 0)
        possible = (items,) if told is None else (told, told + items)
        if left not in possible and left + late not in possible:
            found.append(("net_differs", "net"))
        elif told is not None and items and told != items and left + late == told != left + items:
            found.append(("deductions_differ", "deductions"))
    if known.complete and added + _sum(sums, known.earnings) != gross:
        found.append(("gross_differs", "gross"))
    return found


def _sum(sums: Mapping[str, int | None], names: tuple[str, ...]) -> int:
    found = 0
    for name in names:
        found += sums.get(name) or 0
    return found


class Totals:
    """Sums of what was read, against which rows of sums are held."""

    def __init__(self) -> None:
        self.before: dict[str, int] = {}
        """Of the rows above the last row of sums."""
        self.since: dict[str, int] = {}
        self.told: dict[str, int] = {}
        self.unsure: set[str] = set()
        """Fields of which a value could not be read: their sums prove nothing."""
        self.rows = 0

    def add(self, values: Mapping[str, int | None]) -> None:
        """Count a row of data."""
        self.rows += 1
        since = self.since
        for name, value in values.items():
            if value:
                since[name] = since.get(name, 0) + value

    def expected(self, name: str) -> set[int]:
        """Give what a row of sums may say here: of all rows, or of those since the last."""
        since = self.since.get(name, 0)
        return {self.before.get(name, 0) + since, since, self.told.get(name, -1)}

    def close(self, values: Mapping[str, int]) -> None:
        """Begin anew after a row of sums; what parts said together is what their whole says."""
        for name, value in values.items():
            self.told[name] = self.told.get(name, 0) + value
        for name, value in self.since.items():
            self.before[name] = self.before.get(name, 0) + value
        self.since = {}
