"""Finds the header of a table by words for its fields, and says what each row is to the table."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from shared.tables.cells import BLANK, Cell, CellKind, Row, RowClass, plain
from shared.tables.values import amount, moment

_SEARCHED = 60
_HIGHEST = 3  # rows of a header
_BRACKETS = re.compile(r"[(\[【〔<{][^)\]】〕>}]*[)\]】〕>}]")
_MARKS = re.compile(r"[\W_]+")
_LATIN = re.compile(r"[!-~]+")
_UNIT = re.compile(r"(千|万|亿)元")
_UNITS = {"千": 1_000, "万": 10_000, "亿": 10**8}
_UNIT_NOTE = re.compile(
    r"(?P<before>金额|货币|计量|计价|[一-龥]?)单位 ?:? ?(?:人民币)?(?P<unit>[千万亿]?)元"
    r"(?P<behind>[一-龥]?)"
)
_OF_MONEY = {"", "金额", "货币", "计量", "计价"}
# What opens a row of sums; a caller adds its own (期初余额).
TOTALS = (
    *("合计", "小计", "总计", "共计", "累计", "承前页", "过次页", "转下页", "接上页"),
    *("total", "subtotal", "sum"),
)
_TOTAL_BEFORE = (
    "(?:[本该]?(?:页|日|月|年|期|季|次|行)|借方|贷方|收入|支出|当前|以上|全部|交易|汇总"
    "|发生额|金额|笔数|人数)*"
)


class Field(NamedTuple):
    """A field that a table may have: its name in code, and how people title its column."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Header:
    """A header as it was found; columns from 0."""

    rows: Sequence[Row]
    columns: Mapping[str, int]
    titles: Mapping[int, str]
    """What stands over each column, recognised or not."""
    units: Mapping[str, int]
    """10,000 for a field whose title says 万元."""
    twice: Sequence[tuple[str, int]]
    """Fields that a second column claims, with that column."""
    parts: Mapping[int, Sequence[str]]
    """What stands over each column, from above: the title of its group, then its own."""

    def cell(self, row: Row, name: str) -> Cell:
        """Give a field's cell of a row; blank if the table has no such column."""
        column = self.columns.get(name)
        return BLANK if column is None else row.cell(column)

    def title(self, name: str) -> str:
        """Give a field's title as the file spells it."""
        return self.titles[self.columns[name]]

    @property
    def unknown(self) -> Sequence[str]:
        """Give the titles that no field claims."""
        taken = {*self.columns.values(), *(column for _, column in self.twice)}
        return [title for column, title in self.titles.items() if column not in taken]


def unit_above(rows: Iterable[Row], header: Header) -> int:
    """Give the unit that a note above the header names, `单位：万元`: 10,000; 1 without one."""
    unit = 1
    for row in rows:
        if row.number >= header.rows[0].number:
            break
        text = unicodedata.normalize("NFKC", " ".join(cell.text for cell in row.cells))
        for said in _UNIT_NOTE.finditer(" ".join(text.split())):
            # 建设单位：万元集团 names a company.
            if said["before"] in _OF_MONEY or not said["behind"]:
                unit = _UNITS.get(said["unit"], 1)
    return unit


@lru_cache(maxsize=4096)
def spellings(title: str) -> tuple[str, ...]:
    """Give what a title may be looked up as: whole, without brackets, Chinese alone, Latin alone.

    Each in half width, small letters, without marks.
    """
    close = plain(title).lower()
    open_ = _BRACKETS.sub("", close)
    found = [close, open_, _LATIN.sub("", open_), "".join(_LATIN.findall(open_))]
    bare = [_MARKS.sub("", each).removesuffix("元") for each in found]
    return tuple(dict.fromkeys(each for each in bare if each))


@lru_cache(maxsize=16)
def _looked_up(fields: tuple[Field, ...]) -> Mapping[str, str]:
    return _known(fields)


def _known(fields: Iterable[Field]) -> Mapping[str, str]:
    return {spellings(word)[0]: each.name for each in fields for word in each.words}


