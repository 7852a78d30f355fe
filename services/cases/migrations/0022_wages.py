"""Wages that are not paid: the kinds, their ladders, and the order to pay (423号 art. 26)."""

import re
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock

revision = "0022"
down_revision = "0021"

NEW = ("payroll_not_submitted", "wages_unpaid", "paid_share_low", "leaver_not_settled")
TABLES = ("policies", "watch_items", "conditions", "tellings", "shadow_steps", "closing_terms")
LEVELS = [
    {"code": "blue", "rank": 1, "colour": "#2f6fed", "label": "蓝"},
    {"code": "yellow", "rank": 2, "colour": "#f5c518", "label": "黄"},
    {"code": "orange", "rank": 3, "colour": "#f08a24", "label": "橙"},
    {"code": "red", "rank": 4, "colour": "#d4302f", "label": "红"},
]


def step(code: str, level: str | None = None, **said: Any) -> dict[str, Any]:
    return {"code": code, "level": level, "after": None, "every": None, "at": "09:00"} | said


# The steps of a missed transfer. The first instant after D is no working day's, but the next day's.
STEPS = [
    step("open", "blue", after=1, unit="cd", at="00:00"),
    step("notice", after=1),
    step("yellow", "yellow", after=3),
    step("orange", "orange", after=10),
    step("draft", after=17),
    step("red", "red", after=20),
    step("repeat", every=1),
]
SAME: dict[str, Any] = {
    "unit": "wd",
    "steps": STEPS,
    "jumps": [{"code": "next_month_over", "fact": "next_month_over", "to": "red"}],
    "answer_within": {
        "yellow": {"length": 3, "unit": "wd"},
        "orange": {"length": 2, "unit": "wd"},
        "red": {"length": 3, "unit": "wd"},
    },
    "proposal": None,
    "certainty": "B",
}
# Ours, not law: areas lay their own rows over them.
DEFAULTS: list[dict[str, Any]] = [
    SAME
    | {
        "id": UUID("01868000-0000-7000-8000-000000000821"),
        "kind": "payroll_not_submitted",
        "basis": "平台默认阶梯（非法定数值）；724号第13、14、31条："
        "按月编制工资支付表并按约定日期支付；"
        "次月仍未支付即为红色，参照贵州做法",
    },
    SAME
    | {
        "id": UUID("01868000-0000-7000-8000-000000000822"),
        "kind": "wages_unpaid",
        "basis": "平台默认阶梯（非法定数值）；724号第11、13、14、31条："
        "工资须按约定日期足额支付到本人；"
        "次月仍未支付即为红色，参照贵州做法",
    },
    {
        "id": UUID("01868000-0000-7000-8000-000000000823"),
        "kind": "paid_share_low",
        "unit": "wd",
        "steps": [
            step("blue", "blue", below="100"),
            step("yellow", "yellow", below="95"),
            step("orange", "orange", below="90"),
            step("red", "red", below="80"),
            step("repeat", every=5),
        ],
        "jumps": [],
        "answer_within": SAME["answer_within"],
        "proposal": None,
        "basis": "平台默认阶梯（非法定数值）：当月已发放人数÷出勤人数（%）；参照贵州做法",
        "certainty": "B",
    },
    {
        "id": UUID("01868000-0000-7000-8000-000000000824"),
        "kind": "leaver_not_settled",
        "unit": "cd",
        "steps": [
            step("blue", "blue", after=3),
            step("yellow", "yellow", after=7),
            step("orange", "orange", after=15),
            step("red", "red", after=30),
            step("repeat", every=1, unit="wd"),
        ],
        "jumps": [],
        "answer_within": SAME["answer_within"],
        "proposal": None,
        "basis": "平台默认阶梯（非法定数值）：农民工退场后工资应结清；参照贵州做法",
        "certainty": "B",
    },
]
ORDER = {
    "id": UUID("01868000-0000-7000-8000-000000000823"),
    "area_code": "0",
    "matter": "wages",
    "version": 1,
    "valid_from": date(2020, 5, 1),
    "prefix": "劳监令字",
    "article": "423号第26条",
    "conduct": "未按时足额支付农民工工资，责令限期支付",
    "unit": "cd",
    "length": 10,
    "shortest": 3,
    "longest": 15,
    "sign_within": 3,
    "serve_within": 7,
    "basis": "423号第26条：责令限期支付，逾期不支付的加付应付金额50%以上100%以下的赔偿金；"
    "限期长短由办案人员在3至15日内确定（国家未规定）",
    "certainty": "C",
}


def upgrade() -> None:
    for table in TABLES:
        name = op.f(f"ck_{table}_watchkind")
        here = op.get_bind().scalar(
            sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
            {"name": name},
        )
        kinds = [*re.findall(r"'([^']+)'", f"{here}"), *NEW]
        listed = ", ".join(f"'{kind}'" for kind in kinds)
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"kind IN ({listed})")
    columns: list[Any] = [
        sa.column("id", sa.Uuid()),
        *(sa.column(name, sa.Text()) for name in ("area_code", "kind", "mode", "unit")),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        *(
            sa.column(name, postgresql.JSONB(none_as_null=True))
            for name in ("levels", "steps", "jumps", "answer_within", "proposal")
        ),
        *(sa.column(name, sa.Text()) for name in ("basis", "certainty", "created_by")),
        sa.column("created_at", sa.DateTime(timezone=True)),
    ]
    shared = {
        "area_code": "0",
        "version": 1,
        "valid_from": date(2020, 5, 1),
        "mode": "live",
        "levels": LEVELS,
        "created_at": clock.wall(),
        "created_by": f"migration:{revision}",
    }
    op.bulk_insert(sa.table("policies", *columns), [shared | one for one in DEFAULTS])
    op.bulk_insert(sa.table("order_terms", *_order_columns()), [ORDER])


def _order_columns() -> list[Any]:
    names = ("area_code", "matter", "prefix", "article", "conduct", "unit", "basis", "certainty")
    numbers = ("version", "length", "shortest", "longest", "sign_within", "serve_within")
    return [
        sa.column("id", sa.Uuid()),
        sa.column("valid_from", sa.Date()),
        *(sa.column(name, sa.Text()) for name in names),
        *(sa.column(name, sa.Integer()) for name in numbers),
    ]
