"""The liability path of wages (W7): who is asked first, up to how much, and when. Pure.

724号 art. 30: the employer, then the contractor first of all (先行清偿); art. 29: the developer up
to the works price that it has not paid; 65号 art. 19: the deposit when a decision is not obeyed;
724号 art. 63: the emergency fund, to be recovered.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.cases.rules.arrears import PaymentSource

PATH = (
    PaymentSource.EMPLOYER,
    PaymentSource.CONTRACTOR,
    PaymentSource.DEVELOPER,
    PaymentSource.DEPOSIT,
    PaymentSource.EMERGENCY_FUND,
)
"""In the order in which they are asked."""
FUND = PaymentSource.EMERGENCY_FUND
"""What it pays is paid for somebody else, and is to be recovered from him (追偿)."""


def passed_over(party: PaymentSource, asked: Collection[PaymentSource]) -> list[PaymentSource]:
    """Give who has to be asked before a party, and was not."""
    if party not in PATH:
        return []
    return [one for one in PATH[: PATH.index(party)] if one not in asked]


@dataclass(frozen=True, slots=True)
class Instalment:
    """So much, in yuan, by the end of a day."""

    due_on: date
    amount: Decimal


def next_instalment(instalments: Iterable[Instalment], paid: Decimal) -> Instalment | None:
    """Give the first instalment that what was paid since the plan does not cover; None: all are."""
    due = Decimal(0)
    for one in instalments:
        due += one.amount
        if paid < due:
            return one
    return None


def out_of_order(instalments: Sequence[Instalment], first: date) -> list[int]:
    """Give the places of instalments that do not lie after the one before, or after a day."""
    days = [first, *(one.due_on for one in instalments)]
    return [place for place, day in enumerate(days[1:]) if day <= days[place]]
