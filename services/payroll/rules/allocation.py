"""Which money counts for which period: each line chooses periods, each period keeps the earliest.

A late feed brings lines that are older than lines already counted. So that it does not matter in
which order the banks send, an older line takes its place in a period from a later one, whose money
then goes on as if it had come second (deferred acceptance, Gale and Shapley 1962). What a period
has in all, and what it has by any day, therefore never decreases while money only comes in.

What a line prefers never changes: of the periods that were owed when its money came, the named one
and then the oldest; after them what is owed since. So who has what follows from obligations, lines
and what persons decided, by whatever way it came about: `allocate` with nothing held gives it anew.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

Place: TypeAlias = tuple[datetime, str]
"""Where a line stands among others: when it was booked, then its serial."""


ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Owed:
    """One expected transfer, and since when it is known."""

    id: UUID
    period: str
    amount: Decimal
    known_at: datetime = ALWAYS


@dataclass(frozen=True, slots=True)
class Money:
    """A credit line, the period that its purpose names, and since when it may choose."""

    id: UUID
    place: Place
    period: str | None
    known_at: datetime = ALWAYS


@dataclass(slots=True)
class Shares:
    """Who has how much of what: by obligation, then by line; and what no period could take."""

    shares: dict[UUID, dict[UUID, Decimal]] = field(default_factory=dict)
    left: dict[UUID, Decimal] = field(default_factory=dict)


def allocate(
    owed: Sequence[Owed],
    lines: Mapping[UUID, Money],
    held: Iterable[tuple[UUID, UUID, Decimal]],
    fresh: Iterable[tuple[UUID, Decimal]],
) -> Shares:
    """Place fresh money among what is held.

    `owed` are all obligations of the project, oldest first; `lines` every line that `held` and
    `fresh` name; `held` are (obligation, line, amount) as they stand; `fresh` (line, amount to be
    placed). In the answer `left` holds only lines whose rest grew.
    """
    result = Shares(shares={one.id: {} for one in owed})
    for obligation_id, line_id, amount in held:
        result.shares[obligation_id][line_id] = amount
    queue = [
        (lines[line_id].place, n, line_id, amount) for n, (line_id, amount) in enumerate(fresh)
    ]
    heapq.heapify(queue)
    since = max((one.known_at for one in owed), default=ALWAYS)
    pushed = len(queue)
    while queue:
        _, _, line_id, left = heapq.heappop(queue)
        for one in _choices(lines[line_id], owed, since):
            taken, displaced = _take(one, result.shares[one.id], lines, line_id, left)
            left -= taken
            for other, amount in displaced:
                heapq.heappush(queue, (lines[other].place, pushed, other, amount))
                pushed += 1
            if not left:
                break
        if left:
            result.left[line_id] = result.left.get(line_id, Decimal(0)) + left
    return result


def _choices(line: Money, owed: Sequence[Owed], since: datetime) -> Iterable[Owed]:
    """Give the periods in the order in which a line chooses: the named one, then the oldest.

    What is owed since the line's money was there comes after all that was owed before; `since`
    is when the last of them became known.
    """
    named = [one for one in owed if one.period == line.period]
    chosen = [*named, *(one for one in owed if one.period != line.period)]
    if since > line.known_at:
        chosen.sort(key=lambda one: max(one.known_at, line.known_at))
    return chosen


def _take(
    one: Owed,
    shares: dict[UUID, Decimal],
    lines: Mapping[UUID, Money],
    line_id: UUID,
    offered: Decimal,
) -> tuple[Decimal, list[tuple[UUID, Decimal]]]:
    """Let a period take of a line what earlier lines have left; give that, and what gives way."""
    place = lines[line_id].place
    earlier = sum(
        (amount for other, amount in shares.items() if lines[other].place <= place), Decimal(0)
    )
    taken = min(offered, max(one.amount - earlier, Decimal(0)))
    if not taken:
        return taken, []
    shares[line_id] = shares.get(line_id, Decimal(0)) + taken
    over = max(sum(shares.values()) - one.amount, Decimal(0))
    displaced = []
    for other in sorted(shares, key=lambda each: lines[each].place, reverse=True):
        if not over:
            break
        gone = min(over, shares[other])
        if gone:
            shares[other] -= gone
            over -= gone
            displaced.append((other, gone))
    return taken, displaced


@dataclass(frozen=True, slots=True)
class Decided:
    """What persons, or a bank's return, decided of a line: an amount is no longer free to choose.

    `obligation_id` is what it counts for; None: for nothing.
    """

    id: UUID
    obligation_id: UUID | None
    amount: Decimal


def hold(amount: Decimal, decided: Iterable[Decided]) -> tuple[dict[UUID, Decimal], Decimal]:
    """Give what of a line each decision really holds, in the order given, and what stays free.

    A return of the bank may leave less on a line than persons had decided of it: then the later
    decision holds less.
    """
    held: dict[UUID, Decimal] = {}
    for one in decided:
        held[one.id] = min(one.amount, amount)
        amount -= held[one.id]
    return held, amount
