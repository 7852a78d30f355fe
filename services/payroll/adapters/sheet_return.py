"""Lists of workers to take away: the same rows with what was found, and a sheet to fill in.

Both are written from cells, never from the sender's file: whatever else a file carries (macros,
links, formulas) does not come back, and no text is written so that it calculates.
"""

import calendar
import io
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter

from services.payroll.adapters.sheet_file import SheetFinding, SheetReading
from services.payroll.adapters.sheet_types import COUNTS, ERROR, HINT, MONEY, WARNING
from services.payroll.adapters.worker_words import words
from shared.tables import Book, CellKind, Row
from shared.tables.cells import column_number
from shared.tables.templates import MADE

_COLOURS = {ERROR: "#F8B4B4", WARNING: "#FDE68A", HINT: "#DBEAFE"}
_LEVELS = {ERROR: "错误", WARNING: "提醒", HINT: "提示"}
_FORMATS = {10_000: '0.00##"万元"', 1_000: '0.00##"千元"', 10**8: '0.00######"亿元"'}
_PAYROLL = (
    "serial", "name", "id_number", "crew", "trade", "bank_name", "card_no", "days", "gross",
    "tax", "insurance", "advance", "other_deduction", "deductions", "net", "signature", "remark",
)  # fmt: skip
_ATTENDANCE = ("serial", "name", "id_number", "crew")
_NUMBERS = MONEY | COUNTS
_FINDINGS = "问题清单"


def annotated(book: Book, reading: SheetReading) -> bytes:
    """Give a file's rows as xlsx, each finding as a comment and a colour on its cell.

    `book` is the file as `shared.tables` reads it. A sheet of its own lists all findings.
    """
    file = io.BytesIO()
    made = _workbook(file)
    colours = {level: made.add_format({"bg_color": colour}) for level, colour in _COLOURS.items()}
    found = _by_cell(reading.findings)
    for n, sheet in enumerate(book.sheets, start=1):
        # Names of other programs may hold signs or be longer than a workbook allows.
        page = made.add_worksheet(_name(sheet.name, n))
        if sheet.hidden:
            page.hide()
        for row in sheet.rows:
            _write_row(made, page, row, {
                column: colours[told[0].severity]
                for column in range(-1, max(len(row.cells), 400))
                if (told := found.get((sheet.name, row.number, column)))
            })  # fmt: skip
        for (name, number, column), told in found.items():
            if name == sheet.name and number:
                page.write_comment(number - 1, max(0, column), _said(told), {"x_scale": 2})
    _list(made, reading.findings)
    made.close()
    return file.getvalue()


def _workbook(file: io.BytesIO) -> Any:  # noqa: ANN401  the library ships no types
    made = xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    made.set_properties({"created": MADE})
    return made


def _by_cell(findings: Sequence[SheetFinding]) -> Mapping[tuple[str, int, int], list[SheetFinding]]:
    """Put findings together by cell (column -1: the whole row), the gravest first."""
    cells: dict[tuple[str, int, int], list[SheetFinding]] = {}
    order = list(_COLOURS)
    for each in sorted(findings, key=lambda one: order.index(one.severity)):
        column = column_number(each.column) if each.column else -1
        cells.setdefault((each.sheet, each.row, column), []).append(each)
    return cells


def _said(told: Sequence[SheetFinding]) -> str:
    return "\n".join(_lines(told))


def _lines(told: Sequence[SheetFinding]) -> Iterator[str]:
    for each in told:
        remedy = f"（{each.finding.remedy.zh}）" if each.finding.remedy else ""
        yield f"{_LEVELS[each.severity]}：{each.finding.detail.zh}{remedy}"


def _name(name: str, number: int) -> str:
    close = "".join("_" if sign in "[]:*?/\\'" else sign for sign in name)[:28]
    return close if close and close not in {_FINDINGS, "History"} else f"Sheet{number}"


def _write_row(made: Any, page: Any, row: Row, colours: Mapping[int, Any]) -> None:  # noqa: ANN401
    whole = colours.get(-1)
    for column in {*range(len(row.cells)), *(at for at in colours if at >= 0)}:
        cell, form = row.cell(column), colours.get(column, whole)
        at = (row.number - 1, column)
        if cell.kind is CellKind.NUMBER and not cell.damaged:
            if cell.unit in _FORMATS:
                colour = {"bg_color": form.bg_color} if form else {}
                form = made.add_format({"num_format": _FORMATS[cell.unit], **colour})
            page.write_number(*at, float(cell.text), form)
        elif cell.text:
            page.write_string(*at, cell.text, form)
        elif form:
            page.write_blank(*at, None, form)


