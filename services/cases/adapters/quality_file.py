"""The quality book of the rules as a workbook."""

import io

import xlsxwriter

from services.cases.adapters.ledger_file import Page
from services.cases.rules.quality import KINDS, QualityBook
from shared.tables.templates import MADE

SHEET = "预警质量台账"
_COLUMNS = (
    ("序号", 6), ("规则", 20), ("代码", 24), ("地区", 14), ("触发", 8), ("属实", 8),
    ("误报：数据迟到", 10), ("误报：免除或不适用", 10), ("误报：信息有误", 10),
    ("随事项终结", 10), ("未关闭", 8),
    ("其后发生欠薪案件", 10), ("提前量中位数(天)", 12), ("已送达通知", 10),
    ("首次通知中位数(小时)", 12), ("已签收", 8), ("签收中位数(小时)", 12),
    ("证实中位数(小时)", 12),
)  # fmt: skip
_FACTS = (
    "fired", "confirmed", "false_data_late", "false_exempt", "false_error", "ended", "open",
    "harmed", "lead_days", "noticed", "notice_hours", "acknowledged", "acknowledge_hours",
    "proof_hours",
)  # fmt: skip


def write(book: QualityBook, said: str) -> bytes:
    """Give the book as xlsx: a row for each rule and area, those of all areas in bold."""
    file = io.BytesIO()
    made = xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    made.set_properties({"created": MADE})
    page = Page(made, SHEET)
    for column, (_, width) in enumerate(_COLUMNS):
        page.sheet.set_column(column, column, width)
    page.across(SHEET, len(_COLUMNS), page.title)
    page.across(f"{said}；共 {book.total} 项", len(_COLUMNS), page.said)
    page.titles(title for title, _ in _COLUMNS)
    for number, one in enumerate(book.items, 1):
        area = one.area_name or one.area_code or "合计"
        facts = (getattr(one, name) for name in _FACTS)
        page.line((number, KINDS[one.kind], one.kind, area, *facts), bold=one.area_code is None)
    made.close()
    return file.getvalue()
