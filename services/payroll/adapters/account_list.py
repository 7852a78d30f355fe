"""The list of wage accounts that a county begins with, as people fill it in."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared import tables
from shared.tables import forms, templates
from shared.tables.forms import Column, Form, Holds
from shared.wording import Text

ACCOUNTS = Form(
    "accounts",
    Text("专户", "wage accounts"),
    [
        Column("project", "项目编码", ("项目编号", "工程编号"), Holds.DIGITS, required=True),
        Column("account_no", "专户账号", ("账号", "账户号码", "专用账户账号"), Holds.DIGITS,
               required=True),
        Column("account_name", "专户名称", ("账户名称", "户名"), required=True),
        Column("bank_name", "开户银行", ("开户行", "银行"), required=True),
        Column("opened_on", "开户日期", ("开立日期",), Holds.DAY, required=True),
        Column("agreement_on", "三方协议日期", ("协议签订日期",), Holds.DAY),
        Column("filed_on", "备案日期", ("专户备案日期",), Holds.DAY),
        Column("source", "来源代码", ("报送来源", "银行报送代码"), Holds.DIGITS, required=True,
               note="报送该账户流水的银行或网点的代码"),
        Column("source_name", "来源名称", ("报送来源名称",), note="新来源须填，由平台运维导入"),
        Column("bank_code", "银行信用代码", ("开户行信用代码",), Holds.DIGITS,
               note="新来源须填，统一社会信用代码"),
        Column("from_day", "数据起报日期", ("起报日期",), Holds.DAY, note="新来源须填"),
    ],
)  # fmt: skip


async def printed(content: bytes) -> Mapping[str, Any]:
    """Say what a file has, rows and findings, as JSON has them."""
    return forms.told(ACCOUNTS, await tables.read(content))


def template(sources: Sequence[str]) -> bytes:
    """Give the xlsx to fill in; `sources` are the codes that the area knows."""
    return templates.write(ACCOUNTS, {"source": sources})
