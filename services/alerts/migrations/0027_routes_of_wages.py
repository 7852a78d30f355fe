"""Default routes of wages that are not paid: the employer first, then its contractor."""

from datetime import date, time
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.db import new_id

revision = "0027"
down_revision = "0026"

KINDS = ["payroll_not_submitted", "wages_unpaid", "paid_share_low", "leaver_not_settled"]


def _rung(wait: int, unit: str, *receivers: str, repeats: bool = False) -> dict[str, Any]:
    """Silence of so long: these are told too, and those before them again."""
    return {
        "wait": wait, "unit": unit, "receivers": list(receivers), "again": True,
        "repeats": repeats,
    }  # fmt: skip


_BLUE = ("assignee", "contractor", "wage_officer")
_YELLOW = (
    "assignee", "developer", "contractor", "wage_officer", "inspector", "responsible_person",
)  # fmt: skip
_ORANGE = (*_YELLOW, "sector_authority")
_RED = (*_ORANGE, "wage_office", "unit_head")
_BLUE_LADDER = [
    _rung(2, "wd", "inspector", "responsible_person"),
    _rung(3, "wd", repeats=True),
]
_YELLOW_LADDER = [
    _rung(4, "wh"),
    _rung(1, "wd"),
    _rung(2, "wd", "sector_authority", "unit_head"),
    _rung(3, "wd", "wage_office", repeats=True),
]
_ORANGE_LADDER = [
    _rung(4, "wh"),
    _rung(1, "wd"),
    _rung(1, "wd", "wage_office", "unit_head"),
    _rung(2, "wd", repeats=True),
]
_RED_LADDER = [
    _rung(4, "wh"),
    _rung(1, "wd", "leading_group"),
    _rung(1, "wd", repeats=True),
]

DEFAULTS = [
    ("wages.blue", 60, _BLUE, _BLUE_LADDER, ["blue"]),
    ("wages.yellow", 60, _YELLOW, _YELLOW_LADDER, ["yellow"]),
    ("wages.orange", 60, _ORANGE, _ORANGE_LADDER, ["orange"]),
    ("wages.red", 60, _RED, _RED_LADDER, ["red"]),
    # Levels that an area calls otherwise and has no routes for.
    ("wages.any", 70, (*_YELLOW, "wage_office"), _YELLOW_LADDER, []),
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
                "id": new_id(), "area_code": "0", "code": code, "version": 1,
                "valid_from": date(2020, 5, 1), "enabled": True, "priority": priority,
                "kinds": KINDS, "levels": levels, "investment_types": [],
                "receivers": list(receivers), "on_steps": {}, "steps": steps,
                "opens": time(9), "closes": time(17, 30),
                "source": "platform default, not law: receivers and answer times by level",
                "certainty": "C", "created_at": clock.wall(), "created_by": "migration:0027",
            }
            for code, priority, receivers, steps, levels in DEFAULTS
        ],
    )  # fmt: skip
