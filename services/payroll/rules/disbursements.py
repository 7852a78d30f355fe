"""Wages on their way to workers: who is paid where, what is held back and why; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

NOTHING = Decimal("0.00")


class LineStatus(StrEnum):
    """How far the wages of one line have come; paid is what is settled (domain 6.6)."""

    HELD = "held"
    """Not sent: its card waits, is missing, or is not the worker's own."""
    SENT = "sent"
    """In an instruction for the bank, which has said nothing yet."""
    PENDING = "pending"
    """The bank has it and is not through with it."""
    SETTLED = "settled"
    """On the worker's own account, by the bank's word."""
    RETURNED = "returned"
    """It came back, or never left."""


UNDER_WAY = (LineStatus.SENT, LineStatus.PENDING)


class ToPay(NamedTuple):
    """One worker who is to be paid by an instruction."""

    line_id: UUID
    attempt: int
    position: int
    name: str
    card_no: str
    bank_name: str | None
    bank_code: str | None
    amount: Decimal


class HoldReason(StrEnum):
    """Why a line is not sent."""

    NOT_ON_ROSTER = "not_on_roster"
    CARD_MISSING = "card_missing"
    CARD_DIFFERS = "card_differs"
    """The sheet names a card that the worker did not confirm."""
    CARD_NOT_OWN = "card_not_own"
    CARD_WAITING = "card_waiting"
    """It was changed, and the time has not passed in which a swap is noticed."""


class BatchState(StrEnum):
    """How a batch stands, by its lines alone."""

    UNDER_WAY = "under_way"
    """The bank has lines that it is not through with."""
    INCOMPLETE = "incomplete"
    """Lines came back or were held, and the bank has nothing to do."""
    SETTLED = "settled"


class Answer(StrEnum):
    """What a worker says of wages that were paid (domain 4)."""

    NOT_RECEIVED = "not_received"
    NOT_MY_AMOUNT = "not_my_amount"
    CARD_WITH_SOMEONE_ELSE = "card_with_someone_else"


@dataclass(frozen=True, slots=True)
class Card:
    """A card that a worker's wages of a project go to, went to, or are to go to."""

    id: UUID
    card_no: str
    index: str
    is_own: bool
    usable_from: datetime
    replaced_at: datetime | None

    def counts_at(self, instant: datetime) -> bool:
        """Say whether money goes there at an instant."""
        return self.usable_from <= instant and (
            self.replaced_at is None or instant < self.replaced_at
        )


class Payee(NamedTuple):
    """A worker on a project's roster, with the cards that count or are to count."""

    worker_id: UUID
    cards: Sequence[Card]


class Hold(NamedTuple):
    """Why wages cannot go to anybody now, and until when that is sure."""

    reason: HoldReason
    until: datetime | None = None


def card_of_sheet(payee: Payee | None, said: str | None, now: datetime) -> Card | Hold:
    """Give the card to which a sheet's line is paid: the worker's own that counts now.

    `said` is the index of the card that the line names. While a changed card waits, wages go to
    the former one only if the sheet says so, too.
    """
    if payee is None:
        return Hold(HoldReason.NOT_ON_ROSTER)
    in_use = next((card for card in payee.cards if card.counts_at(now)), None)
    if in_use and said in {None, in_use.index}:
        return _own(in_use, now)
    newest = _newest(payee)
    if newest and said not in {None, newest.index}:
        return Hold(HoldReason.CARD_DIFFERS)
    return _own(newest, now)


def card_of_retry(payee: Payee | None, now: datetime) -> Card | Hold:
    """Give the card to which a line goes that was held or came back: the newest, once it counts.

    The one before may be the one that the money came back from.
    """
    return _own(_newest(payee), now) if payee else Hold(HoldReason.NOT_ON_ROSTER)


def _newest(payee: Payee) -> Card | None:
    return next((card for card in payee.cards if card.replaced_at is None), None)


def _own(card: Card | None, now: datetime) -> Card | Hold:
    if card is None:
        return Hold(HoldReason.CARD_MISSING)
    if not card.is_own:
        return Hold(HoldReason.CARD_NOT_OWN)
    return card if card.counts_at(now) else Hold(HoldReason.CARD_WAITING, card.usable_from)


class Count(NamedTuple):
    """So many lines, and their sum in yuan."""

    lines: int = 0
    total: Decimal = NOTHING


class Tally(NamedTuple):
    """How the lines of a batch stand; what is disputed counts there, too."""

    held: Count = Count()
    sent: Count = Count()
    pending: Count = Count()
    settled: Count = Count()
    returned: Count = Count()
    disputed: Count = Count()

    @property
    def state(self) -> BatchState:
        """Give how the batch stands."""
        if self.sent.lines or self.pending.lines:
            return BatchState.UNDER_WAY
        open_ = self.held.lines or self.returned.lines
        return BatchState.INCOMPLETE if open_ else BatchState.SETTLED


class Funds(NamedTuple):
    """What an account holds by the bank's data, and what of it is promised already."""

    balance: Decimal
    committed: Decimal
    """Sent to workers before, and not yet seen to leave."""

    @property
    def free(self) -> Decimal:
        """Give what can be paid."""
        return self.balance - self.committed

    def lacking(self, needed: Decimal) -> Decimal:
        """Give what is missing to pay something."""
        return max(needed - self.free, NOTHING)
