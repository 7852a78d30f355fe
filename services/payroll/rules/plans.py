"""What a contract owes from now on, as its terms, stops and completion stand; pure.

What is over or judged never changes. Everything else follows from three things: the versions of
the terms, the spells in which the works stand still, and the day on which they were complete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from services.payroll.rules import periods
from services.payroll.rules.periods import FEN, Basis, Terms
from shared.workdays import Calendar, months_after

_NOTHING = Decimal(0)


class ClosedReason(StrEnum):
    """Why a planned transfer is owed no longer."""

    TERMS_CHANGED = "terms_changed"
    """The contract ends before it now."""
    PROJECT_STOPPED = "project_stopped"
    """Its whole month lies in a stop of the works; it is planned again if they go on earlier."""
    PROJECT_COMPLETED = "project_completed"
    """Its month begins after the works were complete."""


@dataclass(frozen=True, slots=True)
class Version:
    """The terms of a contract as they are from a period on."""

    number: int
    valid_from: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class Spell:
    """Days on which works stand still, both included; None: nobody knows until when."""

    from_on: date
    until_on: date | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A transfer as it stands, and whether it is over or judged, so that nothing moves it."""

    period: str
    due_on: date
    amount: Decimal
    fixed: bool
    closed: ClosedReason | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A transfer as it should stand."""

    period: str
    previous_period: str | None
    due_on: date
    amount: Decimal
    closed: ClosedReason | None


def version_of(versions: Sequence[Version], period: str) -> Version:
    """Give the terms that hold for a period: of those in force the highest version."""
    held = [each for each in versions if each.valid_from <= period]
    return max(held or versions[:1], key=lambda each: each.number)


def periods_of(versions: Sequence[Version]) -> list[str]:
    """Give the periods that are agreed: each version says which there are from its first on."""
    agreed: list[str] = []
    for each in sorted(versions, key=lambda one: one.number):
        own = periods.periods(each.terms.first_period, each.terms.last_period)
        agreed = [period for period in agreed if period < each.valid_from]
        agreed += [period for period in own if period >= each.valid_from]
    return agreed


def closed_by(
    period: str, spells: Sequence[Spell], completed_on: date | None
) -> ClosedReason | None:
    """Say why nothing is owed for a period, or None; work on one day of a month is work."""
    first = date.fromisoformat(f"{period}-01")
    last = months_after(first, 1) - timedelta(days=1)
    if completed_on and first > completed_on:
        return ClosedReason.PROJECT_COMPLETED
    for each in spells:
        if each.from_on <= first and (each.until_on is None or last <= each.until_on):
            return ClosedReason.PROJECT_STOPPED
    return None


def replan(
    versions: Sequence[Version],
    kept: Sequence[Kept],
    spells: Sequence[Spell],
    completed_on: date | None,
    *,
    calendar: Calendar,
    today: date,
    anew: bool,
) -> list[Wanted]:
    """Give how what may change should stand, oldest first; what is over is not named.

    `anew`: the terms changed, so amounts are worked out again from their first period on. A
    transfer whose day is here or over is not planned, and none is moved there.
    """
    there = {each.period: each for each in kept}
    agreed = periods_of(versions)
    wanted: list[Wanted] = []
    previous: str | None = None
    for period in sorted({*there, *agreed}):
        row = there.get(period)
        if row and row.fixed:
            previous = previous if row.closed else period
            continue
        due_on = periods.due_on(version_of(versions, period).terms, period, calendar)
        if row and due_on <= today:
            due_on = row.due_on
        if due_on <= today:
            continue
        closed = closed_by(period, spells, completed_on)
        if period not in agreed:
            closed = ClosedReason.TERMS_CHANGED
        amount = row.amount if row else _NOTHING
        wanted.append(Wanted(period, previous, due_on, amount, closed))
        previous = previous if closed else period
    return _with_amounts(versions, there, wanted) if anew else wanted


def _with_amounts(
    versions: Sequence[Version], there: Mapping[str, Kept], wanted: Sequence[Wanted]
) -> list[Wanted]:
    newest = max(versions, key=lambda each: each.number)
    spread = [
        each.period for each in wanted if not each.closed and each.period >= newest.valid_from
    ]
    elsewhere = sum(
        (row.amount for row in there.values() if row.fixed and not row.closed), _NOTHING
    ) + sum(
        (each.amount for each in wanted if not each.closed and each.period not in spread), _NOTHING
    )
    given = dict(zip(spread, amounts(newest.terms, elsewhere, len(spread)), strict=True))
    return [
        Wanted(
            each.period,
            each.previous_period,
            each.due_on,
            given.get(each.period, each.amount),
            each.closed,
        )
        for each in wanted
    ]


def amounts(terms: Terms, elsewhere: Decimal, count: int) -> list[Decimal]:
    """Give the amount of each of `count` periods, in yuan; `elsewhere` is what others owe.

    Of a sum for the whole contract what is left is spread evenly, rounded down to the fen, and
    the last period takes the remainder. Where more is owed already, nothing is left.
    """
    if not count:
        return []
    if terms.basis is Basis.PER_PERIOD:
        return [terms.labour_cost or _NOTHING] * count
    total = terms.labour_cost or _NOTHING
    if terms.basis is Basis.SHARE:
        total = terms.contract_amount * (terms.share or _NOTHING) / 100
    left = max(total.quantize(FEN, ROUND_DOWN) - elsewhere, _NOTHING)
    each = (left / count).quantize(FEN, ROUND_DOWN)
    return [each] * (count - 1) + [left - each * (count - 1)]
