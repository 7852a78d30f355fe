"""A project that was red stays on watch: the kind, and how many clean periods the nation asks."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock

revision = "0016"
down_revision = "0015"

NEW = "watched_after_red"
KINDS = (
    "transfer_missed",
    "bank_feed_late",
    "account_not_opened",
    "account_not_filed",
    "agreement_missing",
    "deposit_missing",
    "guarantee_expiring",
    "deposit_not_replenished",
    "cover_low",
    "notice_board_missing",
    "wage_officer_missing",
    "payment_guarantee_missing",
    "no_systems",
    "reporting_gap",
    "nobody_in_charge",
    NEW,
)
TABLES = ("policies", "watch_items", "conditions", "tellings", "shadow_steps", "closing_terms")

LEVELS = [{"code": "blue", "rank": 1, "colour": "#2f6fed", "label": "蓝"}]
# Ours, not law: areas lay their own rows over it. `below` counts clean periods in a row.
DEFAULTS: list[dict[str, Any]] = [
    {
        "id": UUID("01868000-0000-7000-8000-000000000016"),
        "kind": NEW,
        "unit": "wd",
        "steps": [
            {"code": "blue", "level": "blue", "after": None, "every": None, "at": "09:00",
             "below": "2"},
            {"code": "repeat", "level": None, "after": None, "every": 20, "at": "09:00"},
        ],
        "jumps": [],
        "answer_within": {},
        "proposal": None,
        "basis": "平台默认（非法定数值）；红色事项办结后继续观察两个按时足额到账的周期，"
        "参照云人社发〔2024〕13号（连续2期、4期正常后降级）",
        "certainty": "C",
    }
]  # fmt: skip


def upgrade() -> None:
    listed = ", ".join(f"'{kind}'" for kind in KINDS)
    for table in TABLES:
        name = op.f(f"ck_{table}_watchkind")
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
        "created_by": "migration:0016",
    }
    op.bulk_insert(sa.table("policies", *columns), [shared | one for one in DEFAULTS])
