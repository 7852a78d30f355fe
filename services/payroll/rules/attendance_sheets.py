"""A month's attendance as it was read off a file, before anybody is looked up; pure.

Clear personal values pass through here and are kept nowhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from services.payroll.rules.sheet_lines import Noted, ReadColumn
from services.payroll.rules.sheets import Severity
from shared.wording import Text


class AttendanceSheetState(StrEnum):
    """Whether a file's attendance counts."""

    STANDING = "standing"
    REPLACED = "replaced"
    """A later version stands in its place."""
    REFUSED = "refused"
    """Nothing of it could be taken; the file is kept to be looked at."""


@dataclass(frozen=True, slots=True)
class MarkedRow:
    """A row of the file: who, and how much of which days."""

    sheet: str
    row: int
    id_type: str
    id_number: str | None
    name: str | None
    days: Mapping[date, Decimal] = field(default_factory=dict)
    impossible: Sequence[int] = ()
    """Days of the month that it has not, and on which somebody is marked."""
    untold: bool = False
    """It tells a sum at most, and of no day."""


@dataclass(frozen=True, slots=True)
class MarkedMonth:
    """A file as it was read."""

    rows: Sequence[MarkedRow]
    noted: Sequence[Noted] = ()
    columns: Sequence[ReadColumn] = ()
    day_columns: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """The letters of a day's column, by sheet and day."""
    counts: Mapping[str, int] = field(default_factory=dict)
    said_periods: Sequence[str] = ()
    refused: bool = False
    """It is no list of attendance at all; `noted` says why."""

    def column(self, sheet: str, name: str) -> str:
        """Give the letters of a field's column in a sheet; empty where there is none."""
        found = (one.column for one in self.columns if (one.sheet, one.field) == (sheet, name))
        return next(found, "")


def objections(month: MarkedMonth, period: str, today: date) -> Iterator[Noted]:
    """Give what is wrong with days and month, at its cells."""
    for said in month.said_periods:
        if said != period:
            words = _PERIOD
            yield Noted("period_differs", Severity.ERROR, *words, field="period")
    for row in month.rows:
        ahead = [day for day, units in row.days.items() if units > 0 and day > today]
        if ahead:
            at = month.day_columns.get((row.sheet, min(ahead).day), "")
            yield noted("day_ahead", Severity.ERROR, _AHEAD, row, at, "day")
        if row.impossible:
            at = month.day_columns.get((row.sheet, row.impossible[0]), "")
            yield noted("day_impossible", Severity.ERROR, _IMPOSSIBLE, row, at, "day")
        if row.untold:
            at = month.column(row.sheet, "days")
            yield noted("days_untold", Severity.ERROR, _UNTOLD, row, at, "days")


def noted(  # noqa: PLR0917  a finding and its place
    code: str,
    severity: Severity,
    words: tuple[Text, Text],
    row: MarkedRow,
    column: str,
    name: str,
) -> Noted:
    """Give a finding at a cell of a row."""
    return Noted(code, severity, *words, row.sheet, row.row, column, name)


def by_person(rows: Sequence[tuple[str, MarkedRow]]) -> Mapping[str, Mapping[date, Decimal]]:
    """Give each person's days; halves in several rows sum up to a day, and no further.

    One row may say more than a day by itself, which is what its writer says.
    """
    found: dict[str, dict[date, Decimal]] = {}
    for person, row in rows:
        days = found.setdefault(person, {})
        for day, units in row.days.items():
            if units > 0:
                before = days.get(day, Decimal(0))
                days[day] = max(before, units, min(before + units, Decimal(1)))
    return found


NOT_ON_ROSTER = (
    Text("不在本项目花名册上", "This person is not on the project's roster"),
    Text("请先实名登记；考勤照记", "Register him; the attendance counts all the same"),
)
NOBODY = (
    Text(
        "无证件号码，姓名在花名册上查无或不唯一", "No number, and the roster has no one such name"
    ),
    Text("请补填身份证号", "Give the ID number"),
)
GATE_DIFFERS = (
    Text("与闸机考勤天数不符", "Gates saw this person on another number of days"),
    Text("两者均保留，请核对；以本地规定的来源为准", "Both are kept; compare them"),
)
_PERIOD = (
    Text("表头所写月份与报送月份不符", "The file names another month"),
    Text("请核对月份后重新上传", "Send it for its own month"),
)
_AHEAD = (
    Text("日期尚未到来却记为出勤", "Somebody is marked on a day to come"),
    Text("请改正该日考勤", "Correct that day"),
)
_IMPOSSIBLE = (
    Text("该月没有这一天", "The month has no such day"),
    Text("请改正该日考勤", "Correct that day"),
)
_UNTOLD = (
    Text("只有合计，没有逐日考勤", "There is a sum, and no day is told"),
    Text("请按日填写考勤（可用模板）", "Mark the days; there is a template"),
)
