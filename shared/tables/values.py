"""Numbers and days as people spell them; what can be meant in two ways is none."""

import re
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from shared.tables.cells import Cell, CellKind, plain

_UNITS = {"": 1, "元": 1, "圆": 1, "千元": 1_000, "万元": 10_000, "万": 10_000, "亿元": 10**8}
_AMOUNT = re.compile(
    r"(?P<open>\()?(?P<sign>[-+])?(?:[¥￥$]|RMB|CNY|人民币)?(?P<inner>[-+])?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+)"
    r"(?P<unit>千元|万元|亿元|万|元|圆)?(?:整)?(?P<close>\))?(?P<behind>-)?",
    re.ASCII | re.IGNORECASE,
)
_DASHES = str.maketrans("−–—﹣－", "-----")


def number(cell: Cell) -> tuple[Decimal, int] | None:
    """Give a cell's number and its unit (10,000 of 万元); None if it is no number.

    `¥1,234.50`, `(1,234.50)`, `1234.50-`, `12.5万元`, full width. Grouping must be right:
    `1,23` is no number. A number in its own cell has the unit that its format shows.
    """
    if cell.kind is CellKind.NUMBER:
        return Decimal(cell.text), cell.unit
    return amount(cell.text) if cell.kind is CellKind.TEXT else None


@lru_cache(maxsize=4096)
def amount(text: str) -> tuple[Decimal, int] | None:
    """Give the number that a text spells, and its unit; None if it spells none."""
    found = _AMOUNT.fullmatch(plain(text).translate(_DASHES))
    if not found or bool(found["open"]) != bool(found["close"]):
        return None
    signs = [sign for sign in (found["sign"], found["inner"], found["behind"]) if sign]
    if len(signs) > 1 or (signs and found["open"]):
        return None
    value = Decimal(found["digits"].replace(",", ""))
    return (-value if found["open"] or "-" in signs else value), _UNITS[found["unit"] or ""]


_YMD = r"(?P<y>(?:19|20)\d\d)"
_CLOCK = r"(?P<h>\d{1,2})(?:[:时点])(?P<mi>\d{1,2})(?:(?:[:分](?P<s>\d{1,2})(?:\.\d+)?秒?)|分)?"
_THEN = rf"(?:[T ]{_CLOCK}| (?P<hms>\d{{6}}))?"
_AT_ONCE = rf"(?:[T ]?{_CLOCK}|[T ]?(?P<hms>\d{{6}}))?"
_DAYS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        _YMD + r"(?P<sep>[-/.])(?P<m>\d\d)(?P=sep)(?P<d>\d\d)" + _AT_ONCE,
        _YMD + r"(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})" + _THEN,
        _YMD + r"年(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]" + _AT_ONCE,
        _YMD + r"(?P<m>\d\d)(?P<d>\d\d)" + _AT_ONCE,
    )
)
# Spaces beside Chinese letters are typing; between a day and its time they keep digits apart.
_LOOSE = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])|(?<=[-/.:])\s+|\s+(?=[-/.:])")
_TIME = re.compile(rf"{_CLOCK}|(?P<hms>\d{{6}})", re.ASCII)
_NAMES = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
_MONTHS = {_NAMES[3 * n : 3 * n + 3]: n + 1 for n in range(12)}
_ENGLISH = re.compile(r"(?P<d>\d{1,2})[- ]?(?P<m>[A-Z]{3})[- ]?(?P<y>20\d\d)", re.ASCII)
_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)
_EPOCH = date(1899, 12, 30).toordinal()


def moment(cell: Cell) -> tuple[date, time | None] | None:
    """Give the day of a cell, and its time of day if it has one; None if it is no day.

    `2026-01-05`, `2026/1/5`, `2026.1.5`, `20260105`, `2026年1月5日`, `5-JAN-2026`, each with or
    without a time, and a spreadsheet's own days. `05/01/2026` and `26-1-5` may be two days, so they
    are none.
    """
    if cell.kind is CellKind.DATE:
        at = datetime.fromisoformat(cell.text)
        return at.date(), (at.time() if "T" in cell.text else None)
    if cell.kind is CellKind.NUMBER:
        return _counted(cell.text)
    return spelled(cell.text) if cell.kind is CellKind.TEXT else None


def _counted(text: str) -> tuple[date, time | None] | None:
    """Read `20260105` in a number's cell, or a spreadsheet's count of days without a format."""
    if len(text) in {8, 14}:
        return spelled(text)
    if not text.replace(".", "", 1).isdecimal() or len(text.split(".", maxsplit=1)[0]) != 5:  # noqa: PLR2004
        return None
    whole, _, part = text.partition(".")
    day = date.fromordinal(_EPOCH + int(whole))
    seconds = round(float(f"0.{part or 0}") * 86_400)
    if not _FIRST <= day <= _LAST or seconds >= 86_400:  # noqa: PLR2004
        return None
    return day, (time(seconds // 3600, seconds // 60 % 60, seconds % 60) if part else None)


@lru_cache(maxsize=4096)
def spelled(text: str) -> tuple[date, time | None] | None:
    """Give the day that a text spells, and its time if it names one; None if it spells none."""
    close = _LOOSE.sub("", " ".join(unicodedata.normalize("NFKC", text).split()))
    found = next((m for each in _DAYS if (m := each.fullmatch(close))), None)
    if found:
        groups = found.groupdict()
    elif english := _ENGLISH.fullmatch(close.upper()):
        groups = {**english.groupdict(), "m": _MONTHS.get(english["m"])}
    else:
        return None
    if not groups["m"]:
        return None
    try:
        day = date(int(groups["y"]), int(groups["m"]), int(groups["d"]))
        return day, _clock(groups)
    except ValueError:
        return None


def _clock(groups: dict[str, str | None]) -> time | None:
    if hms := groups.get("hms"):
        return time(int(hms[:2]), int(hms[2:4]), int(hms[4:]))
    if hour := groups.get("h"):
        return time(int(hour), int(groups["mi"] or 0), int(groups["s"] or 0))
    return None


def clock_time(cell: Cell) -> time | None:
    """Give the time of day of a cell (`10:20:30`, `102030`, a number that lost leading zeros)."""
    if cell.kind is CellKind.DATE:
        return datetime.fromisoformat(cell.text).time() if "T" in cell.text else None
    if cell.kind is CellKind.NUMBER and cell.text.isdecimal() and len(cell.text) <= 6:  # noqa: PLR2004
        return told_time(cell.text.zfill(6))
    return told_time(cell.text) if cell.kind in {CellKind.TIME, CellKind.TEXT} else None


@lru_cache(maxsize=4096)
def told_time(text: str) -> time | None:
    """Give the time of day that a text spells, or None."""
    found = _TIME.fullmatch(plain(text))
    try:
        return _clock(found.groupdict()) if found else None
    except ValueError:
        return None
