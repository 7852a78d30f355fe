"""Working days of an area, and the due days that are counted in them; pure.

Days are Beijing days, instants UTC; a due instant is the first after its day (24:00, exclusive).
"""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate
from types import MappingProxyType
from typing import TypeVar

import holidays

# The same zone as shared.clock.BEIJING, which its sibling here may not import.
_BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
_FRIDAY = 4
_T = TypeVar("_T", int, datetime)

# The yearly notices of 国务院办公厅 on holidays and make-up days. A year counts as official only if
# it stands here: the library goes on and invents days for the years after. Certainty of the
# numbers: B (two public tables that read the notices agree; the days of 2023 and 2026 were
# compared with reprints of the full text). Changed later: 2019 by 国办发明电〔2019〕3号, 2020 by
# 国办发明电〔2020〕1号; the library has both.
NOTICES: Mapping[int, str] = MappingProxyType(
    {
        2016: "国办发明电〔2015〕18号",
        2017: "国办发明电〔2016〕17号",
        2018: "国办发明电〔2017〕12号",
        2019: "国办发明电〔2018〕15号",
        2020: "国办发明电〔2019〕16号",
        2021: "国办发明电〔2020〕27号",
        2022: "国办发明电〔2021〕11号",
        2023: "国办发明电〔2022〕16号",
        2024: "国办发明电〔2023〕7号",
        2025: "国办发明电〔2024〕12号",
        2026: "国办发明电〔2025〕7号",
    }
)


class DayKind(StrEnum):
    """What a day is; a make-up day (调休上班日) is a working day on a weekend."""

    WORKDAY = "workday"
    REST_DAY = "rest_day"
    HOLIDAY = "holiday"
    MAKEUP_WORKDAY = "makeup_workday"


class Unit(StrEnum):
    """What a period is counted in: working days, calendar days, hours."""

    WD = "wd"
    CD = "cd"
    H = "h"


class DueShift(StrEnum):
    """Where a due day goes that is no working day: to the one before it, or nowhere."""

    BACKWARDS = "backwards"
    NONE = "none"


_WORKED = frozenset({DayKind.WORKDAY, DayKind.MAKEUP_WORKDAY})


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of one area: Monday to Friday, and the days that differ.

    `version` is a hash of the days and of which years are provisional. A day outside `years`
    falls back to Monday to Friday and is provisional.
    """

    area_code: str
    exceptions: Mapping[date, DayKind] = field(repr=False, compare=False)
    years: frozenset[int]
    provisional: frozenset[int] = frozenset()
    version: str = field(init=False)
    # Days that break the Monday-to-Friday rule, as ordinals; how many working days more (or less)
    # than the rule there are before each; how many working days there are up to each.
    _marks: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _more: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _counts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out the version and the sums that make every look-up a binary search."""
        days = dict(sorted(self.exceptions.items()))
        lines = [f"{year} {year in self.provisional}" for year in sorted(self.years)]
        lines += [f"{day} {kind}" for day, kind in days.items()]
        steps = {
            day.toordinal(): (kind in _WORKED) - (day.weekday() <= _FRIDAY)
            for day, kind in days.items()
        }
        marks = tuple(mark for mark, step in steps.items() if step)
        more = tuple(accumulate((steps[mark] for mark in marks), initial=0))
        counts = tuple(_plain(mark) + extra for mark, extra in zip(marks, more[1:], strict=True))
        for name, value in {
            "exceptions": MappingProxyType(days),
            "version": sha256("\n".join(lines).encode()).hexdigest()[:16],
            "_marks": marks,
            "_more": more,
            "_counts": counts,
        }.items():
            object.__setattr__(self, name, value)

    @classmethod
    def of(
        cls, area_code: str, years: Mapping[int, tuple[Mapping[date, DayKind], bool]]
    ) -> "Calendar":
        """Join years: for each, the days that differ, and whether they are provisional."""
        return cls(
            area_code,
            {day: kind for days, _ in years.values() for day, kind in days.items()},
            frozenset(years),
            frozenset(year for year, (_, provisional) in years.items() if provisional),
        )

    def kind(self, day: date) -> DayKind:
        """Say what a day is."""
        plain = DayKind.WORKDAY if day.weekday() <= _FRIDAY else DayKind.REST_DAY
        return self.exceptions.get(day, plain)

    def is_workday(self, day: date) -> bool:
        """Say whether a day is worked, make-up days included."""
        return self.kind(day) in _WORKED

    def is_provisional(self, day: date) -> bool:
        """Say whether no notice has settled the day's year yet."""
        return day.year not in self.years or day.year in self.provisional

    def shift(self, day: date, n: int) -> date:
        """Give the n-th working day after a day (before it, if negative); 0 is the day itself."""
        if n == 0:
            return day
        ordinal = day.toordinal()
        return date.fromordinal(
            self._nth(self._count(ordinal) + n if n > 0 else self._count(ordinal - 1) + 1 + n)
        )

    def on_or_before(self, day: date) -> date:
        """Give the last working day on or before a day: pay dates (724号 art. 14), transfers."""
        return date.fromordinal(self._nth(self._count(day.toordinal())))

    def on_or_after(self, day: date) -> date:
        """Give the first working day on or after a day: ends of legal periods (民法典 art. 203)."""
        return date.fromordinal(self._nth(self._count(day.toordinal() - 1) + 1))

    def workdays_between(self, after: date, until: date) -> int:
        """Count the working days after one day, up to and with another; negative if reversed."""
        return self._count(until.toordinal()) - self._count(after.toordinal())

    def _count(self, ordinal: int) -> int:
        """Count the working days up to and with a day, from the year 1 on."""
        return _plain(ordinal) + self._more[bisect_right(self._marks, ordinal)]

    def _nth(self, n: int) -> int:
        """Give the day on which the count reaches n: the inverse of `_count`."""
        mark = bisect_left(self._counts, n)
        weeks, rest = divmod(n - self._more[mark] - 1, 5)
        ordinal = 7 * weeks + rest + 1
        return min(ordinal, self._marks[mark]) if mark < len(self._marks) else ordinal


