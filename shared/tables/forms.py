"""Lists that people fill in: a form's columns, and a filled one as typed rows with findings.

Every row of data is a `Line`, right or wrong: what is accepted and what is rejected sum to the
rows of the file. A service adds what it finds itself by `Line.find`, at the cell of a field.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from shared.problems import Finding
from shared.tables import headers, words
from shared.tables.cells import (
    BLANK,
    Book,
    Cell,
    CellKind,
    Row,
    RowClass,
    Sheet,
    column_name,
    plain,
)
from shared.tables.headers import Field, Header
from shared.tables.values import moment, number
from shared.wording import Text

_MONTH = re.compile(r"(20\d\d)(?:[-/.年]?)(0?[1-9]|1[0-2])月?", re.ASCII)
_FEN = Decimal("0.01")
_LONGEST = 200
_YUAN = frozenset("元圆")


class Holds(StrEnum):
    """What a column's cells hold."""

    TEXT = "text"
    DIGITS = "digits"
    """A code or a number that nobody calculates with; as a number in a cell it may be damaged."""
    CHOICE = "choice"
    DAY = "day"
    MONTH = "month"
    AMOUNT = "amount"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its field, the title on the template, and how else people title it."""

    name: str
    title: str
    words: tuple[str, ...] = ()
    holds: Holds = Holds.TEXT
    required: bool = False
    choices: Mapping[str, Text] = field(default_factory=dict)
    note: str = ""
    """What to fill in, as the template says it."""


@dataclass(frozen=True, slots=True)
class Form:
    """A list that people fill in."""

    name: str
    title: Text
    columns: Sequence[Column]

    @property
    def fields(self) -> list[Field]:
        """Give what a header is looked for by."""
        return [Field(one.name, (one.title, *one.words)) for one in self.columns]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was found; `column` in letters, empty where it is the whole row."""

    sheet: str
    row: int
    column: str


@dataclass(slots=True)
class Line:
    """A row of data: its values by field, and what is wrong with it."""

    sheet: str
    row: int
    columns: Mapping[str, int]
    titles: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    findings: list[tuple[Place, Finding]] = field(default_factory=list)

    def find(self, name: str, code: str, said: Text, remedy: Text) -> None:
        """Find something wrong at a field's cell; without such a column at the row."""
        column = self.columns.get(name)
        where = (self.sheet, self.row, column)
        letters = column_name(column) if column is not None else ""
        found = words.at(where, code, said, remedy, title=self.titles.get(name, ""))
        self.findings.append((Place(self.sheet, self.row, letters), found))


@dataclass(slots=True)
class Filled:
    """A filled form as it was read; `findings` are those of the file as a whole."""

    lines: list[Line] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        """Count the rows that are right; none, if the file as a whole is wrong."""
        return 0 if self.findings else sum(not line.findings for line in self.lines)

    @property
    def rejected(self) -> int:
        """Count the other rows."""
        return len(self.lines) - self.accepted

    def told(self) -> Iterator[dict[str, Any]]:
        """Give all findings as they are kept: row, column, code, words, what to do."""
        for one in self.findings:
            yield _told(Place("", 0, ""), one)
        for line in self.lines:
            for place, one in line.findings:
                yield _told(place, one)


def _told(place: Place, one: Finding) -> dict[str, Any]:
    remedy = one.remedy and {"zh": one.remedy.zh, "en": one.remedy.en}
    return {
        "place": one.place, "sheet": place.sheet, "row": place.row, "column": place.column,
        "code": one.code, "detail": {"zh": one.detail.zh, "en": one.detail.en}, "remedy": remedy,
    }  # fmt: skip


