"""Filled forms: in what unit a sum stands, and where that is not clear."""

from decimal import Decimal

import pytest

from shared import tables
from shared.tables import forms
from shared.tables.forms import Column, Form, Holds
from shared.wording import Text

PAID = Form(
    "paid",
    Text("支付", "paid"),
    [
        Column("day", "日期", (), Holds.DAY, required=True),
        Column("amount", "金额", (), Holds.AMOUNT, required=True),
        Column("name", "收款人"),
    ],
)


async def filled(*lines: str) -> forms.Filled:
    return forms.read(PAID, await tables.read("\n".join(lines).encode()))


@pytest.mark.parametrize(
    ("above", "title", "said", "value"),
    [
        ("单位：元", "金额", "12.5", "12.50"),
        ("单位：万元", "金额", "12.5", "125000.00"),
        ("县财政局（单位：人民币万元）", "金额", "12.5", "125000.00"),
        ("单位：万元 制表人：张三", "金额", "12.5", "125000.00"),
        ("国库支付明细表单位：万元", "金额", "12.5", "125000.00"),
        ("建设单位：万元集团", "金额", "12.5", "12.50"),
        ("单位：万元,,制表", "金额", "12.5", "125000.00"),
        ("金额单位:,万元", "金额", "12.5", "125000.00"),
        ("单位：万元", "金额（元）", "12.5", "12.50"),
        ("单位：元", "金额(万元)", "12.5", "125000.00"),
        ("单位：县财政局", "金额(万元)", "0.0001", "1.00"),
        ("单位：元", "金额", "12.5万元", "125000.00"),
        ("单位：万元", "金额", "12.5万", "125000.00"),
    ],
)
async def test_a_sum_stands_in_the_unit_that_its_cell_title_or_table_names(
    above: str, title: str, said: str, value: str
) -> None:
    read = await filled(above, f"日期,{title},收款人", f"2023-01-05,{said},甲")
    assert [line.findings for line in read.lines] == [[]]
    assert [line.values["amount"] for line in read.lines] == [Decimal(value)]


@pytest.mark.parametrize("said", ["125000元", "¥12.5元整", "12.5圆"])
@pytest.mark.parametrize("above", ["单位：万元", "某表"])
async def test_yuan_under_a_title_in_ten_thousands_is_found(above: str, said: str) -> None:
    title = "金额" if "万元" in above else "金额（万元）"
    read = await filled(above, f"日期,{title},收款人", f"2023-01-05,{said},甲")
    ((place, found),) = read.lines[0].findings
    assert (place.row, place.column, found.code) == (3, "B", "unit_mixed")
    assert (read.accepted, read.rejected) == (0, 1)


async def test_a_row_of_words_where_values_belong_is_told_and_what_is_signed_below_is_not() -> None:
    read = await filled(
        "某表", "日期,金额,收款人", "2023-01-05,1.00,甲", "五月,陆仟元,乙", "合计,陆仟零壹元,",
        "制表：张三,审核：李四,",
    )  # fmt: skip
    assert [(line.row, [one.code for _, one in line.findings]) for line in read.lines] == [
        (3, []), (4, ["day_unreadable", "amount_unreadable"]),
    ]  # fmt: skip
    assert (read.accepted, read.rejected) == (1, 1)
