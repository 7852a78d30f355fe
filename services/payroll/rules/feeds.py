"""How a source's day stands, and the order in which days complete; pure."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum

from shared.workdays import Calendar

# The same zone as shared.clock.BEIJING; rules do not know the clock.
_BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
DAY = timedelta(days=1)


class FeedStatus(StrEnum):
    """How a source's day stands."""

    EXPECTED = "expected"
    LATE = "late"
    CLOSED = "closed"
    """Its closing batch is here, but a day before it is missing, so nothing rests on it yet."""
    COMPLETE = "complete"
    WAIVED = "waived"


class BatchStatus(StrEnum):
    """Whether a batch counts."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


AWAITED = (FeedStatus.EXPECTED, FeedStatus.LATE)
DELIVERED = (FeedStatus.CLOSED, FeedStatus.COMPLETE)
DONE = (FeedStatus.COMPLETE, FeedStatus.WAIVED)


def expected_at(day: date, after_wd: int, by: time, calendar: Calendar) -> datetime:
    """Give the instant by which a day's closing batch is owed: some working days after it."""
    on = calendar.shift(day, after_wd)
    return datetime.combine(on, by, _BEIJING).astimezone(UTC)


def fed_until(fed: date, days: Iterable[tuple[date, FeedStatus]]) -> date:
    """Give the last day up to which every day is delivered or waived.

    `fed` is the last such day known, `days` those after it, in order.
    """
    for day, status in days:
        if day != fed + DAY or status in AWAITED:
            break
        fed = day
    return fed
