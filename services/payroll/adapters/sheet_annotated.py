"""A payroll file given back with what was found in it: comment and colour at each cell.

It is written anew, cell by cell as it was read, so that nothing of the file but its values comes
back: no formula, no link, no macro. Text stays text, whatever it begins with.
"""

import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import xlsxwriter

from services.payroll.rules.sheets import Severity
from shared.tables import Book, Cell, CellKind, Sheet

MADE = datetime(2000, 1, 1, tzinfo=UTC)
_COLOURS = {Severity.ERROR: "#F8B4B4", Severity.WARNING: "#FCE8A6", Severity.HINT: "#CFE2FF"}
_SAID = {Severity.ERROR: "错误", Severity.WARNING: "警告", Severity.HINT: "提示"}
_LIST = "检查结果"
_TITLES = ("位置", "程度", "问题", "如何处理")
_LONGEST, _DIGITS, _NAME = 32_000, 15, 31


class Mark(NamedTuple):
    """A finding to be shown; `column` in letters, empty: the whole row; row 0: the file."""

    sheet: str
    row: int
    column: str
    place: str
    severity: Severity
    detail: str
    remedy: str


def write(book: Book, marks: Iterable[Mark]) -> bytes:
    """Give a workbook with the rows of a file, its findings at their cells and in a list."""
    told = list(marks)
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    made.set_properties({"created": MADE})
    colours = {one: made.add_format({"bg_color": colour}) for one, colour in _COLOURS.items()}
    names: set[str] = set()
    for sheet in book.sheets:
        page = made.add_worksheet(_name(sheet.name or "Sheet1", names))
        if sheet.hidden and len(book.sheets) > 1:
            page.hide()
        _page(page, sheet, [one for one in told if one.sheet == sheet.name], colours)
    _list(made.add_worksheet(_name(_LIST, names)), told, colours)
    made.close()
    return file.getvalue()


def _name(name: str, taken: set[str]) -> str:
    """Give a name that a workbook takes, and no two of its sheets have: files say what they like.

    `taken` keeps it.
    """
    close = "".join("_" if sign in "[]:*?/\\" or sign < " " else sign for sign in name).strip("'")
    close = close[:_NAME] if close and close.casefold() != "history" else "Sheet"
    found, number = close, 1
    while found.casefold() in taken:
        number += 1
        found = f"{close[: _NAME - len(str(number)) - 1]}_{number}"
    taken.add(found.casefold())
    return found


def _page(
    page: Any,  # noqa: ANN401  xlsxwriter has no types
    sheet: Sheet,
    marks: Iterable[Mark],
    colours: Mapping[Severity, Any],
) -> None:
    at: dict[tuple[int, int], list[Mark]] = {}
    for one in marks:
        if one.row:
            at.setdefault((one.row - 1, _number(one.column)), []).append(one)
    for row in sheet.rows:
        for column, cell in enumerate(row.cells):
            found = at.get((row.number - 1, column))
            worst = colours[min(_by_weight(found))[1]] if found else None
            _cell(page, row.number - 1, column, cell, worst)
    for (row_number, column), found in at.items():
        text = "\n".join(f"{_SAID[one.severity]}：{one.detail}。{one.remedy}" for one in found)
        page.write_comment(row_number, column, text[:_LONGEST], {"x_scale": 2})


def _by_weight(found: Iterable[Mark]) -> list[tuple[int, Severity]]:
    order = list(_COLOURS)
    return [(order.index(one.severity), one.severity) for one in found]


def _cell(page: Any, row: int, column: int, cell: Cell, shape: Any) -> None:  # noqa: ANN401
    if cell.kind is CellKind.BLANK:
        if shape is not None:
            page.write_blank(row, column, None, shape)
    elif cell.kind is CellKind.NUMBER and len(cell.text.strip("-").replace(".", "")) <= _DIGITS:
        page.write_number(row, column, float(cell.text), shape)
    else:
        page.write_string(row, column, cell.text[:_LONGEST], shape)


def _number(letters: str) -> int:
    """Give a column's number from 0; a finding of the whole row stands at its first cell."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return max(0, number - 1)


def _list(page: Any, marks: Iterable[Mark], colours: Mapping[Severity, Any]) -> None:  # noqa: ANN401
    for column, title in enumerate(_TITLES):
        page.write_string(0, column, title)
        page.set_column(column, column, 14 if column < 2 else 50)  # noqa: PLR2004
    for row, one in enumerate(marks, start=1):
        said = (one.place, _SAID[one.severity], one.detail, one.remedy)
        for column, text in enumerate(said):
            page.write_string(row, column, text, colours[one.severity] if column == 1 else None)