def _plain(ordinal: int) -> int:
    """Count the Mondays to Fridays up to and with a day; day 1 was a Monday."""
    weeks, rest = divmod(ordinal, 7)
    return 5 * weeks + min(rest, 5)


@lru_cache(maxsize=64)
def national(year: int) -> Mapping[date, DayKind]:
    """Give the days of a year that differ from Monday to Friday in the whole nation.

    Whether they are official is asked of `NOTICES`; without a notice they are a guess.
    """
    # Next year's notice reaches back over New Year: its first days off, and make-up days.
    china = holidays.country_holidays("CN", years=(year, year + 1), observed=True)
    makeup = {day for day in china.weekend_workdays if day.year == year}
    off = {day for day in china if day not in makeup}
    # A notice gives spans: the rest days that touch a holiday are part of it.
    for step in (timedelta(days=1), timedelta(days=-1)):
        for day in list(off):
            beside = day + step
            while beside.weekday() > _FRIDAY and beside not in makeup:
                off.add(beside)
                beside += step
    days = dict.fromkeys(off, DayKind.HOLIDAY) | dict.fromkeys(makeup, DayKind.MAKEUP_WORKDAY)
    return MappingProxyType({day: days[day] for day in sorted(days) if day.year == year})


@lru_cache(maxsize=64)
def spring_festival(year: int) -> date | None:
    """Give the first day of a year's Spring Festival, by the moon; None where it is not known."""
    china = holidays.country_holidays("CN", years=year, observed=False, language="en_US")
    return min((day for day, name in china.items() if "Spring Festival" in name), default=None)


def national_calendar(years: Iterable[int], area_code: str = "0") -> Calendar:
    """Give the nation's calendar for some years; those without a notice are provisional."""
    return Calendar.of(area_code, {year: (national(year), year not in NOTICES) for year in years})


