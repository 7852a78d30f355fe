"""What persons decide of a line's money, and what the bank took back; since when a debt is known.

Rows that are there keep what counts for them: obligations are known since they were due on their
day, lines choose since they came or since their account was entered.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_KNOWN = (
    "UPDATE obligations SET known_at = due_since",
    """
    UPDATE credits SET known_at = greatest(line.received_at, account.registered_at)
    FROM bank_lines AS line LEFT JOIN wage_accounts AS account ON account.id = line.account_id
    WHERE line.account_index = credits.account_index AND line.id = credits.line_id
    """,
)


def upgrade() -> None:
    _decisions()
    _columns()
    for statement in _KNOWN:
        op.execute(statement)
    # What is checked at the end of a transaction would stand in the way of a later migration.
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _decisions() -> None:
    op.create_table(
        "allocations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "counted",
                "set_aside",
                "returned",
                name="allocationkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("account_index", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=True),
        sa.Column("returning_line_id", sa.Uuid(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "confirmed",
                "refused",
                "reversing",
                "reversed",
                name="allocationstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("by_rule", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_allocations_amount")),
        sa.ForeignKeyConstraint(
            ["obligation_id"],
            ["obligations.id"],
            name=op.f("fk_allocations_obligation_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name=op.f("fk_allocations_source_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
    )
    op.create_index(
        "ix_allocations_line",
        "allocations",
        ["line_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('confirmed', 'reversing')"),
    )
    op.create_index(
        "ix_allocations_obligation",
        "allocations",
        ["obligation_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('confirmed', 'reversing')"),
    )
    op.create_index(
        "uq_allocations_pending",
        "allocations",
        ["line_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'reversing')"),
    )
    op.create_index(
        "uq_allocations_returning",
        "allocations",
        ["returning_line_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('refused', 'reversed')"),
    )
    op.create_table(
        "allocation_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "what",
            sa.Enum(
                "proposed",
                "confirmed",
                "refused",
                "reversal_proposed",
                "reversed",
                "reversal_refused",
                name="step",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["allocation_id"],
            ["allocations.id"],
            name=op.f("fk_allocation_steps_allocation_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_steps")),
    )
    op.create_index(
        "ix_allocation_steps_allocation", "allocation_steps", ["allocation_id", "at"], unique=False
    )


def _columns() -> None:
    op.add_column("bank_lines", sa.Column("reference", sa.Text(), nullable=True))
    op.add_column(
        "bank_lines", sa.Column("to_match", sa.Boolean(), server_default="false", nullable=False)
    )
    op.create_index("ix_bank_lines_id", "bank_lines", ["id"], unique=False)
    op.create_index(
        "ix_bank_lines_returned",
        "bank_lines",
        ["account_index"],
        unique=False,
        postgresql_where=sa.text("kind = 'returned'"),
    )
    op.create_index(
        "ix_bank_lines_to_match",
        "bank_lines",
        ["id"],
        unique=False,
        postgresql_where=sa.text("to_match"),
    )
    op.add_column(
        "credits",
        sa.Column(
            "decided_amount", sa.Numeric(precision=14, scale=2), server_default="0", nullable=False
        ),
    )
    op.add_column(
        "credits",
        sa.Column(
            "known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
    )
    op.create_index("ix_credits_line", "credits", ["line_id"], unique=False)
    op.add_column(
        "obligations",
        sa.Column(
            "known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
    )
    op.add_column(
        "obligations", sa.Column("reversals", sa.Integer(), server_default="0", nullable=False)
    )
