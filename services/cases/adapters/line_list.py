"""The list of workers who are owed wages, as people bring it: its columns, and its template."""

from shared.tables import people, templates
from shared.tables.forms import Column, Form, Holds
from shared.wording import Text

_NAME, *_NAMES = people.PERSON["name"]
_ID, *_IDS = people.PERSON["id_number"]

WORKERS = Form(
    "workers_owed",
    Text("欠薪名册", "workers owed"),
    [
        Column("name", _NAME, tuple(_NAMES), required=True),
        Column("id_number", _ID, tuple(_IDS), Holds.DIGITS, note="文本格式；不知道可留空"),
        Column(
            "months", "欠薪月份",
            ("拖欠月份", "欠薪期间", "拖欠期间", "欠薪时间", "拖欠时间", "欠薪起止月份",
             "所属月份", "月份", "工资月份", "months", "months owed"),
            required=True, note="如 2023-03 或 2023-03至2023-05",
        ),
        Column(
            "claimed", "欠薪金额",
            ("拖欠金额", "欠薪", "拖欠工资", "拖欠工资金额", "欠发工资", "欠付工资", "未发工资",
             "未付工资", "尚欠工资", "尚欠金额", "欠款金额", "金额", "反映金额", "claimed",
             "amount"),
            Holds.AMOUNT, required=True, note="人民币元",
        ),
    ],
)  # fmt: skip


def template() -> bytes:
    """Give the xlsx to fill in."""
    return templates.write(WORKERS)
