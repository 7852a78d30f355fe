"""What policies in shadow mode would have done."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

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
)
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
    "closed",
)


def upgrade() -> None:
    op.create_table(
        "shadow_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _codes("watchkind", *KINDS), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid()),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", _codes("happening", *HAPPENINGS), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_steps")),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policies.id"], name=op.f("fk_shadow_steps_policy_id")
        ),
    )
    op.create_index("ix_shadow_steps_policy", "shadow_steps", ["policy_id", "at", "id"])
    op.create_index("ix_shadow_steps_key", "shadow_steps", ["policy_id", "key"])


def _codes(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)
