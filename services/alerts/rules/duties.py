"""Who is on duty by a pattern, who stands in for whom, where a roster has gaps. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from itertools import pairwise
from typing import Any, Protocol
from uuid import UUID

from shared.workdays import Calendar

# The same zone as shared.clock.BEIJING; rules do not know the clock.
_BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
_DAY = timedelta(days=1)


class DutyDays(StrEnum):
    """On which days the duties of a pattern begin, by the area's calendar."""

    WORKDAYS = "workdays"
    DAYS_OFF = "days_off"
    """Weekends and holidays, but no make-up days."""
    EVERY_DAY = "every_day"


class Turn(StrEnum):
    """After what the next of a rotation takes over: each duty, or each week (on Monday)."""

    DUTY = "duty"
    WEEK = "week"


class Pattern(Protocol):
    """A pattern of duties, as its row keeps it."""

    @property
    def days(self) -> DutyDays: ...
    @property
    def turn(self) -> Turn: ...
    @property
    def opens(self) -> time: ...
    @property
    def closes(self) -> time: ...
    @property
    def from_on(self) -> date: ...
    @property
    def until_on(self) -> date | None: ...
    @property
    def recipient_ids(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on duty from one instant to another (excluded)."""

    from_at: datetime
    until_at: datetime
    recipient_id: UUID


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, _BEIJING).astimezone(UTC)


def _day_of(instant: datetime) -> date:
    return instant.astimezone(_BEIJING).date()


def _before(pattern: Pattern, day: date, calendar: Calendar) -> int:
    """Count the duties of a pattern that begin before a day."""
    passed = (day - pattern.from_on).days
    if pattern.days is DutyDays.EVERY_DAY:
        return passed
    worked = calendar.workdays_between(pattern.from_on - _DAY, day - _DAY)
    return worked if pattern.days is DutyDays.WORKDAYS else passed - worked


def duty_of(pattern: Pattern, day: date, calendar: Calendar) -> Duty | None:
    """Give the duty that begins on a day; None where none does.

    One that closes no later than it opens ends on the day after, whatever day that is: a night
    before a holiday lasts into it.
    """
    if day < pattern.from_on or (pattern.until_on and day > pattern.until_on):
        return None
    wanted = pattern.days is DutyDays.WORKDAYS
    if pattern.days is not DutyDays.EVERY_DAY and calendar.is_workday(day) is not wanted:
        return None
    turns = _before(pattern, day, calendar)
    if pattern.turn is Turn.WEEK:
        monday = pattern.from_on - timedelta(days=pattern.from_on.weekday())
        turns = (day - monday).days // 7
    ends_on = day if pattern.closes > pattern.opens else day + _DAY
    who = pattern.recipient_ids[turns % len(pattern.recipient_ids)]
    return Duty(_at(day, pattern.opens), _at(ends_on, pattern.closes), UUID(who))


def duties(
    pattern: Pattern, from_at: datetime, until_at: datetime, calendar: Calendar
) -> Iterator[Duty]:
    """Give the duties of a pattern that touch a span of time, in order."""
    day = _day_of(from_at) - _DAY
    while _at(day, time()) < until_at:
        found = duty_of(pattern, day, calendar)
        if found and found.from_at < until_at and found.until_at > from_at:
            yield found
        day += _DAY


def on_duty(pattern: Pattern, at: datetime, calendar: Calendar) -> list[UUID]:
    """Give whom a pattern names at an instant."""
    return [each.recipient_id for each in duties(pattern, at, at + timedelta.resolution, calendar)]


Away = Mapping[UUID, UUID | None]
"""Who is on leave on a day, and who then stands in; None: nobody, or one who is away as well.

A stand-in's own stand-in is not asked: who was trusted to stand in may not pass that on by himself
(民法典 art. 169). The duty roster is.
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """The days on which a recipient is in office, and on leave with whom to stand in."""

    from_on: date
    until_on: date | None
    leaves: Sequence[tuple[date, date, UUID | None]] = ()

    def is_in_office(self, day: date) -> bool:
        """Say whether the day is one of his."""
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)

    def leave_on(self, day: date) -> tuple[date, date, UUID | None] | None:
        """Give the leave in which a day lies."""
        return next((each for each in self.leaves if each[0] <= day <= each[1]), None)


def is_covered(who: UUID, day: date, terms: Mapping[UUID, Terms]) -> bool:
    """Say whether somebody can be told on a day in the place of who is on duty."""
    own = terms.get(who)
    if own is None or not own.is_in_office(day):
        return False
    leave = own.leave_on(day)
    if leave is None:
        return True
    other = terms.get(leave[2]) if leave[2] else None
    return other is not None and other.is_in_office(day) and other.leave_on(day) is None


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody on an area's roster can be told, and who is missing from it."""

    from_at: datetime
    until_at: datetime
    away: tuple[UUID, ...]
    """On the roster, but not in office or on leave with nobody to stand in."""


def gaps(
    roster: Iterable[Duty], terms: Mapping[UUID, Terms], from_at: datetime, until_at: datetime
) -> list[Gap]:
    """Give the gaps of a roster in a span of time, in order.

    Leaves and terms of office begin and end at midnight, so a duty is looked at day by day.
    """
    pieces = [piece for duty in roster for piece in _by_day(duty, from_at, until_at)]
    cuts = sorted({from_at, until_at}.union(*((each.from_at, each.until_at) for each in pieces)))
    found: list[Gap] = []
    for begin, end in pairwise(cuts):
        here = [each for each in pieces if each.from_at <= begin and end <= each.until_at]
        if any(is_covered(each.recipient_id, _day_of(begin), terms) for each in here):
            continue
        away = {each.recipient_id for each in here}
        if found and found[-1].until_at == begin:
            away |= {*found[-1].away}
            begin = found.pop().from_at  # noqa: PLW2901  the gap goes on
        found.append(Gap(begin, end, tuple(sorted(away))))
    return found


def _by_day(duty: Duty, from_at: datetime, until_at: datetime) -> Iterator[Duty]:
    begin, end = max(duty.from_at, from_at), min(duty.until_at, until_at)
    while begin < end:
        midnight = _at(_day_of(begin) + _DAY, time())
        yield Duty(begin, min(midnight, end), duty.recipient_id)
        begin = midnight


def quiet_until(hours: Iterable[Mapping[str, Any]], channel: str, at: datetime) -> datetime | None:
    """Give the end (UTC) of a recipient's quiet hours of a channel; None if it is not quiet.

    Hours that end no later than they begin last over midnight. Of hours that touch each other the
    end is found when the first of them ends.
    """
    local = at.astimezone(_BEIJING)
    for each in hours:
        begins, ends = time.fromisoformat(each["begins"]), time.fromisoformat(each["ends"])
        now = local.time()
        if each["channel"] != channel:
            continue
        if begins < ends and begins <= now < ends:
            return _at(local.date(), ends)
        if ends <= begins and (now >= begins or now < ends):
            return _at(local.date() + (_DAY if now >= begins else timedelta()), ends)
    return None