def read(form: Form, book: Book) -> Filled:
    """Read a filled form: every visible sheet that has its header, row by row."""
    filled = Filled()
    if book.refusal:
        filled.findings.append(words.refused(book.refusal, limit=""))
        return filled
    found = False
    for sheet in book.sheets:
        header = None if sheet.hidden else headers.find_header(sheet.rows, form.fields)
        if header is None:
            continue
        found = True
        filled.findings += _missing(form, sheet, header)
        filled.lines += _lines(form, sheet, header)
    if not found:
        filled.findings.append(
            Finding(
                "file",
                "header_missing",
                Text("找不到表头", "No header was found"),
                Text("请使用下载的模板，表头保留在第一行", "Use the template, with its first row"),
            )
        )
    elif not filled.lines:
        filled.findings.append(
            Finding(
                "file",
                "no_rows",
                Text("表头下没有数据行", "There are no rows below the header"),
                Text("请从表头下一行开始填写", "Fill in from the row below the header on"),
            )
        )
    return filled


def _missing(form: Form, sheet: Sheet, header: Header) -> list[Finding]:
    """Find required columns that the sheet lacks, and fields that two columns claim."""
    row = header.rows[-1].number
    found = [
        words.at(
            (sheet.name, row, None),
            "column_missing",
            Text(f"缺少必填列“{one.title}”", f"The required column {one.name} is missing"),
            Text("请按模板补上该列", "Add it as on the template"),
        )
        for one in form.columns
        if one.required and one.name not in header.columns
    ]
    titles = {one.name: one.title for one in form.columns}
    return found + [
        words.at(
            (sheet.name, row, column),
            "column_twice",
            Text(f"“{titles[name]}”出现两列", f"Two columns claim {name}"),
            Text("请只保留一列", "Keep one of them"),
        )
        for name, column in header.twice
    ]


def _lines(form: Form, sheet: Sheet, header: Header) -> Iterator[Line]:
    titles = {name: header.title(name) for name in header.columns}
    anchors = [form.columns[0].name]
    units = _units(header, titles, headers.unit_above(sheet.rows, header))
    for kind, row in headers.classes(sheet.rows, header, anchors=anchors):
        if kind is RowClass.DATA or (kind is RowClass.NOTE and _in_words(form, header, row)):
            line = Line(sheet.name, row.number, header.columns, titles)
            for column in form.columns:
                _take(line, column, header.cell(row, column.name), units)
            yield line


def _in_words(form: Form, header: Header, row: Row) -> bool:
    """Say whether a row below the header is one of data that holds words where values belong.

    Nobody loses a row because of that: it is told of. What is signed below a table has a colon.
    """
    if row.number <= header.rows[-1].number:
        return False
    said = [header.cell(row, one.name).text for one in form.columns if one.required]
    return sum(map(bool, said)) > 1 and not any(":" in plain(one) for one in said)


def _units(header: Header, titles: Mapping[str, str], noted: int) -> Mapping[str, int]:
    """Give the unit of each column's sums: its title's own, else the one noted above the table."""
    bare = {name: 1 if "元" in title else noted for name, title in titles.items()}
    return {**bare, **header.units}


def _take(line: Line, column: Column, cell: Cell, units: Mapping[str, int]) -> None:
    """Read one cell into a line: its value, None if it is empty, or what is wrong with it."""
    line.values[column.name] = None
    if cell.kind is CellKind.FAULT:
        line.find(column.name, "cell_fault", *_FAULT)
    elif cell is BLANK or not cell.text:
        if column.required:
            line.find(column.name, "missing", *_EMPTY)
    else:
        value = _READ[column.holds](column, cell, units.get(column.name, 1))
        if isinstance(value, _Wrong):
            line.find(column.name, value.code, value.said, value.remedy)
        else:
            line.values[column.name] = value


@dataclass(frozen=True, slots=True)
class _Wrong:
    code: str
    said: Text
    remedy: Text


_FAULT = (
    Text("单元格为错误值或未计算的公式", "The cell is an error or a formula without a value"),
    Text("请改为填写数值或文字", "Type the value itself"),
)
_EMPTY = (Text("必填项为空", "This is required"), Text("请填写", "Fill it in"))
_DAMAGED = _Wrong(
    "digits_lost",
    Text("长数字以数值格式保存，末位已丢失", "A long number lost its last digits"),
    Text("请将单元格设为文本格式后重新填写", "Set the cell to text and type it again"),
)


