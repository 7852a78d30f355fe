"""How an endpoint fares: its rests after failures, warnings, the end of patience, its pace. Pure.

All instants are the machine's: a subscriber answers in real time, whatever day a scenario plays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Health:
    """Failures in a row, since when, and until when it is left alone."""

    failures: int = 0
    failing_since: datetime | None = None
    resting_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """What an operator sets: how failures are met; spans in seconds."""

    rest_after: int
    """Failures in a row from which on it rests between tries."""
    rest: float
    longest_rest: float
    disable_after: float
    apart: float
    """The first and the last failure lie at least so far apart before patience ends."""


def failed(health: Health, at: datetime, times: int, patience: Patience) -> Health:
    """Give how an endpoint fares after so many more failures; each rest is twice the one before."""
    failures = health.failures + times
    until = health.resting_until
    if failures >= patience.rest_after:
        # From some dozens of failures on the power is no number any more, and the cap holds.
        power = min(failures - patience.rest_after, 32)
        until = at + timedelta(seconds=min(patience.rest * 2**power, patience.longest_rest))
    return Health(failures, health.failing_since or at, until)


def is_hopeless(health: Health, at: datetime, patience: Patience) -> bool:
    """Say whether an endpoint that failed just now has failed for too long to be tried again."""
    if health.failing_since is None:
        return False
    longest = max(patience.disable_after, patience.apart)
    return at - health.failing_since >= timedelta(seconds=longest)


def warnings(health: Health, at: datetime, after: Sequence[float]) -> int:
    """Give how many warnings are due: one for each of these spans that the failures have lasted."""
    if health.failing_since is None:
        return 0
    lasted = (at - health.failing_since).total_seconds()
    return sum(lasted >= span for span in after)


def pace(
    free_at: datetime | None, per_minute: int, now: datetime, wanted: int
) -> tuple[int, datetime]:
    """Give how many of those that wait may go now, and from when on the next may.

    They are spread evenly; what a second holds may go at once.
    """
    step = timedelta(minutes=1) / per_minute
    start = max(free_at, now) if free_at else now
    ahead = max(1, per_minute // 60) * step
    room = int((now + ahead - start) / step)
    allowed = max(0, min(wanted, room))
    return allowed, start + allowed * step
