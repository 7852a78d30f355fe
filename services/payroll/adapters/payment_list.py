"""The list of treasury payments that a finance bureau exports, or fills in."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared import tables
from shared.tables import forms, templates
from shared.tables.forms import Column, Form, Holds
from shared.wording import Text

_ONE_OF = "项目编码、项目名称、收款人账号至少填一项"

PAYMENTS = Form(
    "payments",
    Text("国库支付", "treasury payments"),
    [
        # First, because every row of payments has its day, and no row of sums has one.
        Column("sent_on", "支付日期",
               ("拨付日期", "拨款日期", "付款日期", "支付时间", "支付完成日期", "实际支付日期",
                "日期", "sent_on"),
               Holds.DAY, required=True),
        Column("voucher", "支付凭证号",
               ("凭证号", "凭证编号", "支付凭证编号", "国库支付凭证号", "拨款凭证号", "拨付凭证号",
                "支付令编号", "voucher"),
               Holds.DIGITS, required=True),
        Column("project", "项目编码", ("项目编号", "工程编号", "project"), Holds.DIGITS,
               note=f"本平台的项目编码；{_ONE_OF}"),
        Column("project_name", "项目名称", ("工程名称", "工程项目名称", "project_name"),
               note=_ONE_OF),
        Column("account_no", "收款人账号",
               ("收款账号", "收款人账户", "收款账户", "收款方账号", "收款人银行账号",
                "收款银行账号", "专户账号", "account_no"),
               Holds.DIGITS, note=f"农民工工资专用账户；{_ONE_OF}"),
        Column("amount", "支付金额",
               ("金额", "拨付金额", "拨款金额", "付款金额", "实际支付金额", "实付金额", "amount"),
               Holds.AMOUNT, required=True),
        Column("period", "所属月份", ("人工费所属月份", "所属期", "所属期间", "period"),
               Holds.MONTH,
               note="不填则按用途、摘要所写月份；都没有则计入最早未足额拨付的一期"),
        Column("purpose", "用途", ("资金用途", "支付用途", "付款用途", "款项用途", "purpose")),
        Column("summary", "摘要", ("备注", "附言", "summary")),
        Column("funding_source", "资金来源", ("资金性质", "资金渠道", "funding_source")),
    ],
)  # fmt: skip


async def printed(content: bytes) -> Mapping[str, Any]:
    """Say what a file has, rows and findings, as JSON has them."""
    return forms.told(PAYMENTS, await tables.read(content))


def template(projects: Sequence[str]) -> bytes:
    """Give the xlsx to fill in; `projects` are the names of those that the area has."""
    return templates.write(PAYMENTS, {"project_name": projects})
