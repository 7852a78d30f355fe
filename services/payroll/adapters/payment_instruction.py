"""What a bank is told to pay, in a neutral layout, and the same columns as it gives them back.

Whatever stands in a cell is text or a number, never a formula: names are others' words.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import xlsxwriter

from services.payroll.rules.disbursements import ToPay
from shared import tables
from shared.tables import forms
from shared.tables.forms import Column, Form, Holds
from shared.tables.templates import MADE
from shared.wording import Text

_RESULTS = {
    "settled": Text("已入账", "settled"),
    "returned": Text("退回", "returned"),
    "pending": Text("处理中", "pending"),
}

RESULTS = Form(
    "results",
    Text("发放结果", "results of payments"),
    [
        # First, because every payment has it, and no row of sums.
        Column("line_id", "明细标识", ("明细编号", "line_id"), required=True),
        Column("attempt", "第几次", ("发放次数", "次数", "attempt"), Holds.NUMBER, required=True),
        Column("number", "批次号", ("批次编号", "number"), Holds.DIGITS, required=True),
        Column("amount", "金额(元)", ("金额", "付款金额", "实付金额", "amount"), Holds.AMOUNT,
               required=True),
        Column("status", "结果", ("处理结果", "付款结果", "状态", "status"), Holds.CHOICE,
               required=True, choices=_RESULTS),
        Column("day", "入账或退回日期", ("结果日期", "入账日期", "退回日期", "日期", "day"),
               Holds.DAY),
        Column("serial", "银行流水号", ("流水号", "交易流水号", "serial"), Holds.DIGITS),
        Column("reason_code", "退回代码", ("返回码", "reason_code"), Holds.DIGITS),
        Column("reason", "退回原因", ("失败原因", "原因", "reason")),
    ],
)  # fmt: skip

_HEAD = ("批次号", "序号", "明细标识", "第几次", "收款人", "收款账号", "开户银行", "行号",
         "金额(元)", "附言", "结果", "入账或退回日期", "银行流水号", "退回代码",
         "退回原因")  # fmt: skip
_WIDTHS = (22, 6, 38, 8, 12, 24, 20, 14, 14, 22, 10, 16, 20, 10, 24)
_AMOUNT = _HEAD.index("金额(元)")
_RISKY = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Order:
    """A round of a batch, as its bank is told of it."""

    number: str
    round: int
    account_name: str
    account_no: str
    period: str
    payments: Sequence[ToPay]

    @property
    def total(self) -> Decimal:
        """Give the control total."""
        return sum((one.amount for one in self.payments), Decimal(0))

    def rows(self) -> list[list[str | Decimal]]:
        """Give the rows below the header, the last one with count and control total."""
        words = f"{self.period} 工资"
        rows: list[list[str | Decimal]] = [
            [
                self.number, str(one.position), str(one.line_id), str(one.attempt), one.name,
                one.card_no, one.bank_name or "", one.bank_code or "", one.amount, words,
            ]
            for one in self.payments
        ]  # fmt: skip
        count = f"{len(self.payments)} 笔"
        return [*rows, ["合计", "", "", "", count, "", "", "", self.total, ""]]


def write(order: Order, kind: str) -> bytes:
    """Give the instruction as a file; the same order is the same bytes."""
    return _xlsx(order) if kind == "xlsx" else _csv(order)


def _xlsx(order: Order) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": MADE})
    head = book.add_format({"bold": True, "bg_color": "#D9E2F3", "border": 1})
    words, money = book.add_format({"num_format": "@"}), book.add_format({"num_format": "0.00"})
    sheet = book.add_worksheet("代发明细")
    for column, (title, width) in enumerate(zip(_HEAD, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width, words)
        sheet.write_string(0, column, title, head)
    for number, row in enumerate(order.rows(), start=1):
        for column, value in enumerate(row):
            if isinstance(value, Decimal):
                sheet.write_number(number, column, float(value), money)
            elif value:
                sheet.write_string(number, column, value, words)
    sheet.freeze_panes(1, 0)
    control = book.add_worksheet("批次")
    control.set_column(0, 1, 30, words)
    for number, (title, said) in enumerate(_control(order)):
        control.write_string(number, 0, title, head)
        control.write_string(number, 1, said, words)
    book.close()
    return file.getvalue()


def _control(order: Order) -> Sequence[tuple[str, str]]:
    return (
        ("批号", order.number),
        ("轮次", str(order.round)),
        ("付款账户", order.account_name),
        ("付款账号", order.account_no),
        ("笔数合计", str(len(order.payments))),
        ("金额合计", f"{order.total:.2f}"),
    )


def _csv(order: Order) -> bytes:
    file = io.StringIO()
    out = csv.writer(file, lineterminator="\r\n")
    out.writerow(_HEAD)
    empty = [""] * (len(_HEAD) - _AMOUNT - 2)
    for row in order.rows():
        out.writerow([*map(_said, row), *empty])
    return file.getvalue().encode("utf-8-sig")


def _said(value: str | Decimal) -> str:
    """Give a cell of a CSV file; what a spreadsheet would calculate is marked as text."""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return f"'{value}" if value.startswith(_RISKY) else value


async def printed(content: bytes) -> Mapping[str, Any]:
    """Say what a file of results has, rows and findings, as JSON has them."""
    return forms.told(RESULTS, await tables.read(content))
