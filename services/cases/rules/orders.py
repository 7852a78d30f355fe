"""Correction orders (限期改正指令书): what they are about, their states and numbers. Pure.

Law: 724号 art. 55 to 57, which fine only whoever did not obey an order in time. No law says how
long an order gives (domain L5.14); the terms by area are rows, and an inspector decides.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from services.cases.rules.ladder import Ladder
from shared import workdays
from shared.workdays import Calendar, Unit

# The step of a ladder at which an order is drafted, whatever lies between it and the opening.
DRAFT_STEP = "draft"
# GB/T 2260 gives provinces, cities and counties at most six digits; towns below issue no orders.
_COUNTY_DIGITS = 6


class OrderState(StrEnum):
    """Where an order stands. It ends by proof or by a decision on the penalty, never in silence."""

    DRAFT = "draft"
    SIGNED = "signed"
    SERVED = "served"
    FULFILLED = "fulfilled"
    OVERDUE = "overdue"
    """Not obeyed in time: a penalty is proposed, and somebody has to decide on it."""
    PENALISED = "penalised"
    SPARED = "spared"
    """Decided that no penalty follows, with the reason."""
    WITHDRAWN = "withdrawn"


UNDER_WAY = frozenset({OrderState.DRAFT, OrderState.SIGNED, OrderState.SERVED, OrderState.OVERDUE})
# Before it is served nobody owes it anything, so only then it can be taken back.
WITHDRAWABLE = frozenset({OrderState.DRAFT, OrderState.SIGNED})


class ServedHow(StrEnum):
    """How an order was served (送达方式)."""

    DIRECT = "direct"
    LEFT = "left"
    MAIL = "mail"
    ELECTRONIC = "electronic"
    ENTRUSTED = "entrusted"
    PUBLIC_NOTICE = "public_notice"


# What an item of a kind is a breach of: the transfer, or one of the required systems. A kind that
# is not here needs the system to be named (a project without any), or no order fits it.
MATTERS = {
    "transfer_missed": "transfer_missed",
    "account_not_opened": "wage_account",
    "deposit_missing": "deposit",
    "deposit_not_replenished": "deposit",
    "notice_board_missing": "notice_board",
    "payment_guarantee_missing": "payment_guarantee",
    # Nobody said how much is owed: the order is to make the sheet and pay by it (724号 art. 56).
    "payroll_not_submitted": "disbursement",
    "wages_unpaid": "wages",
}


# What each period owes anew, so that each has its own order.
OF_A_PERIOD = frozenset({"transfer_missed", "wages"})


def matter_of(kind: str, system: str | None = None) -> str | None:
    """Give what an order about an item of a kind is about; the named system where it is open."""
    return MATTERS.get(kind, system)


def about(matter: str, item_key: str, project_id: object) -> str:
    """Give the key under which one order at a time is under way: a transfer, a project's system."""
    return item_key if matter in OF_A_PERIOD else f"{matter}:{project_id}"


def is_drafted(ladder: Ladder, step: str) -> bool:
    """Say whether an item that has reached a step of its ladder has passed the drafting."""
    codes = [one.code for one in ladder.steps]
    return DRAFT_STEP in codes and ladder.place(step) >= ladder.place(DRAFT_STEP)


def office_of(lineage: Sequence[str]) -> str:
    """Give the area whose labour inspection issues orders: the county (423号 art. 13), or above.

    `lineage` goes from the place of work up to the nation.
    """
    return next(code for code in lineage if len(code) <= _COUNTY_DIGITS)


def number(prefix: str, year: int, sequence: int) -> str:
    """Give an order's number as it is written, 劳监令字〔2023〕第7号."""
    return f"{prefix}〔{year}〕第{sequence}号"


def due_at(served_at: datetime, length: int, unit: Unit, calendar: Calendar) -> datetime:
    """Give the instant (exclusive) at which an order is overdue; the day of service is not counted.

    A limit in calendar days that ends on a day off ends on the next working day (民法典 art. 203).
    """
    return workdays.due(served_at, length, unit, (), calendar, shift_forwards=True)
