"""Subcontracts and labour-service contracts."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "subcontracts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            _choice("subcontractkind", "specialist", "labour", "labour_service"),
            nullable=False,
        ),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("awarding_id", sa.Uuid(), nullable=False),
        sa.Column(
            "receiver", _choice("receiver", "organisation", "crew", "person"), nullable=False
        ),
        sa.Column("receiving_id", sa.Uuid(), nullable=True),
        sa.Column("crew", sa.Text(), nullable=True),
        sa.Column("works", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("whole_works", sa.Boolean(), nullable=False),
        sa.Column("main_structure", sa.Boolean(), nullable=False),
        sa.Column("includes_materials", sa.Boolean(), nullable=False),
        sa.Column("licence_number", sa.Text(), nullable=True),
        sa.Column("licence_until", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["awarding_id"], ["organisations.id"], name=op.f("fk_subcontracts_awarding_id")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["subcontracts.id"], name=op.f("fk_subcontracts_parent_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_subcontracts_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["receiving_id"], ["organisations.id"], name=op.f("fk_subcontracts_receiving_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subcontracts")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_subcontracts_project_id_number")),
    )
    op.create_index(
        op.f("ix_subcontracts_changed_xid"), "subcontracts", ["changed_xid"], unique=False
    )
    op.create_index("ix_subcontracts_receiving_id", "subcontracts", ["receiving_id"], unique=False)
