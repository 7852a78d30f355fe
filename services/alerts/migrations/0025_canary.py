"""The route of the platform's canary, in its own place, which is no area: nobody is told by it."""

from datetime import date, time
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.db import new_id

revision = "0025"
down_revision = "0024"

# At the first rung, which falls due at once, it leaves; the other keeps its alert timed.
STEPS = [
    {"wait": 0, "unit": "h", "receivers": [], "again": False, "repeats": False},
    {"wait": 24, "unit": "h", "receivers": [], "again": False, "repeats": True},
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
                "id": new_id(), "area_code": "canary", "code": "canary", "version": 1,
                "valid_from": date(2020, 5, 1), "enabled": True, "priority": 10,
                "kinds": ["canary"], "levels": [], "investment_types": [],
                "receivers": [], "on_steps": {}, "steps": STEPS,
                "opens": time(9), "closes": time(17, 30),
                "source": "platform: how its own synthetic miss leaves; nobody is told by it",
                "certainty": "A", "created_at": clock.wall(), "created_by": "migration:0025",
            }
        ],
    )  # fmt: skip
