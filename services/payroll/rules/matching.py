"""How money was matched with what is owed, and what persons may decide of it; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from shared.problems import Finding
from shared.wording import Text


class AllocationKind(StrEnum):
    """What was decided of an amount of a line."""

    COUNTED = "counted"
    """It counts for an obligation, of whichever project."""
    SET_ASIDE = "set_aside"
    """It counts for nothing until somebody decides otherwise."""
    RETURNED = "returned"
    """The bank took it back (退汇): another line of the account says so."""


class AllocationState(StrEnum):
    """Where a decision stands between the two persons that it takes."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    REVERSING = "reversing"
    """In force still; one person asked for its reversal."""
    REVERSED = "reversed"


IN_FORCE = (AllocationState.CONFIRMED, AllocationState.REVERSING)
PENDING = (AllocationState.PROPOSED, AllocationState.REVERSING)
"""What waits for a second person."""


class Step(StrEnum):
    """What somebody did to a decision."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    REVERSAL_PROPOSED = "reversal_proposed"
    REVERSED = "reversed"
    REVERSAL_REFUSED = "reversal_refused"


class MatchedAs(StrEnum):
    """How a credit was matched; several may be true of one."""

    EXACT = "exact"
    """The line is the obligation, to the fen."""
    PART = "part"
    """The only money for the obligation, and less than it."""
    SPLIT = "split"
    """The line counts for several obligations."""
    COMBINED = "combined"
    """Several lines count for the obligation."""
    EARLY = "early"
    """Dated before the period began."""
    LATE = "late"
    """Dated after the due day."""
    OVER = "over"
    """More came than counts for anything."""
    WRONG_ACCOUNT = "wrong_account"
    """The line came into another account than the project's."""
    BY_HAND = "by_hand"
    """Two persons decided it."""


@dataclass(frozen=True, slots=True)
class Match:
    """A credit, with what decides how it was matched."""

    amount: Decimal
    by_hand: Decimal
    credited_on: date
    line_amount: Decimal
    """Without what the bank took back."""
    line_counted: Decimal
    """What of the line counts in all."""
    line_credits: int
    foreign: bool
    due_amount: Decimal
    due_on: date
    period: str
    owed_credits: int
    """How many lines count for the obligation."""

    @property
    def matched_as(self) -> list[MatchedAs]:
        """Say how it was matched, in the order of `MatchedAs`."""
        alone = self.owed_credits == 1
        true = {
            MatchedAs.EXACT: self.amount == self.line_amount == self.due_amount,
            MatchedAs.PART: alone and self.amount < self.due_amount,
            MatchedAs.SPLIT: self.line_credits > 1,
            MatchedAs.COMBINED: not alone,
            MatchedAs.EARLY: self.credited_on < date.fromisoformat(f"{self.period}-01"),
            MatchedAs.LATE: self.credited_on > self.due_on,
            MatchedAs.OVER: self.line_counted < self.line_amount,
            MatchedAs.WRONG_ACCOUNT: self.foreign,
            MatchedAs.BY_HAND: self.by_hand > 0,
        }
        return [way for way in MatchedAs if true[way]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to decide of a line, and what there is to decide of."""

    amount: Decimal
    came_in: bool
    returned: bool
    """The line itself is a return."""
    free: Decimal
    """What of the line no other decision holds."""
    owed: Decimal | None = None
    """What of the obligation no other decision covers; None: it is not for an obligation."""
    closed: bool = False
    return_fits: bool = True
    """The line that is named as the return went out of the same account afterwards."""


def findings(wish: Wish) -> Sequence[Finding]:
    """Say everything for which a decision cannot be taken."""
    return list(_findings(wish))


def _findings(wish: Wish) -> Iterable[Finding]:
    if not wish.came_in or wish.returned:
        yield Finding("line_id", "line_brought_no_money", *_NO_MONEY)
    if wish.amount <= 0:
        yield Finding("amount", "amount_not_positive", *_AMOUNT)
    elif wish.amount > wish.free:
        detail, remedy = _NOT_FREE
        yield Finding("amount", "amount_not_free", detail.fill(free=wish.free), remedy)
    if wish.closed:
        yield Finding("obligation_id", "obligation_closed", *_CLOSED)
    elif wish.owed is not None and wish.amount > max(wish.owed, Decimal(0)):
        detail, remedy = _NOT_OWED
        yield Finding("amount", "amount_not_owed", detail.fill(owed=wish.owed), remedy)
    if not wish.return_fits:
        yield Finding("returning_line_id", "return_does_not_fit", *_RETURN)


_NO_MONEY = (
    Text("该笔流水不是可分配的进账", "This line brought no money that could be allocated"),
    Text("请选择一笔进账流水（退回的除外）", "Choose a credit that is no return"),
)
_AMOUNT = (
    Text("金额须大于零", "The amount must be greater than zero"),
    Text("填写要分配的金额", "Give the amount to allocate"),
)
_NOT_FREE = (
    Text(
        "该笔流水只有 {free} 元未被其他分配占用",
        "Only {free} yuan of this line are not held by other allocations",
    ),
    Text("减少金额，或先冲回其他分配", "Take less, or reverse another allocation first"),
)
_NOT_OWED = (
    Text(
        "该拨付只有 {owed} 元未被其他人工分配覆盖",
        "Only {owed} yuan of this obligation are not covered by other allocations",
    ),
    Text("减少金额，或分配到其他期间", "Take less, or allocate it to another period"),
)
_CLOSED = (
    Text("该拨付已关闭，不再计款", "This obligation is closed; no money counts for it"),
    Text("请选择其他期间", "Choose another period"),
)
_RETURN = (
    Text(
        "所选退汇流水不是同一账户其后的等额或更大支出",
        "The returning line did not leave the same account afterwards with at least this amount",
    ),
    Text("核对退汇流水", "Check which line took the money back"),
)


@dataclass(frozen=True, slots=True)
class Came:
    """A credit line that a return may belong to; `left` is what was not taken back yet."""

    serial: str
    amount: Decimal
    left: Decimal
    counterparty: tuple[str | None, str | None] = (None, None)


def original(
    amount: Decimal,
    counterparty: tuple[str | None, str | None],
    reference: str | None,
    came: Sequence[Came],
) -> Came | None:
    """Give the credit that a return takes back; None where it cannot be told.

    `came` are the credits of the account that were booked before the return, oldest first. A
    return that names the serial of its credit takes back what it takes, in part too. Any other
    takes back a whole credit of the same amount whose counterparty is the same, by account number
    where both are known, else by name; of several the last.
    """
    if reference is not None:
        named = [one for one in came if one.serial == reference]
        return named[-1] if named and amount <= named[-1].left else None
    fits = [
        one
        for one in came
        if one.amount == one.left == amount and _same(counterparty, one.counterparty)
    ]
    return fits[-1] if fits else None


def _same(one: tuple[str | None, str | None], other: tuple[str | None, str | None]) -> bool:
    """Compare who stands on the other side: (name, account), each by blind index if known."""
    if one[1] and other[1]:
        return one[1] == other[1]
    return bool(one[0]) and one[0] == other[0]