def _list(made: Any, findings: Sequence[SheetFinding]) -> None:  # noqa: ANN401
    page = made.add_worksheet(_FINDINGS)
    page.set_column(0, 0, 16)
    page.set_column(2, 3, 60)
    titles = ("位置", "级别", "问题", "处理办法")
    for column, title in enumerate(titles):
        page.write_string(0, column, title)
    for n, each in enumerate(findings, start=1):
        remedy = each.finding.remedy.zh if each.finding.remedy else ""
        for column, text in enumerate(
            (each.finding.place, _LEVELS[each.severity], each.finding.detail.zh, remedy)
        ):
            page.write_string(n, column, text)


def template(
    labels: Mapping[str, str], period: str, workers: Sequence[Mapping[str, object]]
) -> bytes:
    """Give the payroll sheet of a project to fill in, with a row for each worker.

    `labels`: what stands above the table (`项目名称` …); `period` as `2026-03`; of a worker the
    fields that are known (`name`, `id_number`, `crew` …).
    """
    file = io.BytesIO()
    made = _workbook(file)
    page = made.add_worksheet("工资支付表")
    head = made.add_format({"bold": True, "bg_color": "#D9E2F3", "border": 1, "text_wrap": True})
    text = made.add_format({"num_format": "@", "border": 1})
    sums = made.add_format({"num_format": "0.00", "border": 1})
    year, month = period.split("-")
    page.write_string(0, 0, f"{year}年{int(month)}月农民工工资支付表（单位：元）")
    for n, (label, said) in enumerate(labels.items()):
        page.write_string(1, 5 * n, f"{label}：{said}")
    for column, name in enumerate(_PAYROLL):
        page.set_column(column, column, 20 if name in {"id_number", "card_no"} else 12)
        page.write_string(2, column, words(name)[0], head)
    for n, worker in enumerate(workers, start=1):
        for column, name in enumerate(_PAYROLL):
            value = n if name == "serial" else worker.get(name)
            if value is None:
                page.write_blank(n + 2, column, None, sums if name in _NUMBERS else text)
            elif isinstance(value, int | Decimal):
                page.write_number(n + 2, column, float(value), sums if name in _NUMBERS else None)
            else:
                page.write_string(n + 2, column, str(value), text)
    page.freeze_panes(3, 2)
    made.close()
    return file.getvalue()


def attendance_template(
    labels: Mapping[str, str], period: str, workers: Sequence[Mapping[str, object]]
) -> bytes:
    """Give the attendance sheet of a project to mark: a column for each day, a row for each worker.

    A formula sums up nothing here: whoever marks days need not count them.
    """
    file = io.BytesIO()
    made = _workbook(file)
    page = made.add_worksheet("考勤表")
    head = made.add_format({"bold": True, "bg_color": "#D9E2F3", "border": 1, "text_wrap": True})
    text = made.add_format({"num_format": "@", "border": 1})
    year, month = map(int, period.split("-"))
    days = [f"{day}日" for day in range(1, calendar.monthrange(year, month)[1] + 1)]
    page.write_string(0, 0, f"{year}年{month}月农民工考勤表（出勤打√，半天0.5，休息写休）")
    for n, (label, said) in enumerate(labels.items()):
        page.write_string(1, 5 * n, f"{label}：{said}")
    titles = [*(words(name)[0] for name in _ATTENDANCE), *days, words("days")[0]]
    for column, title in enumerate(titles):
        page.set_column(column, column, 20 if title == words("id_number")[0] else 5)
        page.write_string(2, column, title, head)
    for n, worker in enumerate(workers, start=1):
        for column, name in enumerate(_ATTENDANCE):
            value = n if name == "serial" else worker.get(name) or ""
            page.write_string(n + 2, column, str(value), text)
        for column in range(len(_ATTENDANCE), len(titles)):
            page.write_blank(n + 2, column, None, text)
    page.freeze_panes(3, len(_ATTENDANCE))
    made.close()
    return file.getvalue()
