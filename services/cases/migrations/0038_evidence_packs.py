"""Notices that arrived, as alerts tells, and evidence packs that were made."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0038"
down_revision = "0037"

ABOUT = ("watch_item", "arrears_case")


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    ids = ("id", "watch_item_id", "alert_id", "notice_id", "delivery_id", "recipient_id")
    op.create_table(
        "notice_proofs",
        *(sa.Column(one, sa.Uuid(), nullable=False) for one in ids),
        *(sa.Column(one, sa.Text(), nullable=False) for one in ("channel", "reason", "level")),
        sa.Column("told_at", instant, nullable=False),
        sa.Column("delivered_at", instant, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_proofs")),
    )
    op.create_index(
        "uq_notice_proofs_notice", "notice_proofs", ["delivery_id", "notice_id"], unique=True
    )
    op.create_index(
        "ix_notice_proofs_watch_item_id", "notice_proofs", ["watch_item_id", "delivered_at"]
    )
    about = sa.Enum(*ABOUT, name="about", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "evidence_packs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("about", about, nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("entries", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", instant, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_packs")),
    )
    op.create_index(
        "uq_evidence_packs_digest", "evidence_packs", ["subject_id", "digest"], unique=True
    )
