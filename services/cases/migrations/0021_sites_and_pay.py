"""What is wrong on sites and in payrolls: people nobody registered, attendance that stops, pay."""

import re
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock

revision = "0021"
down_revision = "0020"

NEW = (
    "unregistered_on_site",
    "attendance_stopped",
    "below_minimum_wage",
    "implausible_pay",
)
TABLES = ("policies", "watch_items", "conditions", "tellings", "shadow_steps", "closing_terms")
LEVELS = [
    {"code": "blue", "rank": 1, "colour": "#2f6fed", "label": "蓝"},
    {"code": "yellow", "rank": 2, "colour": "#f5c518", "label": "黄"},
    {"code": "orange", "rank": 3, "colour": "#f08a24", "label": "橙"},
    {"code": "red", "rank": 4, "colour": "#d4302f", "label": "红"},
]
ANSWERS = {
    "yellow": {"length": 3, "unit": "wd"},
    "orange": {"length": 2, "unit": "wd"},
    "red": {"length": 3, "unit": "wd"},
}


def step(code: str, **said: Any) -> dict[str, Any]:
    """Give a rung that is called by its level, unless it has none."""
    level = None if code == "repeat" else code
    return {"code": code, "level": level, "after": None, "every": None, "at": "09:00"} | said


RED = step("repeat", every=1, unit="wd")


def row(
    number: int, kind: str, steps: list[dict[str, Any]], basis: str, **said: Any
) -> dict[str, Any]:
    levels = {one["level"] for one in steps}
    return {
        "id": UUID(f"01868000-0000-7000-8000-{number:012d}"),
        "kind": kind,
        "unit": "cd",
        "steps": [*steps, RED],
        "jumps": [],
        "answer_within": {level: said for level, said in ANSWERS.items() if level in levels},
        "proposal": None,
        "basis": f"平台默认阶梯（非法定数值）；{basis}",
        "certainty": "C",
    } | said


# Ours, not law: areas lay their own rows over them.
DEFAULTS: list[dict[str, Any]] = [
    row(
        21,
        "unregistered_on_site",
        [
            step("yellow", at_least="1"),
            step("orange", at_least="5"),
            step("red", at_least="10"),
        ],
        "724号第28条：签订劳动合同并实名登记后方可进场；数值为人数与占在场人数百分比之大者",
    ),
    row(
        22,
        "attendance_stopped",
        [
            step("blue", after=3),
            step("yellow", after=7),
            step("orange", after=15),
            step("red", after=30),
        ],
        "在建项目自最后一次考勤之日起无人考勤；各地做法，停工项目和考勤数据未到的不计",
    ),
    row(
        23,
        "below_minimum_wage",
        [step("yellow", below="1"), step("red")],
        "月平均实发与当地最低工资标准（按出勤天数折算）之比；贵州做法",
        jumps=[{"code": "second_month", "fact": "second_month", "to": "red"}],
    ),
    row(
        24,
        "implausible_pay",
        [step("yellow"), step("red")],
        "单人月薪、年薪过高，多卡一人，多人金额雷同（疑似虚假工资）；贵州做法",
        jumps=[{"code": "repeated", "fact": "repeated", "to": "red"}],
    ),
]


def upgrade() -> None:
    for table in TABLES:
        _allow(table)
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
        "created_by": "migration:sites_and_pay",
    }
    op.bulk_insert(sa.table("policies", *columns), [shared | one for one in DEFAULTS])


def _allow(table: str) -> None:
    """Let a table hold the new kinds beside those that are there."""
    name = op.f(f"ck_{table}_watchkind")
    there = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": name},
    )
    kinds = [*re.findall(r"'([a-z_]+)'", there.scalar_one()), *NEW]
    op.drop_constraint(name, table, type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(name, table, f"kind IN ({listed})")
