"""Which money counts for which period: each line chooses periods, each period keeps the earliest.

A late feed brings lines that are older than lines already counted. So that it does not matter in
which order the banks send, an older line takes its place in a period from a later one, whose money
then goes on as if it had come second (deferred acceptance, Gale and Shapley 1962). What a period
has in all, and what it has by any day, therefore never decreases.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

Place: TypeAlias = tuple[datetime, str]
"""Where a line stands among others: when it was booked, then its serial."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One expected transfer."""

    id: UUID
    period: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """A credit line, and the period that its purpose names."""

    id: UUID
    place: Place
    period: str | None


@dataclass(slots=True)
class Allocation:
    """Who has how much of what: by obligation, then by line; and what no period could take."""

    shares: dict[UUID, dict[UUID, Decimal]] = field(default_factory=dict)
    left: dict[UUID, Decimal] = field(default_factory=dict)


def allocate(
    owed: Sequence[Owed],
    lines: Mapping[UUID, Money],
    held: Iterable[tuple[UUID, UUID, Decimal]],
    fresh: Iterable[tuple[UUID, Decimal]],
) -> Allocation:
    """Place fresh money among what is held.

    `owed` are all obligations of the project, oldest first; `lines` every line that `held` and
    `fresh` name; `held` are (obligation, line, amount) as they stand; `fresh` (line, amount to be
    placed). In the answer `left` holds only lines whose rest grew.
    """
    result = Allocation(shares={one.id: {} for one in owed})
    for obligation_id, line_id, amount in held:
        result.shares[obligation_id][line_id] = amount
    queue = [
        (lines[line_id].place, n, line_id, amount) for n, (line_id, amount) in enumerate(fresh)
    ]
    heapq.heapify(queue)
    pushed = len(queue)
    while queue:
        _, _, line_id, left = heapq.heappop(queue)
        for one in _choices(lines[line_id], owed):
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


def _choices(line: Money, owed: Sequence[Owed]) -> Iterable[Owed]:
    """Give the periods in the order in which a line chooses: the named one, then the oldest."""
    named = [one for one in owed if one.period == line.period]
    return [*named, *(one for one in owed if one.period != line.period)]


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
