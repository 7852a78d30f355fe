"""Take statements of banks as files: the file, and its lines until all of it counts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "statement_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("bank_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("account_no", sa.LargeBinary(), nullable=True),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_from", sa.Text(), nullable=False),
        sa.Column(
            "status", _enum("statementstatus", "reading", "accepted", "refused"), nullable=False
        ),
        sa.Column("lines_read", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.Column("more_findings", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=True),
        sa.Column("to_day", sa.Date(), nullable=True),
        sa.Column("opening", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("closing", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("fresh_lines", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name=op.f("fk_statement_files_source_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["wage_accounts.id"],
            name=op.f("fk_statement_files_account_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_files")),
    )
    op.create_index(
        "uq_statement_files_content", "statement_files", ["source_id", "sha256"], unique=True
    )
    op.create_index("ix_statement_files_order", "statement_files", ["received_at", "id"])
    op.create_index(op.f("ix_statement_files_status"), "statement_files", ["status"])
    _create_lines()


def _create_lines() -> None:
    op.create_table(
        "statement_lines",
        sa.Column("statement_file_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("direction", _enum("direction", "in", "out"), nullable=False),
        sa.Column("kind", _enum("linekind", "ordinary", "returned"), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("balance", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("left_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("period", sa.Text(), nullable=True),
        sa.Column("purpose", sa.LargeBinary(), nullable=True),
        sa.Column("counterparty_name", sa.LargeBinary(), nullable=True),
        sa.Column("counterparty_name_index", sa.Text(), nullable=True),
        sa.Column("counterparty_account", sa.LargeBinary(), nullable=True),
        sa.Column("counterparty_account_index", sa.Text(), nullable=True),
        sa.Column("wage_month", sa.Text(), nullable=True),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement_file_id"],
            ["statement_files.id"],
            name=op.f("fk_statement_lines_statement_file_id"),
        ),
        sa.PrimaryKeyConstraint("statement_file_id", "position", name=op.f("pk_statement_lines")),
        # Read again after a crash, so that its rows need no log.
        prefixes=["UNLOGGED"],
    )
