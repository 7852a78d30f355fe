"""What finance sent, what the contract asks for, what came: three views of a period; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Told:
    """A payment as a finance bureau told it; without a period it is for the oldest open one."""

    voucher: str
    project_id: UUID
    period: str | None
    amount: Decimal
    sent_on: date
    funding_source: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A payment that finance says it sent to a wage account."""

    id: UUID
    sent_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Arrived:
    """A credit of that account."""

    id: UUID
    day: date
    amount: Decimal


def seen(sent: Iterable[Sent], arrived: Iterable[Arrived]) -> Mapping[UUID, Arrived]:
    """Give for payments the credits that they are: the same amount, on the day or after it.

    The payment sent first takes the credit that came first; a credit is one payment.
    """
    free = sorted(arrived, key=lambda one: (one.day, one.id))
    found: dict[UUID, Arrived] = {}
    for payment in sorted(sent, key=lambda one: (one.sent_on, one.id)):
        fits = (one for one in free if one.amount == payment.amount and one.day >= payment.sent_on)
        if (credit := next(fits, None)) is not None:
            found[payment.id] = credit
            free.remove(credit)
    return found


class Difference(StrEnum):
    """Where the three views of a period do not agree."""

    NOT_SENT = "not_sent"
    """The due day is over, and finance sent nothing."""
    SENT_LESS = "sent_less"
    SENT_MORE = "sent_more"
    SENT_LATE = "sent_late"
    NOT_SCHEDULED = "not_scheduled"
    """Finance sent money for a period that no contract names."""
    NOT_ARRIVED = "not_arrived"
    """Sent, and no credit of the account shows it."""
    ARRIVED_LESS = "arrived_less"
    """Less counts for the period than was sent for it."""
    ARRIVED_MORE = "arrived_more"
    """More counts for it: another's money, or a payment that finance did not tell of."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What a contract asks for in a period, and what counts for it."""

    period: str
    due_on: date
    due_amount: Decimal
    credited_amount: Decimal


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment for a period, and the day on which it was seen in the account."""

    period: str
    sent_on: date
    amount: Decimal
    seen_on: date | None


@dataclass(frozen=True, slots=True)
class ThreeWay:
    """A period of a project: contract schedule, treasury payments, account credits."""

    period: str
    due_on: date | None
    due_amount: Decimal
    sent_amount: Decimal
    sent_on: date | None
    """The day of the last payment."""
    seen_amount: Decimal
    """What of the payments is seen in the account."""
    waiting_since: date | None
    """The day of the oldest payment that is not seen."""
    credited_amount: Decimal
    differences: Sequence[Difference] = field(default_factory=list)


def compare(
    scheduled: Iterable[Scheduled], payments: Iterable[Payment], today: date
) -> Sequence[ThreeWay]:
    """Put the three views of each period side by side, oldest first, and name what differs."""
    owed: dict[str, list[Scheduled]] = {}
    sent: dict[str, list[Payment]] = {}
    for one in scheduled:
        owed.setdefault(one.period, []).append(one)
    for each in payments:
        sent.setdefault(each.period, []).append(each)
    return [
        _compared(period, owed.get(period, []), sent.get(period, []), today)
        for period in sorted({*owed, *sent})
    ]


def _compared(
    period: str, owed: Sequence[Scheduled], sent: Sequence[Payment], today: date
) -> ThreeWay:
    waiting = [one.sent_on for one in sent if one.seen_on is None]
    row = ThreeWay(
        period=period,
        due_on=max((one.due_on for one in owed), default=None),
        due_amount=sum((one.due_amount for one in owed), _NOTHING),
        sent_amount=sum((one.amount for one in sent), _NOTHING),
        sent_on=max((one.sent_on for one in sent), default=None),
        seen_amount=sum((one.amount for one in sent if one.seen_on), _NOTHING),
        waiting_since=min(waiting, default=None),
        credited_amount=sum((one.credited_amount for one in owed), _NOTHING),
    )
    return replace(row, differences=[*_sent(row, today), *_arrived(row)])


def _sent(row: ThreeWay, today: date) -> Iterable[Difference]:
    """Compare what was sent with what the contract asks for."""
    if row.due_on is None:
        yield Difference.NOT_SCHEDULED
        return
    over = row.due_on < today
    if over and not row.sent_amount and row.due_amount:
        yield Difference.NOT_SENT
    elif row.sent_amount < row.due_amount and (over or row.sent_amount):
        yield Difference.SENT_LESS
    elif row.sent_amount > row.due_amount:
        yield Difference.SENT_MORE
    if row.sent_on and row.sent_on > row.due_on:
        yield Difference.SENT_LATE


def _arrived(row: ThreeWay) -> Iterable[Difference]:
    """Compare what came with what was sent."""
    if row.waiting_since:
        yield Difference.NOT_ARRIVED
    if row.due_on is None:
        return
    if row.credited_amount < min(row.seen_amount, row.due_amount):
        yield Difference.ARRIVED_LESS
    elif row.credited_amount > row.sent_amount:
        yield Difference.ARRIVED_MORE