def find_header(rows: Sequence[Row], fields: Sequence[Field], *, least: int = 2) -> Header | None:
    """Find the row, or two or three rows one below the other, that title most fields.

    Only the first rows are looked at; None if no row titles `least` different fields.
    """
    known = _looked_up(tuple(fields))
    best: Header | None = None
    for n, row in enumerate(rows[:_SEARCHED]):
        if titles_only(row):
            found = _begun(rows[n : n + _HIGHEST], known)
            if len(found.columns) > (len(best.columns) if best else least - 1):
                best = found
    return best


def header_at(rows: Sequence[Row], fields: Sequence[Field], *, least: int = 2) -> Header | None:
    """Give the header that begins with the first of these rows; None if it titles fewer fields."""
    if not rows or not titles_only(rows[0]):
        return None
    found = _begun(rows[:_HIGHEST], _looked_up(tuple(fields)))
    return found if len(found.columns) >= least else None


def header_of(rows: Sequence[Row], fields: Sequence[Field]) -> Header:
    """Give the header that these rows are, whatever they title: somebody said where it stands."""
    return _header(rows, _known(fields))


def _begun(rows: Sequence[Row], known: Mapping[str, str]) -> Header:
    """Give the header of one, two or three rows, of which each upper one adds to those below."""
    best = _header(rows[:1], known)
    for high in range(2, len(rows) + 1):
        if rows[high - 1].number != rows[high - 2].number + 1 or not titles_only(rows[high - 1]):
            break
        header, below = _header(rows[:high], known), _header(rows[1:high], known)
        if len(header.columns) > max(len(best.columns), len(below.columns)):
            best = header
    return best


def titles_only(row: Row) -> bool:
    """Say whether a row holds words alone: no numbers, no days."""
    return not row.blank and all(
        cell.kind is CellKind.BLANK
        or (
            cell.kind is CellKind.TEXT
            and amount(cell.text) is None
            and moment(cell) is None
            and ":" not in plain(cell.text)[:-1]
        )
        for cell in row.cells
    )


def _header(rows: Sequence[Row], known: Mapping[str, str]) -> Header:
    columns: dict[str, int] = {}
    titles: dict[int, str] = {}
    twice: list[tuple[str, int]] = []
    units: dict[str, int] = {}
    parts: dict[int, Sequence[str]] = {}
    for column in range(max(len(row.cells) for row in rows)):
        said = _said(rows, column)
        if not said:
            continue
        parts[column] = said
        titles[column] = " ".join(said)
        name = _match(said, known)
        if name is None:
            continue
        if name in columns:
            twice.append((name, column))
            continue
        columns[name] = column
        if unit := _UNIT.search(plain(titles[column])):
            units[name] = _UNITS[unit[1]]
    return Header(tuple(rows), columns, titles, units, twice, parts)


def _said(rows: Sequence[Row], column: int) -> list[str]:
    """Give what stands over a column, from above; a merged cell above reaches to the right."""
    below = rows[-1].cell(column).text
    if len(rows) == 1:
        return [below] if below else []
    said = _said(rows[1:], column)
    above = rows[0].cell(column).text
    if not above and said:
        left = [rows[0].cell(n) for n in range(column)]
        above = next((cell.text for cell in reversed(left) if cell.kind is not CellKind.BLANK), "")
    return [each for each in (above, *said) if each]


def _match(said: Sequence[str], known: Mapping[str, str]) -> str | None:
    """Look a title up: all of it together, then without what stands highest, then the lowest."""
    for title in dict.fromkeys("".join(said[n:]) for n in range(len(said))):
        for each in spellings(title):
            if each in known:
                return known[each]
    return None


def classes(
    rows: Iterable[Row],
    header: Header,
    *,
    totals: Collection[str] = (),
    anchors: Collection[str] = (),
) -> Iterator[tuple[RowClass, Row]]:
    """Say what each row is. Rows up to the header are notes; blank rows may be left out already.

    `anchors` are fields that every row of data fills (the day of a bank line): a row that opens
    with a word of sums is data if it fills one of them with a day or a number.
    """
    sums = opening((*TOTALS, *totals))
    first, last = header.rows[0].number, header.rows[-1].number
    repeated = repeats(header)
    for row in rows:
        if row.blank:
            yield RowClass.BLANK, row
        elif row.number < first:
            yield RowClass.NOTE, row
        elif row.number <= last:
            yield RowClass.HEADER, row
        elif repeated(row):
            yield RowClass.REPEAT, row
        else:
            yield _class(row, header, sums, anchors), row


