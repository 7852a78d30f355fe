"""Attendance by the days of a month: which columns are days, and what stands in them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from shared.tables import Cell, CellKind, Field, Header, Row, number, plain

_DAY = re.compile(r"(?:\d{1,2}[月/.-])?0?([1-9]|[12]\d|3[01])(?:[日号])?", re.ASCII)
_TITLE = re.compile(r"(\d{1,2})日")
_LEAST = 5  # days one after the other that make a row the days of a month
_APART = 4  # columns that one day may take: morning, afternoon, evening, hours


def _marks(said: str) -> frozenset[str]:
    return frozenset(said.split())


_FULL = _marks("√ ✓ ✔ ☑ ● ■ v 1 全 全天 出 出勤 勤 上班 班 正常 正 到 白 白班 夜 夜班 一 1天")
_HALF = _marks("半 半天 1⁄2 1/2 上 下 上午 下午 ◐ 0.5天 半工 √半")
_NONE = _marks(
    "× x ✗ ✘ ╳ 休 休息 公休 轮休 调休 假 请假 事假 病假 婚假 丧假 产假 年假 工伤 事 病 年 "
    "缺 缺勤 旷 旷工 无 - -- — —— / \\ 0 0天 退场 未进场 停工 停 雨 雨休"
)
_MARKS = {
    **dict.fromkeys(_FULL, 100), **dict.fromkeys(_HALF, 50), **dict.fromkeys(_NONE, 0),
}  # fmt: skip
_MEANS = {
    100: "出勤 全勤 全天 正常出勤 上班 一个工 满勤 出工 正常 一天 1个工",
    50: "半天 半日 半个工 出勤半天 半勤 半天班",
    0: "休息 请假 事假 病假 旷工 缺勤 公休 调休 轮休 工伤 未出勤 停工 休假 休 假",
}
_KNOWN = {word: units for units, said in _MEANS.items() for word in said.split()}
_EITHER = "|".join(sorted(_KNOWN, key=len, reverse=True))
_LEGEND = (
    re.compile(
        rf"([^\w\s:：=、,，;；()（）。]|[a-z]|半)[:：=为表示]{{0,3}}({_EITHER})(?![一-龥])",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![一-龥])({_EITHER})[:：=为用打记]{{1,3}}[“\"'「]?([^\w\s:：=、,，;；()（）。”\"'」]|[a-z])",
        re.IGNORECASE,
    ),
)
PARTS = {"上午": 50, "下午": 50, "上": 50, "下": 50, "早": 50, "晚": 50}
OVERTIME = frozenset({"加班", "加", "夜间加班", "晚上加班", "加班小时", "加班工时", "加点"})
_SHORTEST = 5
DAY_FIELDS = tuple(
    Field(f"{day}日{part}", (f"{day}日{part}",))
    for day in range(1, 32)
    for part in ("", *PARTS, *sorted(OVERTIME))
)
"""Titles of a month's days, so that a header reaches down to them."""
_MOST = 200  # two days' work in one day is more than can be


def month_row(row: Row) -> Row:
    """Give a row with the days of a month as titles, `5日`; any other row as it is."""
    days = _days(row.cells)
    if not days:
        return row
    cells = list(row.cells)
    for column, day in days.items():
        cells[column] = Cell(CellKind.TEXT, f"{day}日")
    return Row(row.number, cells)


def _days(cells: Sequence[Cell]) -> dict[int, int]:
    """Find cells that count days upwards, one by one; after the last of a month comes the first."""
    best: dict[int, int] = {}
    run: dict[int, int] = {}
    before, at = 0, 0
    for column, cell in enumerate(cells):
        if cell.kind is CellKind.BLANK:
            continue
        day = _day(cell)
        follows = day == before + 1 or (day == 1 and before >= 28)  # noqa: PLR2004
        if not (day and run and follows and column - at <= _APART):
            best, run = max(best, run, key=len), {}
        if day:
            run[column] = before = day
            at = column
    best = max(best, run, key=len)
    return best if len(best) >= _LEAST else {}


def _day(cell: Cell) -> int:
    if cell.kind is CellKind.DATE:
        return int(cell.text[8:10])
    if len(cell.text) > 6:  # noqa: PLR2004  12月31日
        return 0
    found = _DAY.fullmatch(plain(cell.text))
    return int(found[1]) if found else 0


def day_columns(header: Header) -> tuple[dict[int, int], dict[int, str]]:
    """Give the days of a header's columns, and of each the part of the day that stands below."""
    days: dict[int, int] = {}
    parts: dict[int, str] = {}
    for column, said in header.parts.items():
        for n, title in enumerate(said):
            if found := _TITLE.fullmatch(title):
                days[column] = int(found[1])
                below = [plain(each) for each in said[n + 1 :]]
                parts[column] = next(
                    (each for each in below if each in PARTS or each in OVERTIME), ""
                )
    return days, parts


def legend(text: str) -> dict[str, int]:
    """Give what marks mean by a note like `√出勤 ○休息 △半天`, in hundredths of a day."""
    first, second = _LEGEND
    said = {mark.lower(): _KNOWN[word] for mark, word in first.findall(text)}
    return said | {mark.lower(): _KNOWN[word] for word, mark in second.findall(text)}


def legends(rows: Iterable[Row]) -> dict[str, int]:
    """Give what marks mean by all notes of a sheet."""
    found: dict[str, int] = {}
    for row in rows:
        for cell in row.cells:
            if len(cell.text) >= _SHORTEST and cell.kind is CellKind.TEXT:
                found |= legend(cell.text)
    return found


def units(cell: Cell, meaning: Mapping[str, int]) -> int | None:
    """Give what a mark counts in hundredths of a day; None if that cannot be said."""
    text = cell.text
    if cell.kind is CellKind.TEXT:
        text = plain(text).lower()
        known = meaning.get(text, _MARKS.get(text))
        if known is not None:
            return known
    elif cell.kind is CellKind.TRUTH:
        return 100 * int(text)
    found = number(cell)
    if found is None or found[1] != 1:
        return None
    hundredths: Decimal = found[0] * 100
    whole = int(hundredths)
    return whole if whole == hundredths and 0 <= whole <= _MOST else None
