"""The arrears ledger as a workbook, in the form in which offices send it to each other.

Whatever stands in a cell is text or a number, never a formula: names are others' words.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

import xlsxwriter

from services.cases.rules import ledger as rules
from services.cases.rules.arrears import ENDINGS, Nature
from services.cases.rules.course import move
from services.cases.rules.ledger import Beside, Group, LedgerBook, LedgerRow, LedgerSums, Totals
from shared.tables.templates import MADE

LEDGER, SUMS = "欠薪处置台账", "统计表"
_Value: TypeAlias = str | int | Decimal | date | None
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 2_000


class _Column(NamedTuple):
    title: str
    width: int
    value: Callable[[LedgerRow], _Value]
    total: str = ""
    """The sum of the same name, in the row of totals."""


def _cause(row: LedgerRow) -> str:
    return rules.CAUSES[row.cause] if row.cause else ""


def _remark(row: LedgerRow) -> str:
    said = [f"关联案件 {row.related}" if row.related else "", "已逾期" if row.overdue else ""]
    if row.nature is not Nature.WAGES:
        said.insert(0, f"{rules.NATURES[row.nature]}，不计入欠薪合计")
    return "；".join(one for one in said if one)


_COLUMNS = (
    _Column("案号", 20, lambda row: row.number),
    _Column("所属地区", 12, lambda row: row.area_name),
    _Column("项目或场所", 24, lambda row: row.project_name or row.place),
    _Column("投资性质", 10,
            lambda row: rules.INVESTMENTS[row.investment] if row.investment else ""),
    _Column("行业", 10, lambda row: rules.INDUSTRIES.get(row.industry, row.industry)),
    _Column("行业主管部门", 18, lambda row: row.sector_authority),
    _Column("建设单位", 20, lambda row: row.developer),
    _Column("施工总承包单位", 20, lambda row: row.contractor),
    _Column("用人单位（分包）", 20, lambda row: row.employer),
    _Column("欠薪时段", 18, lambda row: row.months or row.arisen_on),
    _Column("反映人数", 9, lambda row: row.workers_told, "workers_told"),
    _Column("反映金额(元)", 14, lambda row: row.amount_told, "amount_told"),
    _Column("涉及人数", 9, lambda row: row.workers, "workers"),
    _Column("登记金额(元)", 14, lambda row: row.claimed, "claimed"),
    _Column("核实金额(元)", 14, lambda row: row.verified, "verified"),
    _Column("欠薪原因", 14, _cause),
    _Column("来源", 12, lambda row: rules.CHANNELS[row.channel]),
    _Column("登记日期", 11, lambda row: row.opened_on),
    _Column("受理日期", 11, lambda row: row.accepted_on),
    _Column("责任单位", 18, lambda row: row.unit),
    _Column("经办账号", 14, lambda row: row.handled_by),
    _Column("处置措施", 20, lambda row: "、".join(move(act).words.zh for act in row.measures)),
    _Column("办理期限", 11, lambda row: row.due_on),
    _Column("清零期限", 11, lambda row: row.clear_by),
    _Column("已付金额(元)", 14, lambda row: row.paid, "paid"),
    _Column("已付人数", 9, lambda row: row.workers_paid, "workers_paid"),
    _Column("尚欠金额(元)", 14, lambda row: row.owed, "owed"),
    _Column("状态", 12, lambda row: rules.STAGES[row.stage]),
    _Column("结论", 16, lambda row: ENDINGS[row.conclusion].words.zh if row.conclusion else ""),
    _Column("销账日期", 11, lambda row: row.ended_on),
    _Column("文书", 20, lambda row: "、".join(row.documents)),
    _Column("是否移送公安", 9, lambda row: "是" if row.to_police else "否"),
    _Column("备注", 24, _remark),
)  # fmt: skip
_SUMS = (
    ("案件数", "cases"), ("上年结转", "carried"), ("本年新立", "opened"), ("存量欠薪", "stock"),
    ("新增欠薪", "fresh"), ("办结", "closed"), ("按期办结", "closed_in_limit"), ("未结", "open"),
    ("逾期未结", "overdue"), ("用人单位数", "employers"), ("涉及人数", "workers"),
    ("登记金额(元)", "claimed"), ("核实金额(元)", "verified"), ("已付金额(元)", "paid"),
    ("尚欠金额(元)", "owed"),
)  # fmt: skip
_BY = {
    rules.By.AREA: "按地区", rules.By.INDUSTRY: "按行业", rules.By.CAUSE: "按原因",
    rules.By.SOURCE: "按来源", rules.By.UNIT: "按承办单位",
}  # fmt: skip


class Page:
    """A sheet that is filled row by row."""

    def __init__(self, book: Any, name: str) -> None:  # noqa: ANN401  xlsxwriter has no types
        self.sheet, self.row = book.add_worksheet(name), 0
        bold = {"bold": True, "border": 1, "text_wrap": True, "valign": "vcenter"}
        self.title = book.add_format({"bold": True, "font_size": 16, "align": "center"})
        self.said = book.add_format({"text_wrap": True})
        self.head = book.add_format(bold | {"bg_color": "#D9E2F3", "align": "center"})
        self.words = book.add_format({"num_format": "@", "border": 1, "text_wrap": True})
        # Typed into again, it is text still.
        self.risky = book.add_format({"num_format": "@", "border": 1, "quote_prefix": True})
        self.money = book.add_format({"num_format": "#,##0.00", "border": 1})
        self.number = book.add_format({"num_format": "0", "border": 1})
        self.bold = book.add_format(bold)
        self.bold_money = book.add_format(bold | {"num_format": "#,##0.00"})

    def across(self, text: str, width: int, shape: Any) -> None:  # noqa: ANN401
        """Write a line over all columns."""
        self.sheet.merge_range(self.row, 0, self.row, width - 1, "", shape)
        self.sheet.write_string(self.row, 0, text, shape)
        self.row += 1

    def line(self, values: Iterable[_Value], *, bold: bool = False) -> None:
        """Write a row."""
        for column, value in enumerate(values):
            self._cell(column, value, bold=bold)
        self.row += 1

    def titles(self, titles: Iterable[str]) -> None:
        """Write the head of a table."""
        for column, title in enumerate(titles):
            self.sheet.write_string(self.row, column, title, self.head)
        self.row += 1

    def _cell(self, column: int, value: _Value, *, bold: bool) -> None:
        if isinstance(value, Decimal):
            shape = self.bold_money if bold else self.money
            self.sheet.write_number(self.row, column, float(value), shape)
        elif isinstance(value, int):
            self.sheet.write_number(self.row, column, value, self.bold if bold else self.number)
        else:
            text = str(value)[:_LONGEST] if value is not None else ""
            shape = self.risky if text.startswith(_RISKY) else self.words
            self.sheet.write_string(self.row, column, text, self.bold if bold else shape)


def write(ledger: LedgerBook) -> bytes:
    """Give the ledger as xlsx: its rows by class with their totals, and the statistical table."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"created": MADE})
    _rows(Page(book, LEDGER), ledger)
    _statistics(Page(book, SUMS), ledger)
    book.close()
    return file.getvalue()


