"""Routes lie in trees, several may take one alert, and what is major is told past any other."""

from datetime import date, time
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.db import new_id

revision = "0009"
down_revision = "0008"

ENTRIES = (
    "raised", "repeated", "step_reached", "told", "escalated", "dead_end", "acknowledged",
    "promise_lapsed", "plan_decided", "superseded", "closed",
)  # fmt: skip
_LADDER: list[dict[str, Any]] = [
    {"wait": 4, "unit": "wh", "receivers": [], "again": True, "repeats": False},
    {"wait": 1, "unit": "wd", "receivers": ["leading_group"], "again": True, "repeats": False},
    {"wait": 1, "unit": "wd", "receivers": [], "again": True, "repeats": True},
]


def upgrade() -> None:
    empty = sa.text("'[]'")
    for name, kind, default in (
        ("parent", sa.Text(), None),
        ("continues", sa.Boolean(), sa.false()),
        ("areas", postgresql.JSONB(), empty),
        ("sector_authorities", postgresql.JSONB(), empty),
        ("amount_from", sa.Numeric(18, 2), None),
        ("major", sa.Boolean(), None),
    ):
        column = sa.Column(name, kind, nullable=default is None, server_default=default)
        op.add_column("routes", column)
    # A route that lies under another may leave its hours to that one.
    op.alter_column("routes", "opens", nullable=True)
    op.alter_column("routes", "closes", nullable=True)
    op.add_column(
        "alerts", sa.Column("major", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "alerts", sa.Column("path", postgresql.JSONB(), nullable=False, server_default=empty)
    )
    op.create_table(
        "branches",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("alert_id", sa.Uuid(), sa.ForeignKey("alerts.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("path", postgresql.JSONB(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
    )
    op.create_index("uq_branches_number", "branches", ["alert_id", "number"], unique=True)
    op.create_table(
        "signs",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("alert_id", sa.Uuid(), sa.ForeignKey("alerts.id"), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("project_name", sa.Text(), nullable=True),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan_started", sa.Boolean(), nullable=True),
        sa.Column("plan_reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("persons > 0", name="persons"),
    )
    op.create_index("ix_signs_order", "signs", ["seen_at", "id"], unique=False)
    op.create_index("ix_signs_area", "signs", ["area_code", "seen_at"], unique=False)
    op.drop_constraint(op.f("ck_timeline_entries_entry"), "timeline_entries", type_="check")
    told = ", ".join(f"'{entry}'" for entry in ENTRIES)
    op.create_check_constraint(
        op.f("ck_timeline_entries_entry"), "timeline_entries", f"entry IN ({told})"
    )
    _major_by_default()


def _major_by_default() -> None:
    """What is major reaches the wage office and the leading group at once, beside its own route."""
    json = postgresql.JSONB()
    columns: list[sa.ColumnClause[Any]] = [
        sa.column("id", sa.Uuid()), sa.column("area_code"), sa.column("code"),
        sa.column("version"), sa.column("valid_from", sa.Date()), sa.column("enabled"),
        sa.column("priority"), sa.column("continues"), sa.column("major"),
        sa.column("kinds", json), sa.column("levels", json),
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
                "continues": continues, "major": True, "kinds": kinds, "levels": [],
                "investment_types": [], "receivers": ["wage_office", "leading_group"],
                "on_steps": {}, "steps": _LADDER, "opens": time(9), "closes": time(17, 30),
                "source": "platform default, not law: major matters reach the office at once",
                "certainty": "C", "created_at": clock.wall(), "created_by": "migration:0009",
            }
            # A sign has no other route; a major item has its own as well.
            for code, priority, kinds, continues in (
                ("sign", 1, ["group_dispute_sign"], False), ("major", 2, [], True),
            )
        ],
    )  # fmt: skip
