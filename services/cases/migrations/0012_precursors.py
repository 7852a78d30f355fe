"""Forecasts, reminders and requests are kept for the items that they precede."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"

TOLD_IN = ("watch_item_entries", "shadow_steps")
HAPPENINGS = (
    "opened",
    "raised",
    "lowered",
    "step_reached",
    "part_received",
    "acknowledged",
    "answered",
    "answer_overdue",
    "verifying",
    "reopened",
    "finding_added",
    "assigned",
    "recomputed",
    "retold",
    "muted",
    "resumed",
    "without_timer",
    "case_proposed",
    "case_refused",
    "case_withdrawn",
    "case_opened",
    "evidence_added",
    "extension_asked",
    "extension_granted",
    "extension_refused",
    "order_moved",
    "funding_moved",
    "reversed",
    "annulled",
    "bank_notice",
    "contractor_report",
    "foretold",
    "reminded",
    "funding_requested",
    "funding_answered",
    "add_on_proposed",
    "add_on_decided",
    "closed",
)


def upgrade() -> None:
    # Lines of timelines may tell more; what they could tell before stays.
    allowed = ", ".join(f"'{each}'" for each in HAPPENINGS)
    for table in TOLD_IN:
        check = f"ck_{table}_happening"
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {check}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK (what IN ({allowed}))")
    op.create_table(
        "precursors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(f"what IN ({allowed})", name=op.f("ck_precursors_happening")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_precursors")),
    )
    op.create_index("uq_precursors_cause", "precursors", ["subject_id", "cause_id"], unique=True)
