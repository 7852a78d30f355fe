"""Working-day calendars: a year's days that differ from Monday to Friday, and who says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from shared import workdays
from shared.areas import NATION
from shared.problems import Finding
from shared.wording import Text
from shared.workdays import DayKind

# What differs from Monday to Friday is one of these two; all else follows from the weekday.
OWN_KINDS = frozenset({DayKind.HOLIDAY, DayKind.MAKEUP_WORKDAY})
NOT_YET = "尚无国务院办公厅通知"


@dataclass(frozen=True, slots=True)
class Year:
    """A year's days as they are published; `provisional` while nobody is named who decided."""

    exceptions: Mapping[str, str]
    provisional: bool
    source: str


def check(area_code: str, year: int, exceptions: Mapping[date, DayKind] | None) -> list[Finding]:
    """Give all findings of a year's days: outside the year, of a wrong kind, or left out."""
    if exceptions is None:
        if area_code == NATION:
            return []
        return [
            Finding(
                "exceptions",
                "ExceptionsMissing",
                Text("地方日历须列出本地节假日", "An area's calendar must list its own days"),
            )
        ]
    found = []
    for day, kind in exceptions.items():
        if day.year != year:
            found.append(
                Finding(
                    f"exceptions.{day}",
                    "DayOutsideYear",
                    Text("日期不在该年度内", "This day is not in that year"),
                )
            )
        if kind not in OWN_KINDS:
            found.append(
                Finding(
                    f"exceptions.{day}",
                    "DayKindWrong",
                    Text("只能是 holiday 或 makeup_workday", "Only holiday or makeup_workday"),
                )
            )
    return found


def year_of(year: int, exceptions: Mapping[date, DayKind] | None, source: str | None) -> Year:
    """Give a year to publish; without days of one's own the nation's, by the yearly notice.

    Days that nobody's notice stands behind are provisional.
    """
    if exceptions is None:
        notice = workdays.NOTICES.get(year)
        return Year(_said(workdays.national(year)), notice is None, source or notice or NOT_YET)
    return Year(_said(exceptions), source is None, source or NOT_YET)


def _said(days: Mapping[date, DayKind]) -> dict[str, str]:
    return {day.isoformat(): kind.value for day, kind in sorted(days.items())}


def digest(area_code: str, year: int, exceptions: Mapping[str, str], *, provisional: bool) -> str:
    """Give the hash that due dates keep of these days, taken alone (shared.workdays)."""
    days = {date.fromisoformat(day): DayKind(kind) for day, kind in exceptions.items()}
    return workdays.Calendar.of(area_code, {year: (days, provisional)}).version
