"""Wages that came back, are disputed, or left the account for somebody else."""

import re
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock

revision = "0023"
down_revision = "0022"

NEW = ("payment_outside_account", "payment_returned", "receipt_disputed")
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


def row(number: int, kind: str, steps: list[dict[str, Any]], basis: str) -> dict[str, Any]:
    levels = {one["level"] for one in steps}
    return {
        "id": UUID(f"01868000-0000-7000-8000-{number:012d}"),
        "kind": kind,
        "unit": "wd",
        "steps": [*steps, step("repeat", every=1)],
        "jumps": [],
        "answer_within": {level: said for level, said in ANSWERS.items() if level in levels},
        "proposal": None,
        "basis": f"平台默认阶梯（非法定数值）；{basis}",
        "certainty": "C",
    }


# Ours, not law: areas lay their own rows over them.
DEFAULTS: list[dict[str, Any]] = [
    row(
        31,
        "payment_outside_account",
        [step("red")],
        "53号第7条：专户资金专项用于支付本项目农民工工资，支付给非本项目人员的立即列红",
    ),
    row(
        32,
        "payment_returned",
        [
            step("blue", after=1),
            step("yellow", after=3),
            step("orange", after=5),
            step("red", after=10),
        ],
        "724号第31条：工资须支付到本人账户，退回的应及时重新发放；各地做法",
    ),
    row(
        33,
        "receipt_disputed",
        [step("yellow")],
        "724号第31条：用人单位和其他人员不得扣押或变相扣押工资卡；本人反映未收到的立即列黄",
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
        "created_by": "migration:payments",
    }
    op.bulk_insert(sa.table("policies", *columns), [shared | one for one in DEFAULTS])


def _allow(table: str) -> None:
    """Let a table hold the new kinds beside those that are there."""
    name = op.f(f"ck_{table}_watchkind")
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": name},
    )
    kinds = [*re.findall(r"'([a-z_]+)'", f"{there}"), *NEW]
    op.drop_constraint(name, table, type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(name, table, f"kind IN ({listed})")