def repeats(header: Header) -> Callable[[Row], bool]:
    """Give what says of a row whether it is one of the header's, printed again."""
    repeated = {_shape(row) for row in header.rows}
    # As spelled: the header is printed again by whatever printed it first.
    starts = {cell.text for row in header.rows for cell in row.cells[:1]}
    return lambda row: row.cells[0].text in starts and _shape(row) in repeated


def _shape(row: Row) -> tuple[str, ...]:
    return tuple(plain(cell.text) for cell in row.cells if cell.kind is not CellKind.BLANK)


def opening(words: Iterable[str]) -> re.Pattern[str]:
    """Give what matches the beginning of a text that opens a row of sums by one of these words."""
    either = "|".join(re.escape(plain(word).lower()) for word in words)
    return re.compile(rf"{_TOTAL_BEFORE}(?:{either})", re.IGNORECASE)


def _class(row: Row, header: Header, sums: re.Pattern[str], anchors: Collection[str]) -> RowClass:
    if any(_filled(header.cell(row, name)) for name in anchors):
        return RowClass.DATA
    texts = [cell for cell in row.cells if cell.kind is CellKind.TEXT]
    if any(sums.match(plain(cell.text)) for cell in texts):
        return RowClass.TOTAL
    filled = [
        cell
        for name in header.columns
        if (cell := header.cell(row, name)).kind is not CellKind.BLANK
    ]
    if anchors and len(filled) > 1 and any(_filled(cell) for cell in filled):
        # It looks like data, only what every row of data has is missing: that is for the caller.
        return RowClass.DATA
    if not anchors and len(filled) > 1:
        return RowClass.DATA
    return RowClass.NOTE


def _filled(cell: Cell) -> bool:
    """Say whether a cell holds a number, a day or an error: something of data."""
    if cell.kind is CellKind.TEXT:
        return moment(cell) is not None or amount(cell.text) is not None
    return cell.kind is not CellKind.BLANK


class Labelled(NamedTuple):
    """A value with its label, `账号：3300…`, and where it stands; column from 0."""

    value: Cell
    row: int
    column: int


def labels(rows: Iterable[Row], fields: Sequence[Field]) -> Mapping[str, Sequence[Labelled]]:
    """Find values that stand beside or behind their label: above a table, or below it.

    `账号：3300…` in one cell, or several such in one, or the label in one cell and the value in the
    next that is not blank.
    """
    known = _known(fields)
    words = sorted({word for each in fields for word in each.words}, key=len, reverse=True)
    either = "|".join(re.escape(word) for word in words)
    inside = re.compile(rf"(?<![一-龥])({either})\s*[::﹕]\s*", re.IGNORECASE)
    found: dict[str, list[Labelled]] = {}
    for row in rows:
        for column, cell in enumerate(row.cells):
            if cell.kind is not CellKind.TEXT:
                continue
            for name, value, at in _values(row, column, known, inside):
                found.setdefault(name, []).append(Labelled(value, row.number, at))
    return found


def _values(
    row: Row, column: int, known: Mapping[str, str], inside: re.Pattern[str]
) -> Iterator[tuple[str, Cell, int]]:
    text = row.cells[column].text.replace("：", ":")
    # All of the cell must be the label: `账号:3300…` is one with its value.
    close = plain(text).lower()
    whole = (_MARKS.sub("", close), _MARKS.sub("", _BRACKETS.sub("", close)))
    alone = next((known[each] for each in whole if each in known), None)
    if alone:
        beside = range(column + 1, len(row.cells))
        at = next((n for n in beside if row.cells[n].kind is not CellKind.BLANK), None)
        if at is not None:
            yield alone, row.cells[at], at
        return
    marks = list(inside.finditer(text))
    ends = [*[each.start() for each in marks[1:]], len(text)][: len(marks)]
    for mark, end in zip(marks, ends, strict=True):
        if value := text[mark.end() : end].strip(" ;,；，|"):
            name = known[spellings(mark[1])[0]]
            yield name, Cell(CellKind.TEXT, value), column
