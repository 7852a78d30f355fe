"""The default routes of limits of arrears cases."""

from datetime import date, time
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.db import new_id

revision = "0029"
down_revision = "0028"

# Nobody outside the offices hears of what people have told.
RECEIVERS = ["assignee", "inspector", "wage_office"]
STEPS = [
    {"wait": 1, "unit": "wd", "receivers": [], "again": True, "repeats": False},
    {"wait": 1, "unit": "wd", "receivers": ["unit_head"], "again": True, "repeats": True},
]


def upgrade() -> None:
    json = postgresql.JSONB()
    columns: list[sa.ColumnClause[Any]] = [
        sa.column("id", sa.Uuid()), sa.column("area_code"), sa.column("code"),
        sa.column("version"), sa.column("valid_from", sa.Date()), sa.column("enabled"),
        sa.column("priority"), sa.column("kinds", json), sa.column("levels", json),
        sa.column("investment_types", json), sa.column("receivers", json),
        sa.column("on_steps", json), sa.column("steps", json), sa.column("opens", sa.Time()),
        sa.column("closes", sa.Time()), sa.column("source"), sa.column("certainty"),
        sa.column("created_at", sa.DateTime(timezone=True)), sa.column("created_by"),
    ]  # fmt: skip
    op.bulk_insert(
        sa.table("routes", *columns),
        [
            {
                "id": new_id(), "area_code": "0", "code": "case_limits.any", "version": 1,
                "valid_from": date(2020, 5, 1), "enabled": True, "priority": 20,
                "kinds": ["case_limit_near", "case_step_overdue"], "levels": [],
                "investment_types": [],
                "receivers": RECEIVERS, "on_steps": {}, "steps": STEPS,
                "opens": time(9), "closes": time(17, 30),
                "source": "platform default, not law: receivers and answer times",
                "certainty": "C", "created_at": clock.wall(), "created_by": "migration:0029",
            }
        ],
    )  # fmt: skip