def _text(column: Column, cell: Cell, unit: int) -> object:
    if cell.damaged:
        return _DAMAGED
    if len(cell.text) > _LONGEST:
        return _Wrong(
            "too_long",
            Text("内容超过200字", "This is longer than 200 characters"),
            Text("请缩短", "Shorten it"),
        )
    return cell.text


def _digits(column: Column, cell: Cell, unit: int) -> object:
    return _DAMAGED if cell.damaged else plain(cell.text)


def _choice(column: Column, cell: Cell, unit: int) -> object:
    said = plain(cell.text).casefold()
    for code, name in column.choices.items():
        if said in {code.casefold(), plain(name.zh).casefold(), plain(name.en).casefold()}:
            return code
    names = "、".join(name.zh for name in column.choices.values())
    english = ", ".join(column.choices)
    return _Wrong(
        "not_a_choice",
        Text("不在可选值之内", "This is not one of the choices"),
        Text(f"可选：{names}", f"One of: {english}"),
    )


def _day(column: Column, cell: Cell, unit: int) -> object:
    found = moment(cell)
    return found[0] if found else _Wrong(
        "day_unreadable",
        Text("不是可识别的日期", "This is no day that can be read"),
        Text("请填写如 2023-03-01", "Write it like 2023-03-01"),
    )  # fmt: skip


def _month(column: Column, cell: Cell, unit: int) -> object:
    if found := _MONTH.fullmatch(plain(cell.text)):
        return f"{found[1]}-{int(found[2]):02d}"
    day = moment(cell)
    return f"{day[0]:%Y-%m}" if day else _Wrong(
        "month_unreadable",
        Text("不是可识别的月份", "This is no month that can be read"),
        Text("请填写如 2023-03", "Write it like 2023-03"),
    )  # fmt: skip


def _amount(column: Column, cell: Cell, unit: int) -> object:
    found = number(cell)
    if found is None:
        return _Wrong(
            "amount_unreadable",
            Text("不是可识别的金额", "This is no amount that can be read"),
            Text("请填写数字，如 1200.00", "Write a number like 1200.00"),
        )
    if unit > 1 and found[1] == 1 and not _YUAN.isdisjoint(cell.text):
        return _Wrong(
            "unit_mixed",
            Text("单元格写“元”，表头却以更大的单位计", "It says yuan under a larger unit"),
            Text("请核对后只写数字", "Check it and write the number alone"),
        )
    value = found[0] * (found[1] if found[1] > 1 else unit)
    if value != value.quantize(_FEN):
        return _Wrong(
            "amount_too_fine",
            Text("金额超过两位小数", "An amount has at most two decimals"),
            Text("请四舍五入到分", "Round it to the fen"),
        )
    return value.quantize(_FEN)


def _number(column: Column, cell: Cell, unit: int) -> object:
    found = number(cell)
    if found is None or found[0] != found[0].to_integral_value():
        return _Wrong(
            "number_unreadable",
            Text("不是整数", "This is no whole number"),
            Text("请填写整数", "Write a whole number"),
        )
    return int(found[0])


_READ: Mapping[Holds, Callable[[Column, Cell, int], object]] = {
    Holds.TEXT: _text,
    Holds.DIGITS: _digits,
    Holds.CHOICE: _choice,
    Holds.DAY: _day,
    Holds.MONTH: _month,
    Holds.AMOUNT: _amount,
    Holds.NUMBER: _number,
}


def told(form: Form, book: Book) -> dict[str, Any]:
    """Give what a file holds as JSON has it: its rows with their values, and all findings."""
    filled = read(form, book)
    rows = [
        {"sheet": line.sheet, "row": line.row, "values": _plain(line.values)}
        for line in filled.lines
    ]
    counts = {"accepted": filled.accepted, "rejected": filled.rejected}
    return {"kind": form.name, "rows": rows, **counts, "findings": list(filled.told())}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, date | Decimal) else value
        for name, value in values.items()
    }
