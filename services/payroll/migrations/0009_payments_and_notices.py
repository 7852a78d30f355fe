"""What finance sent, who told of a miss by law, and an index of what is lacking."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "miss_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "bank_notice",
                "contractor_report",
                name="noticekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("bank_id", sa.Uuid(), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("told_to", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column(
            "came_first",
            sa.Enum(
                "notice",
                "detection",
                name="camefirst",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_from", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["obligation_id"],
            ["obligations.id"],
            name=op.f("fk_miss_notices_obligation_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_miss_notices")),
    )
    op.create_index("ix_miss_notices_order", "miss_notices", ["received_at", "id"], unique=False)
    op.create_index(
        "uq_miss_notices_obligation", "miss_notices", ["obligation_id", "kind"], unique=True
    )
    op.create_table(
        "treasury_payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payer_area", sa.Text(), nullable=False),
        sa.Column("voucher", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=True),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("seen_line_id", sa.Uuid(), nullable=True),
        sa.Column("seen_on", sa.Date(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_from", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_treasury_payments_amount")),
        sa.ForeignKeyConstraint(
            ["obligation_id"],
            ["obligations.id"],
            name=op.f("fk_treasury_payments_obligation_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_treasury_payments_project_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treasury_payments")),
    )
    op.create_index(
        "ix_treasury_payments_order", "treasury_payments", ["sent_on", "id"], unique=False
    )
    op.create_index(
        "ix_treasury_payments_project", "treasury_payments", ["project_id", "period"], unique=False
    )
    op.create_index(
        "ix_treasury_payments_unseen",
        "treasury_payments",
        ["project_id"],
        unique=False,
        postgresql_where=sa.text("seen_line_id IS NULL"),
    )
    op.create_index(
        "uq_treasury_payments_seen",
        "treasury_payments",
        ["seen_line_id"],
        unique=True,
        postgresql_where=sa.text("seen_line_id IS NOT NULL"),
    )
    op.create_index(
        "uq_treasury_payments_voucher", "treasury_payments", ["payer_area", "voucher"], unique=True
    )
    op.add_column(
        "obligations", sa.Column("bank_notice_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "obligations", sa.Column("contractor_report_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "obligations",
        sa.Column(
            "told_first",
            sa.Enum(
                "notice",
                "detection",
                name="camefirst",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
    )
    op.create_index(
        "ix_obligations_lacking",
        "obligations",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("credited_amount < due_amount"),
        if_not_exists=True,  # A large one is made before, by hand and without shutting out anybody.
    )