def _head(page: Page, title: str, width: int, ledger: LedgerBook) -> None:
    made = ledger.made_on
    page.across(f"{ledger.area}{title}", width, page.title)
    page.across(
        f"统计范围：{'；'.join(ledger.said)}    制表日期：{made.year}年{made.month}月{made.day}日"
        "    金额单位：元",
        width,
        page.said,
    )


def _rows(page: Page, ledger: LedgerBook) -> None:
    _head(page, LEDGER, len(_COLUMNS) + 1, ledger)
    page.titles(["序号", *(column.title for column in _COLUMNS)])
    page.sheet.freeze_panes(page.row, 2)
    page.sheet.set_column(0, 0, 6)
    for place, column in enumerate(_COLUMNS, start=1):
        page.sheet.set_column(place, place, column.width)
    number = 0
    for nature in rules.CLASSES:
        rows = [row for row in ledger.rows if row.nature is nature]
        for row in rows:
            number += 1
            page.line([number, *(column.value(row) for column in _COLUMNS)])
        if rows or nature is Nature.WAGES:
            page.line(_total(nature, rows), bold=True)


def _total(nature: Nature, rows: Sequence[LedgerRow]) -> Iterable[_Value]:
    wages = nature is Nature.WAGES
    yield "合计" if wages else f"{rules.NATURES[nature]}小计（不计入合计）"
    yield f"{len(rows)} 件"
    for column in _COLUMNS[1:]:
        if not column.total:
            yield None
            continue
        values = [getattr(row, column.total) or 0 for row in rows]
        money = column.title.endswith("(元)")
        yield sum(values, Decimal(0)) if money else sum(values)


def _statistics(page: Page, ledger: LedgerBook) -> None:
    titles = ["类别", *(title for words, _ in _SUMS for title in (words, "上年同期"))]
    _head(page, f"欠薪案件{SUMS}", len(titles), ledger)
    page.sheet.set_column(0, 0, 20)
    page.sheet.set_column(1, len(titles) - 1, 11)
    for totals in ledger.sums:
        page.titles([_BY[totals.by], *titles[1:]])
        for group in totals.groups:
            page.line([group.name, *_beside(group.wages)])
        page.line([totals.whole.name, *_beside(totals.whole.wages)], bold=True)
    page.titles(["另列类别（不计入合计）", *titles[1:]])
    for name, beside in _others(ledger.sums[0]):
        page.line([name, *_beside(beside)])


def _others(totals: Totals) -> Iterable[tuple[str, Beside]]:
    whole: Group = totals.whole
    return (
        (rules.NATURES[Nature.WORKS_PRICE], whole.works_price),
        (rules.NATURES[Nature.FALSE_CLAIM], whole.false_claim),
    )


def _beside(beside: Beside) -> Iterable[_Value]:
    for _, name in _SUMS:
        yield _sum(beside.now, name)
        yield _sum(beside.before, name) if beside.before else "—"


def _sum(sums: LedgerSums, name: str) -> _Value:
    value: int | Decimal | None = getattr(sums, name)
    return "—" if value is None else value
