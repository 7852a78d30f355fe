"""The list of workers as sites keep it: its columns, by the words that people use for them."""

from collections.abc import Mapping, Sequence

from services.payroll.adapters.worker_words import words
from services.payroll.rules.trades import ID_TYPES, PERIOD_TYPES, ROLES, TRADES
from shared.tables import templates
from shared.tables.forms import Column, Form, Holds
from shared.wording import Text

# Beside a worker's name these title whose card it is.
_HOLDER = (
    "开户名", "户名", "账户名", "账户名称", "持卡人", "持卡人姓名", "收款人户名", "收款户名",
    "收款人", "收款人姓名", "收款人名称", "开户姓名", "银行户名", "holder",
)  # fmt: skip


def _column(
    name: str,
    holds: Holds = Holds.TEXT,
    *,
    required: bool = False,
    choices: Mapping[str, Text] | None = None,
    note: str = "",
) -> Column:
    title, *others = [word for word in words(name) if word not in _HOLDER]
    return Column(name, title, tuple(others), holds, required, dict(choices or {}), note)


ROSTER = Form(
    "roster",
    Text("花名册", "roster"),
    [
        _column("name", required=True),
        _column("id_type", Holds.CHOICE, choices=ID_TYPES, note="不填为居民身份证"),
        _column("id_number", Holds.DIGITS, required=True, note="文本格式，18位"),
        _column("phone", Holds.DIGITS),
        _column("crew", note="没有的班组会新建"),
        _column("is_leader", note="是、否"),
        _column("trade", note="工种名称或三位代码"),
        _column("role", Holds.CHOICE, choices=ROLES, note="不填为建筑工人"),
        _column("entered_on", Holds.DAY, required=True),
        _column("left_on", Holds.DAY),
        _column("contract_start", Holds.DAY),
        _column("contract_end", Holds.DAY),
        _column("contract_type", Holds.CHOICE, choices=PERIOD_TYPES, note="不填为固定期限"),
        _column("insured", note="是、否；不填为未说明"),
        _column("injury_insured", note="是、否；不填为未说明"),
        _column("card_no", Holds.DIGITS, note="文本格式"),
        _column("bank_name"),
        _column("bank_code", Holds.DIGITS),
        Column("holder", _HOLDER[0], _HOLDER[1:], note="不填为本人"),
    ],
)


def template(crews: Sequence[str]) -> bytes:
    """Give the xlsx to fill in; `crews` are the names of those that the project has."""
    return templates.write(ROSTER, {"crew": crews, "trade": list(TRADES.values())})
