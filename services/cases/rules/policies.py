"""Which policy is in force where and when, and when it opens an item. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Protocol, TypeVar

from services.cases.rules.ladder import Ladder
from shared import workdays
from shared.workdays import Calendar, Pause

MIDNIGHT = time()
# The same zone as shared.clock.BEIJING, which rules may not import.
_BEIJING = timezone(timedelta(hours=8))


class Mode(StrEnum):
    """Whether a policy opens items, or is only recorded in what it would have done."""

    LIVE = "live"
    SHADOW = "shadow"


class Certainty(StrEnum):
    """How well a number is known: official wording, secondary text, to be verified."""

    A = "A"
    B = "B"
    C = "C"


class Row(Protocol):
    """What of a stored policy decides whether it is in force."""

    @property
    def area_code(self) -> str: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def version(self) -> int: ...


_Row = TypeVar("_Row", bound=Row)


def in_force(rows: Iterable[_Row], lineage: Sequence[str], day: date) -> _Row | None:
    """Give the policy of the nearest area up the lineage; there the latest one begun by the day."""
    begun = [row for row in rows if row.valid_from <= day and row.area_code in lineage]
    return min(
        begun,
        key=lambda row: (
            lineage.index(row.area_code),
            -row.valid_from.toordinal(),
            -row.version,
        ),
        default=None,
    )


class LadderRow(Row, Protocol):
    """A stored policy, read as its ladder."""

    def ladder(self) -> Ladder: ...


_LadderRow = TypeVar("_LadderRow", bound=LadderRow)


def opening(
    rows: Sequence[_LadderRow],
    lineage: Sequence[str],
    since: date,
    calendar: Calendar,
    from_at: datetime,
    *,
    pauses: Sequence[Pause] = (),
) -> tuple[_LadderRow, datetime] | None:
    """Give the policy and the instant at which time opens an item, at `from_at` at the earliest.

    The policy is that of the day on which the item opens: of one that begins tomorrow only the
    days from tomorrow on count.
    """
    days = sorted({row.valid_from for row in rows if row.area_code in lineage})
    for begin, end in zip(days, [*days[1:], None], strict=True):
        policy = in_force(rows, lineage, begin)
        ends_at = end and _midnight(end, calendar)
        if policy is None or (ends_at and ends_at <= from_at):
            continue
        by_time = policy.ladder().opens_at(since, calendar, pauses=pauses)
        at = max(by_time, _midnight(begin, calendar), from_at)
        if ends_at is None or at < ends_at:
            return policy, at
    return None


def day_of(at: datetime) -> date:
    """Give the Beijing day of an instant."""
    return at.astimezone(_BEIJING).date()


def _midnight(day: date, calendar: Calendar) -> datetime:
    return workdays.step_at(day, 0, calendar, MIDNIGHT)