def overlay(base: Calendar, area_code: str, exceptions: Mapping[date, DayKind]) -> Calendar:
    """Lay an area's own days over a calendar (自治地方: 全国年节及纪念日放假办法 art. 4)."""
    return Calendar(area_code, {**base.exceptions, **exceptions}, base.years, base.provisional)


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a clock stands still: from one instant to another (excluded).

    A day is not counted if the clock stands still at its end, so a pause from Monday 10:00 to
    Wednesday 15:00 takes out Monday and Tuesday. A pause that still runs has no end yet and no
    due instant: disarm the timer, and ask again when it has ended.
    """

    from_at: datetime
    to_at: datetime
    reason: str
    approver: str


def due(
    start: datetime,
    length: int,
    unit: Unit,
    pauses: Sequence[Pause],
    calendar: Calendar,
    *,
    shift_forwards: bool = False,
) -> datetime:
    """Give the instant (UTC, exclusive) at which a period that began at `start` is over.

    The starting day is not counted (民法典 art. 201); hours run from the instant and through
    holidays. `shift_forwards`: a statutory period in calendar days that ends on a day that is not
    worked, or on which the clock stands still, ends on the next that is (民法典 art. 203). Periods
    in working days always do. A negative length or a naive instant raises ValueError.
    """
    if length < 0 or start.tzinfo is None:
        raise ValueError("a period needs an aware start and a length of 0 or more")
    if unit is Unit.H:
        end = start.astimezone(UTC) + timedelta(hours=length)
        for stop, go in _merged((pause.from_at, pause.to_at) for pause in pauses):
            if max(stop, start) < min(go, end):
                end += go - max(stop, start)
        return end
    first = _ordinal(start)
    spans = _merged((_ordinal(pause.from_at), _ordinal(pause.to_at)) for pause in pauses)
    last = _last_day(first, length, unit, spans, calendar)
    if shift_forwards or unit is Unit.WD:
        last = calendar.on_or_after(date.fromordinal(last)).toordinal()
        for begin, resume in spans:
            if begin <= last < resume:
                last = calendar.on_or_after(date.fromordinal(resume)).toordinal()
    return _at(date.fromordinal(last + 1), time())


def _last_day(
    first: int, length: int, unit: Unit, spans: list[tuple[int, int]], calendar: Calendar
) -> int:
    """Give the last day of a period, as an ordinal; spans of days are not counted."""
    if length == 0:
        return first
    count, nth = (
        (calendar._count, calendar._nth)  # noqa: SLF001 -- this module is its home
        if unit is Unit.WD
        else (_every_day, _every_day)
    )
    target = count(first) + length
    for start, end in spans:
        begin = max(start, first + 1)
        if begin < end and begin <= nth(target):
            target += count(end - 1) - count(begin - 1)
    return nth(target)


def _every_day(ordinal: int) -> int:
    """Count every day."""
    return ordinal


def _merged(spans: Iterable[tuple[_T, _T]]) -> list[tuple[_T, _T]]:
    """Join spans that overlap or touch, in order; empty ones vanish."""
    merged: list[tuple[_T, _T]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _ordinal(instant: datetime) -> int:
    return instant.astimezone(_BEIJING).toordinal()


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, _BEIJING).astimezone(UTC)


def step_at(
    day: date,
    n: int,
    calendar: Calendar,
    at: time = time(9),
    *,
    unit: Unit = Unit.WD,
    pauses: Sequence[Pause] = (),
) -> datetime:
    """Give the instant (UTC) of a ladder's step: the n-th working day after D, at 09:00.

    Days on whose end the clock stood still are not counted. A step before D (negative) goes by D
    alone: no pause moves an expiry.
    """
    if n > 0 and pauses:
        spans = _merged((_ordinal(pause.from_at), _ordinal(pause.to_at)) for pause in pauses)
        day = date.fromordinal(_last_day(day.toordinal(), n, unit, spans, calendar))
    else:
        day = calendar.shift(day, n) if unit is Unit.WD else day + timedelta(days=n)
    return _at(day, at)


def months_after(day: date, months: int) -> date:
    """Give the same day number months later, or the month's last day (民法典 art. 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def transfer_due(
    period: str,
    day_of_month: int,
    calendar: Calendar,
    shift: DueShift = DueShift.BACKWARDS,
    *,
    months_later: int = 0,
) -> date:
    """Give the day on which a labour-cost transfer or wage for a period `YYYY-MM` is due.

    A day the month does not have is its last one; a day that is not worked shifts backwards (724号
    art. 14), unless the contract says otherwise. `months_later`: paid in a following month.
    """
    if not 1 <= day_of_month <= 31:  # noqa: PLR2004 -- days of a month
        raise ValueError("a day of the month is 1 to 31")
    month = months_after(date.fromisoformat(f"{period}-01"), months_later)
    day = month.replace(day=min(day_of_month, monthrange(month.year, month.month)[1]))
    return calendar.on_or_before(day) if shift is DueShift.BACKWARDS else day


def add_working_hours(
    instant: datetime, hours: float, calendar: Calendar, opens: time, closes: time
) -> datetime:
    """Give the instant (UTC) after so many hours of working time, `opens` to `closes` each day.

    Time out of hours does not count. What is used up at closing time ends then, not next morning.
    """
    left = timedelta(hours=hours)
    if left <= timedelta():
        return instant.astimezone(UTC)
    day = instant.astimezone(_BEIJING).date()
    begin, end = _at(day, opens), _at(day, closes)
    length = end - begin
    if length <= timedelta():
        raise ValueError("the working day must close after it opens")
    if calendar.is_workday(day) and instant < end:
        begin = max(begin, instant.astimezone(UTC))
        if left <= end - begin:
            return begin + left
        left -= end - begin
    # Whole days at once; the microsecond keeps a full last day on that day's closing time.
    whole = (left - timedelta(microseconds=1)) // length
    return _at(calendar.shift(day, whole + 1), opens) + left - whole * length
