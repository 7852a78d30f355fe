"""Silences: what is not sent to persons for a while, by whose word, and by which terms."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.db import new_id

revision = "0014"
down_revision = "0013"

ENTRIES = (
    "raised", "repeated", "step_reached", "told", "silenced", "silence_ended", "escalated",
    "dead_end", "acknowledged", "promise_lapsed", "plan_decided", "supervision_proposed",
    "superseded", "closed",
)  # fmt: skip
REASONS = (
    "raised", "step", "report_overdue", "escalated", "promise_lapsed", "told_again", "closed",
)  # fmt: skip
STATES = ("proposed", "active", "ended")


def upgrade() -> None:
    json, instant = postgresql.JSONB(), sa.DateTime(timezone=True)
    op.create_table(
        "silence_terms",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("longest", json, nullable=False),
        sa.Column("two_persons", json, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("version > 0", name="version"),
    )
    op.create_index(
        "uq_silence_terms_version", "silence_terms", ["area_code", "version"], unique=True
    )
    op.create_table(
        "silences",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("kinds", json, nullable=False),
        sa.Column("levels", json, nullable=False),
        sa.Column("areas", json, nullable=False),
        sa.Column("projects", json, nullable=False),
        sa.Column("watch_item_id", sa.Uuid(), nullable=True),
        sa.Column("from_at", instant, nullable=False),
        sa.Column("until_at", instant, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), sa.ForeignKey("silence_terms.id"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                *STATES, name="silencestate", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", instant, nullable=True),
        sa.Column("ended_at", instant, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.CheckConstraint("from_at < until_at", name="span"),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> author", name="second_person"),
    )
    op.create_index("ix_silences_order", "silences", ["created_at", "id"])
    op.create_index("ix_silences_area", "silences", ["area_code", "state"])
    op.add_column(
        "notices", sa.Column("silenced_by", sa.Uuid(), sa.ForeignKey("silences.id"), nullable=True)
    )
    op.create_index(
        "ix_notices_silence", "notices", ["silenced_by"],
        postgresql_where=sa.text("silenced_by IS NOT NULL"),
    )  # fmt: skip
    _widen("timeline_entries", "entry", ENTRIES)
    _widen("notices", "reason", REASONS)
    _terms_by_default()


def _widen(table: str, column: str, values: tuple[str, ...]) -> None:
    """Let a column say more; what it could say before stays."""
    name = op.f(f"ck_{table}_{column}")
    op.drop_constraint(name, table, type_="check")
    allowed = ", ".join(f"'{each}'" for each in values)
    op.create_check_constraint(name, table, f"{column} IN ({allowed})")


def _terms_by_default() -> None:
    """An office may silence for three days, others for one; red needs two persons."""
    json = postgresql.JSONB()
    columns: list[sa.ColumnClause[Any]] = [
        sa.column("id", sa.Uuid()), sa.column("area_code"), sa.column("version"),
        sa.column("valid_from", sa.Date()), sa.column("longest", json),
        sa.column("two_persons", json), sa.column("source"), sa.column("certainty"),
        sa.column("created_at", sa.DateTime(timezone=True)), sa.column("created_by"),
    ]  # fmt: skip
    op.bulk_insert(
        sa.table("silence_terms", *columns),
        [
            {
                "id": new_id(), "area_code": "0", "version": 1, "valid_from": date(2020, 5, 1),
                "longest": {"wage_office": 72, "operator": 24, "inspector": 24},
                "two_persons": ["red"],
                "source": "platform default, not law: how long who may silence",
                "certainty": "C", "created_at": clock.wall(), "created_by": "migration:0014",
            }
        ],
    )  # fmt: skip
