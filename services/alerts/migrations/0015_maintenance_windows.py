"""Maintenance windows: what some channels would send waits for a span's end."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "maintenance_windows",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("channels", postgresql.JSONB(), nullable=False),
        sa.Column("from_at", instant, nullable=False),
        sa.Column("until_at", instant, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("from_at < until_at", name="span"),
    )
    op.create_index("ix_maintenance_windows_order", "maintenance_windows", ["from_at", "id"])
    op.create_index("ix_maintenance_windows_until", "maintenance_windows", ["until_at"])
