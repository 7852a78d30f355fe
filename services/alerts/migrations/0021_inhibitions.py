"""Inhibition: facts of projects, and the rules by which they mute alerts."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.db import new_id

revision = "0021"
down_revision = "0020"

ENTRIES = (
    "raised", "repeated", "step_reached", "told", "silenced", "silence_ended", "inhibited",
    "inhibition_ended", "escalated", "dead_end", "acknowledged", "promise_lapsed",
    "plan_decided", "supervision_proposed", "superseded", "closed",
)  # fmt: skip


def _fact() -> sa.Enum:
    return sa.Enum(
        "account_frozen", name="fact", native_enum=False, create_constraint=True, length=40
    )


def upgrade() -> None:
    json, instant = postgresql.JSONB(), sa.DateTime(timezone=True)
    op.create_table(
        "inhibitions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("source", _fact(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("kinds", json, nullable=False),
        sa.Column("levels", json, nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("version > 0", name="version"),
    )
    op.create_index(
        "uq_inhibitions_version", "inhibitions", ["area_code", "source", "version"], unique=True
    )
    op.create_table(
        "project_facts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", _fact(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("since_at", instant, nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("ended_at", instant, nullable=True),
    )
    op.create_index(
        "uq_project_facts_holds", "project_facts", ["subject_id", "kind"], unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )  # fmt: skip
    op.create_index("ix_project_facts_project", "project_facts", ["project_id"])
    op.add_column(
        "notices",
        sa.Column("inhibited_by", sa.Uuid(), sa.ForeignKey("project_facts.id"), nullable=True),
    )
    op.create_index(
        "ix_notices_inhibition", "notices", ["inhibited_by"],
        postgresql_where=sa.text("inhibited_by IS NOT NULL"),
    )  # fmt: skip
    op.drop_constraint(op.f("ck_timeline_entries_entry"), "timeline_entries", type_="check")
    told = ", ".join(f"'{entry}'" for entry in ENTRIES)
    op.create_check_constraint(
        op.f("ck_timeline_entries_entry"), "timeline_entries", f"entry IN ({told})"
    )
    _rule_by_default()


def _rule_by_default() -> None:
    """While a wage account is frozen, below red nobody is urged to bring money onto it."""
    json = postgresql.JSONB()
    columns: list[sa.ColumnClause[Any]] = [
        sa.column("id", sa.Uuid()), sa.column("area_code"), sa.column("source"),
        sa.column("version"), sa.column("valid_from", sa.Date()), sa.column("enabled"),
        sa.column("kinds", json), sa.column("levels", json), sa.column("basis"),
        sa.column("certainty"), sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("created_by"),
    ]  # fmt: skip
    op.bulk_insert(
        sa.table("inhibitions", *columns),
        [
            {
                "id": new_id(), "area_code": "0", "source": "account_frozen", "version": 1,
                "valid_from": date(2020, 5, 1), "enabled": True,
                "kinds": ["transfer_missed", "cover_low"],
                "levels": ["blue", "yellow", "orange"],
                "basis": "platform default, not law: a frozen account takes no transfer",
                "certainty": "C", "created_at": clock.wall(), "created_by": "migration:0021",
            }
        ],
    )  # fmt: skip
