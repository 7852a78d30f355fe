"""By which day wages of a month are to be paid, and what is wrong once it is over; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.payroll.rules import periods, plans
from services.payroll.rules.conditions import ConditionKind, Found
from services.payroll.rules.periods import TransferMonth
from services.payroll.rules.plans import Version
from shared.workdays import Calendar, DueShift, months_after, transfer_due

GRACE_OVER = "next_month_over"
"""A fact: the month after is over, too, and the wages are not paid (domain 6.1, Guizhou)."""


class Because(StrEnum):
    """By what it is known that an employer's people worked in a month."""

    ATTENDANCE = "attendance"
    ROSTER = "roster"
    """Nobody told attendance of the whole project: then whoever was on its roster counts."""


class MonthState(StrEnum):
    """How the wages of a month of a project stand, in a word."""

    OPEN = "open"
    """The month is not over."""
    NOBODY = "nobody"
    """By what is known nobody worked."""
    NOT_SUBMITTED = "not_submitted"
    """Somebody who had people there stands for no sheet: another thing than wages unpaid."""
    UNPAID = "unpaid"
    """All sheets are there, a day is over by the bank's data, and not every line is settled."""
    UNDER_WAY = "under_way"
    """All sheets are there, and no day is over yet."""
    PAID = "paid"
    """Every line of every sheet is settled: proof of monthly payment (按月发放)."""


class Agreed(NamedTuple):
    """A works contract as far as it says when wages are paid."""

    contractor_id: UUID
    signed_on: date
    versions: Sequence[Version]


class Owed(NamedTuple):
    """What an employer owes of a month, and how far it has come."""

    id: UUID
    period: str
    employer_id: UUID
    workers: int
    due_on: date
    judged: bool
    submitted_on: date | None
    settled_on: date | None


@dataclass(frozen=True, slots=True)
class Worked:
    """How many of an employer's people worked in a month, and by what that is known."""

    because: Because
    workers: int


def pay_day(contracts: Sequence[Agreed], employer_id: UUID, period: str) -> int | None:
    """Give the day of the month that the works contract names; None where it is silent.

    The employer's own contract comes first, then the one that was signed first.
    """
    said = [
        (one.contractor_id != employer_id, one.signed_on, day)
        for one in contracts
        if (day := plans.version_of(one.versions, period).terms.pay_day) is not None
    ]
    return min(said)[2] if said else None


def due_on(period: str, day: int, month: TransferMonth, calendar: Calendar) -> date:
    """Give the last working day on or before the pay day: on a day off pay before it (art. 14)."""
    later = 1 if month is TransferMonth.NEXT else 0
    return transfer_due(period, day, calendar, DueShift.BACKWARDS, months_later=later)


def is_closed(period: str, today: date) -> bool:
    """Say whether a month is over."""
    return period < f"{today:%Y-%m}"


def grace_is_over(period: str, today: date) -> bool:
    """Say whether the month after a month is over, too."""
    return months_after(periods.first_day(period), 2) <= today


def worked(
    seen: dict[UUID, int] | None, listed: dict[UUID, int], *, stopped: bool
) -> dict[UUID, Worked]:
    """Give who has people that worked in a month.

    By attendance, where anything of the project was told of the month. Else by the roster, on
    which the contractor itself says who works there; but not while the works stood still for the
    whole of the month: then the roster alone says nothing.
    """
    if seen is not None:
        return {employer: Worked(Because.ATTENDANCE, count) for employer, count in seen.items()}
    if stopped:
        return {}
    return {employer: Worked(Because.ROSTER, count) for employer, count in listed.items()}


def month_state(owed: Sequence[Owed], *, closed: bool) -> MonthState:
    """Give how a month stands by what each employer owes of it."""
    if not closed:
        return MonthState.OPEN
    owing = [one for one in owed if one.workers]
    if not owing:
        return MonthState.NOBODY
    if any(one.submitted_on is None and one.settled_on is None for one in owing):
        return MonthState.NOT_SUBMITTED
    open_ = [one for one in owing if one.settled_on is None]
    if not open_:
        return MonthState.PAID
    return MonthState.UNPAID if any(one.judged for one in open_) else MonthState.UNDER_WAY


def paid_share(attended: int | None, paid: int | None) -> Decimal | None:
    """Give the per cent of those who attended that are paid, rounded down; None: nobody told."""
    if not attended or paid is None:
        return None
    return (Decimal(100) * paid / attended).quantize(Decimal("0.01"), ROUND_DOWN)


def found(owed: Owed, contractor_id: UUID | None, today: date) -> Found | None:
    """Give what is wrong with an employer's wages of a month, or will be once its day is over.

    Nobody stands for a sheet: the employer answers, and it is told before the day, so that it is
    open when the day is over. Somebody does and not all of it is settled: its contractor answers,
    and only once the day is over and the bank's data up to it are there: absent data is no fact.
    """
    if not owed.workers or owed.settled_on:
        return None
    facts = (GRACE_OVER,) if grace_is_over(owed.period, today) else ()
    if owed.submitted_on is None:
        return Found(
            ConditionKind.PAYROLL_NOT_SUBMITTED,
            owed.id,
            owed.employer_id,
            owed.due_on,
            facts,
            period=owed.period,
        )
    if not owed.judged:
        return None
    return Found(
        ConditionKind.WAGES_UNPAID,
        owed.id,
        contractor_id or owed.employer_id,
        owed.due_on,
        facts,
        period=owed.period,
    )


def ended(kind: ConditionKind, owed: Owed) -> str:
    """Give in a word why what was wrong is so no longer."""
    if owed.settled_on:
        return "wages_settled"
    if not owed.workers:
        return "nobody_worked"
    return "sheet_submitted" if kind is ConditionKind.PAYROLL_NOT_SUBMITTED else "not_due"
