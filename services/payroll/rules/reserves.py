"""What a wage account holds, and for how many months of wages it lasts (人工费储存金); pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

from services.payroll.rules.purposes import named_period
from shared.workdays import months_after

NOTHING = Decimal("0.00")
_HUNDREDTH = Decimal("0.01")
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Month:
    """What moved on an account in a month, in yuan; wages by the month for which they were paid.

    `payroll_lines` counts payments of wages, `returned_lines` those of them that came back.
    """

    month: str
    came_in: Decimal = NOTHING
    went_out: Decimal = NOTHING
    payroll: Decimal = NOTHING
    payroll_lines: int = 0
    returned_lines: int = 0

    @property
    def settled_share(self) -> Decimal | None:
        """Give the per cent of its payments of wages that did not come back, to one decimal."""
        if not self.payroll_lines:
            return None
        paid = max(self.payroll_lines - self.returned_lines, 0)
        return (Decimal(100) * paid / self.payroll_lines).quantize(_TENTH, ROUND_DOWN)


@dataclass(frozen=True, slots=True)
class Reserve:
    """What an account holds, what a month of wages takes, and how many months that covers."""

    balance: Decimal
    average_payroll: Decimal | None
    """None: no month with wages is over."""
    months: int
    """How many months make the average."""
    cover: Decimal | None
    """To two decimals, rounded down: what is not there is not counted."""

    @property
    def months_covered(self) -> Decimal | None:
        """Give the cover as people read it: to one decimal, rounded down."""
        return None if self.cover is None else self.cover.quantize(_TENTH, ROUND_DOWN)


def balance(opening: Decimal, months: Iterable[Month]) -> Decimal:
    """Give what is there: what was there first, and what came in, less what went out."""
    return sum((each.came_in - each.went_out for each in months), opening)


def reserve(opening: Decimal, months: Sequence[Month], today: date, window: int) -> Reserve:
    """Give a reserve on a day; the average is over the last `window` closed months with wages.

    A month without wages is left out: it would lower the average, and the account would seem to
    last longer just because nobody was paid.
    """
    there = balance(opening, months)
    closed = [each for each in months if each.month < f"{today:%Y-%m}" and each.payroll > 0]
    counted = sorted(closed, key=lambda each: each.month)[-window:]
    if not counted:
        return Reserve(there, None, 0, None)
    spent = sum((each.payroll for each in counted), NOTHING)
    average = (spent / len(counted)).quantize(_HUNDREDTH)
    cover = (max(there, NOTHING) * len(counted) / spent).quantize(_HUNDREDTH, ROUND_DOWN)
    return Reserve(there, average, len(counted), cover)


def month_before(today: date) -> str:
    """Give the month that was closed last."""
    return f"{months_after(today.replace(day=1), -1):%Y-%m}"


def wage_month(purpose: str | None, on: date) -> str:
    """Give the month for which a payment of wages counts: the one it names, else that of its day.

    A month that lies ahead of the payment is that of its day: nobody pays wages in advance.
    """
    own = f"{on:%Y-%m}"
    named = named_period(purpose, on)
    return named if named and named <= own else own
