"""The files that a contractor sends: a roster, and payroll sheets as different clerks make them."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

import xlsxwriter

from services.demo import workers
from services.demo.workers import Line, Row

Cell: TypeAlias = str | int | Decimal | None
Grid: TypeAlias = list[list[Cell]]
MADE = datetime(2023, 1, 1, tzinfo=UTC)
"""The same facts are the same bytes."""


class File(NamedTuple):
    """A file by its name."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above a payroll."""

    project: str
    contractor: str
    period: str

    @property
    def month(self) -> str:
        """Give the month as people write it."""
        year, month = self.period.split("-")
        return f"{year}年{int(month)}月"


_Value: TypeAlias = Callable[[int, Line], Cell]


def _money(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


_COLUMNS: Mapping[str, _Value] = {
    "place": lambda place, line: place,
    "name": lambda place, line: workers.name(line.number),
    "id": lambda place, line: workers.id_number(line.number),
    "phone": lambda place, line: workers.phone(line.number),
    "card": lambda place, line: workers.card_no(line.number),
    "crew": lambda place, line: line.crew,
    "trade": lambda place, line: line.trade,
    "days": lambda place, line: line.days,
    "pay": lambda place, line: _money(line.pay),
    "gross": lambda place, line: _money(line.gross),
    "meals": lambda place, line: _money(line.meals),
    "net": lambda place, line: _money(line.net),
    "signature": lambda place, line: None,
}
_SUMMED = ("gross", "meals", "net")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a clerk lays out a sheet: its columns with their titles, and what stands around them."""

    columns: Mapping[str, str]
    """Titles by what stands below; two lines of a title are two rows, the first one merged."""
    titled: bool = True
    page: int = 0
    """So many lines stand on a page; the header stands on each."""
    by_crew: bool = False
    """A row of sums follows each crew."""
    apart: bool = False
    """Each crew has a sheet of its own."""
    as_text: bool = False
    """Sums are text: ¥4,320.00."""
    in_words: bool = False
    """The sum stands there in words, too."""
    as_csv: bool = False


_PERSON = {"place": "序号", "name": "姓名", "id": "身份证号码"}
_BANK = {"card": "银行卡号", "signature": "签字"}
LAYOUTS: Mapping[str, Layout] = {
    "plain": Layout(
        _PERSON
        | {"crew": "班组", "trade": "工种", "days": "出勤天数", "pay": "日工资"}
        | {"gross": "应发工资", "meals": "伙食费", "net": "实发工资"}
        | _BANK,
        titled=False,
    ),
    "titled": Layout(
        _PERSON
        | {"trade": "工种", "days": "考勤天数", "pay": "工资标准", "gross": "应发金额（元）"}
        | {"meals": "扣伙食费", "net": "实发金额（元）"}
        | _BANK,
        in_words=True,
    ),
    "merged": Layout(
        _PERSON
        | {"phone": "联系电话", "crew": "所属班组", "days": "出勤\n天数", "pay": "出勤\n单价"}
        | {"gross": "应发工资", "meals": "应扣款项\n伙食费", "net": "实发工资"}
        | {"card": "银行信息\n工资卡号", "signature": "领款人签字"}
    ),
    "pages": Layout(
        _PERSON
        | {"crew": "班组名称", "days": "工日", "pay": "单价", "gross": "应发合计"}
        | {"meals": "餐费", "net": "本月实发"}
        | _BANK,
        page=25,
        by_crew=True,
    ),
    "crews": Layout(
        _PERSON
        | {"trade": "岗位", "days": "出工天数", "pay": "日薪", "gross": "应付工资"}
        | {"meals": "伙食费", "net": "实付工资"}
        | {"card": "工资卡号", "signature": "签名"},
        apart=True,
    ),
    "text": Layout(
        {"place": "序 号", "name": "姓 名", "id": "身份证\n号 码", "card": "银行卡\n账 号"}
        | {"days": "出勤天数（天）", "gross": "应发工资（元）", "meals": "伙食扣款（元）"}
        | {"net": "实发工资（元）", "signature": "签 字"},
        as_text=True,
    ),
    "csv": Layout(
        {"name": "姓名", "id": "身份证号", "crew": "班组", "trade": "工种", "days": "出勤"}
        | {"gross": "应发", "meals": "伙食费", "net": "实发", "card": "卡号"},
        titled=False,
        as_csv=True,
    ),
}
_UNITS, _PLACES = ("", "万", "亿"), ("", "拾", "佰", "仟")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"


def in_words(amount: Decimal) -> str:
    """Give a sum as it stands on cheques: 壹拾贰万零叁佰元整."""
    yuan, fen = divmod(int(amount * 100), 100)
    said, rest, unit = "", yuan, 0
    while rest:
        rest, four = divmod(rest, 10_000)
        part = "".join(
            _DIGITS[int(digit)] + (_PLACES[3 - place] if digit != "0" else "")
            for place, digit in enumerate(f"{four:04d}")
        )
        said = (part.rstrip("零") + _UNITS[unit] if four else "零") + said
        unit += 1
    while "零零" in said:
        said = said.replace("零零", "零")
    parts = [f"{_DIGITS[fen // 10]}角" if fen >= 10 else "", f"{_DIGITS[fen % 10]}分"]  # noqa: PLR2004
    cents = "".join(part for part in parts if part and not part.startswith("零")) or "整"
    return f"{said.strip('零') or '零'}元{cents}"


def payroll(layout: str, head: Head, lines: Sequence[Line]) -> File:
    """Give the file of a month's payroll."""
    made = LAYOUTS[layout]
    title = f"{head.project}{head.month}农民工工资支付表"
    if made.as_csv:
        return File(f"{head.period}.csv", _csv(made, lines))
    parts = [(head.month, list(lines))]
    if made.apart:
        parts = [(crew, list(mine)) for crew, mine in groupby(lines, lambda line: line.crew)]
    grids = []
    for name, mine in parts:
        above: Grid = []
        if made.titled:
            units = [f"项目名称：{head.project}", None, None, f"施工单位：{head.contractor}"]
            above = [[title], [*units, None, None, head.month]]
        grids.append((name, above, _below(made, mine)))
    return File(f"{head.period}.xlsx", _xlsx(made, grids))


def _header(layout: Layout) -> Grid:
    titles = [title.split("\n") for title in layout.columns.values()]
    if layout.as_text or all(len(title) == 1 for title in titles):
        return [list(layout.columns.values())]
    return [[title[0] for title in titles], [title[-1] for title in titles]]


def _below(layout: Layout, lines: Sequence[Line]) -> Grid:
    """Give header, lines and sums in their order."""
    grid, on_page = _header(layout), 0
    for _, mine in groupby(lines, lambda line: line.crew if layout.by_crew else ""):
        crew = list(mine)
        for line in crew:
            if layout.page and on_page == layout.page:
                grid += _header(layout)
                on_page = 0
            place = sum(isinstance(row[0], int) for row in grid) + 1
            grid.append([_shown(layout, name, place, line) for name in layout.columns])
            on_page += 1
        if layout.by_crew:
            grid.append(_sums(layout, "小计", crew))
    grid.append(_sums(layout, "合计", lines))
    if layout.in_words:
        total = sum((line.net for line in lines), Decimal(0))
        grid.append([f"合计（大写）：{in_words(total)}"])
        grid.append(["制表：", None, None, "劳资专管员：", None, None, "项目经理："])
    return grid


def _shown(layout: Layout, name: str, place: int, line: Line) -> Cell:
    cell = _COLUMNS[name](place, line)
    return f"¥{cell:,.2f}" if layout.as_text and isinstance(cell, Decimal) else cell


def _sums(layout: Layout, word: str, lines: Iterable[Line]) -> list[Cell]:
    lines = list(lines)
    row: list[Cell] = []
    for name in layout.columns:
        if name in _SUMMED:
            total = sum((Decimal(getattr(line, name)) for line in lines), Decimal(0))
            row.append(f"¥{total:,.2f}" if layout.as_text else _money(total))
        else:
            row.append(None)
    row[0] = word
    return row


def _csv(layout: Layout, lines: Sequence[Line]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(_below(layout, lines)[:-1])
    return text.getvalue().encode("gb18030")


def _xlsx(layout: Layout, grids: Sequence[tuple[str, Grid, Grid]]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.set_properties({"created": MADE})
    money = book.add_format({"num_format": "#,##0.00"})
    middle = book.add_format({"align": "center", "valign": "vcenter", "bold": True, "border": 1})
    for name, above, below in grids:
        sheet = book.add_worksheet(name)
        width = len(layout.columns)
        for place, row in enumerate([*above, *below]):
            _write(sheet, place, row, money)
        if above:
            sheet.merge_range(0, 0, 0, width - 1, above[0][0], middle)
        if len(_header(layout)) > 1:
            _merge(sheet, len(above), below, middle)
    book.close()
    return file.getvalue()


def _write(sheet: Any, place: int, row: Sequence[Cell], money: Any) -> None:  # noqa: ANN401  xlsxwriter has no types
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            sheet.write_string(place, column, cell)
        elif isinstance(cell, Decimal):
            sheet.write_number(place, column, float(cell), money)
        elif cell is not None:
            sheet.write_number(place, column, cell)


def _merge(sheet: Any, first: int, below: Grid, middle: Any) -> None:  # noqa: ANN401  xlsxwriter has no types
    """Merge what belongs together in a header of two rows: sideways, or downwards."""
    upper, lower = below[0], below[1]
    at = 0
    for title, group in groupby(upper):
        wide = len(list(group))
        if wide > 1:
            sheet.merge_range(first, at, first, at + wide - 1, title, middle)
        elif title == lower[at]:
            sheet.merge_range(first, at, first + 1, at, title, middle)
        at += wide


_ROSTER = (
    *("姓名", "身份证号码", "手机号码", "班组", "工种"),
    *("进场日期", "合同开始日期", "银行卡号"),
)


def roster(project: str, crews: Iterable[Row]) -> File:
    """Give the file of a roster, as the site keeps it."""
    grid: Grid = [[f"{project}农民工实名制花名册"], list(_ROSTER)]
    for crew in crews:
        for number in workers.numbers(crew["workers"]):
            grid.append(
                [
                    *(workers.name(number), workers.id_number(number), workers.phone(number)),
                    *(crew["name"], crew["trade"], crew["entered_on"]),
                    *(crew["contract_on"] or None, workers.card_no(number)),
                ]
            )
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.set_properties({"created": MADE})
    sheet = book.add_worksheet("花名册")
    for place, row in enumerate(grid):
        _write(sheet, place, row, None)
    book.close()
    return File("roster.xlsx", file.getvalue())
