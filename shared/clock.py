"""The two times of the house: the domain's, which a scenario may move, and the machine's.

Instants are UTC. Days are Beijing days. China has kept UTC+8 without daylight saving time since
1992, so a fixed offset serves and no time-zone database is needed.
"""

from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")

# How instants, and days and months that become instants, are taken from outside: the first and
# last hours that Python knows have no place in another zone, and nothing told to us lies there.
Instant = Annotated[
    AwareDatetime,
    Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
]
Day = Annotated[date, Field(ge=date(1900, 1, 1), lt=date(2200, 1, 1))]
Month = Annotated[
    str,
    StringConstraints(pattern=r"^(19|2[01])[0-9]{2}-(0[1-9]|1[0-2])$"),
    Field(description="YYYY-MM"),
]

# A scenario's time is kept per context, because in one process each service reads its own row.
_scenario: ContextVar[datetime | None] = ContextVar("scenario", default=None)


class _Set:
    """The instant that tests set; None means that the machine's clock rules."""

    instant: datetime | None = None


def now() -> datetime:
    """Give the domain's instant in UTC: due days, timers, levels, `occurred_at`."""
    return _Set.instant or _scenario.get() or wall()


def today() -> date:
    """Give the domain's day in Beijing."""
    return day_of(now())


def wall() -> datetime:
    """Give the machine's instant in UTC: tokens, leases, retry waits, signatures, TLS."""
    return datetime.now(UTC)


def day_of(instant: datetime) -> date:
    """Give the Beijing day in which an instant lies."""
    return instant.astimezone(BEIJING).date()


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """Give the instant in UTC of a Beijing day and time of day."""
    if day == date.min:  # It began before the first instant that there is.
        return datetime.min.replace(tzinfo=UTC)
    return datetime.combine(day, time(hour, minute), BEIJING).astimezone(UTC)


def day_end(day: date) -> datetime:
    """Give the first instant after a Beijing day (24:00, exclusive), in UTC."""
    return at(day + timedelta(days=1))


def move(instant: datetime | None) -> None:
    """Set the domain's time for this process (tests); None gives it back to the machine."""
    _Set.instant = instant


def follow(instant: datetime | None) -> None:
    """Set the domain's time for this task: the scenario row that a service's session read."""
    _scenario.set(instant)
