"""Duties that come again, leaves with stand-ins, and hours in which a channel waits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.add_column(
        "recipients",
        sa.Column("quiet", postgresql.JSONB(), server_default="[]", nullable=False),
    )
    op.create_table(
        "duty_patterns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("days", _enum("dutydays", "workdays", "days_off", "every_day"), nullable=False),
        sa.Column("turn", _enum("turn", "duty", "week"), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("recipient_ids", postgresql.JSONB(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "until_on IS NULL OR from_on <= until_on + 1", name=op.f("ck_duty_patterns_span")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_patterns")),
    )
    op.create_index("ix_duty_patterns_area", "duty_patterns", ["area_code", "from_on", "id"])
    op.create_table(
        "leaves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("stand_in_id", sa.Uuid(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("from_on <= until_on", name=op.f("ck_leaves_span")),
        sa.CheckConstraint("stand_in_id <> recipient_id", name=op.f("ck_leaves_stand_in")),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recipients.id"], name=op.f("fk_leaves_recipient_id")
        ),
        sa.ForeignKeyConstraint(
            ["stand_in_id"], ["recipients.id"], name=op.f("fk_leaves_stand_in_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaves")),
    )
    op.create_index("ix_leaves_recipient", "leaves", ["recipient_id", "from_on"])
    op.create_index("ix_leaves_order", "leaves", ["from_on", "id"])
