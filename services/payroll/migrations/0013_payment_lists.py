"""Keep files of treasury payments, and what their rows say of the money's source."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "payment_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_from", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "checked",
                "refused",
                "imported",
                name="liststate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_lists")),
    )
    op.create_index(
        "uq_payment_lists_digest", "payment_lists", ["area_code", "digest"], unique=True
    )
    op.add_column("treasury_payments", sa.Column("funding_source", sa.Text(), nullable=True))
    op.add_column("treasury_payments", sa.Column("payment_list_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_treasury_payments_payment_list_id"),
        "treasury_payments",
        "payment_lists",
        ["payment_list_id"],
        ["id"],
        initially="DEFERRED",
        deferrable=True,
    )
