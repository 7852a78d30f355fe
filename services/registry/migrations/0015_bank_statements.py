"""The bank's quarterly statements of deposits: expected by a number of the area, filed, late."""

import sqlalchemy as sa
from alembic import op

from shared.db import AGELESS, same_id

revision = "0015"
down_revision = "0014"

SEEDED = same_id(AGELESS, "deposit_rule", "0", 1)
BASIS = "；第二十一条（经办银行按季度提供存款对账单；期后10个工作日为本平台设定）"
KINDS = (
    "no_systems", "deposit_missing", "guarantee_expiring", "deposit_not_replenished",
    "deposit_statement_missing", "notice_board_missing", "wage_officer_missing",
    "payment_guarantee_missing",
)  # fmt: skip


def upgrade() -> None:
    # What areas entered before they were asked takes the nation's numbers.
    op.add_column(
        "deposit_rules",
        sa.Column("statement_months", sa.Integer(), server_default="3", nullable=False),
    )
    op.alter_column("deposit_rules", "statement_months", server_default=None)
    op.execute(
        """
        UPDATE deposit_rules
        SET limits = limits || '{"statement": {"length": 10, "unit": "wd"}}'::jsonb
        """
    )
    rules = sa.table("deposit_rules", sa.column("id", sa.Uuid()), sa.column("basis", sa.Text()))
    op.execute(
        rules.update().where(rules.c.id == SEEDED).values(basis=rules.c.basis + sa.literal(BASIS))
    )
    op.add_column("securities", sa.Column("statement_due_on", sa.Date(), nullable=True))
    listed = ", ".join(f"'{kind}'" for kind in KINDS)
    for table, column in (("requirements", "condition"), ("told_conditions", "kind")):
        name = op.f(f"ck_{table}_conditionkind")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"{column} IN ({listed})")
    _create()


def _create() -> None:
    op.create_table(
        "bank_statements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("security_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "owed", "filed", "dropped", name="statementstate", native_enum=False,
                create_constraint=True, length=40,
            ),
            nullable=False,
        ),
        sa.Column("stated_on", sa.Date(), nullable=True),
        sa.Column("balance", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("file_kind", sa.Text(), nullable=True),
        sa.Column("file_size", sa.Integer(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("filed_by", sa.Text(), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terms_version", sa.Integer(), nullable=False),
        sa.Column("calendar_version", sa.Text(), nullable=False),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["security_id"], ["securities.id"], name=op.f("fk_bank_statements_security_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statements")),
        sa.UniqueConstraint(
            "security_id", "to_on", name=op.f("uq_bank_statements_security_id_to_on")
        ),
    )  # fmt: skip
    op.create_index("ix_bank_statements_project_id", "bank_statements", ["project_id"])
    op.create_index(
        "ix_bank_statements_owed",
        "bank_statements",
        ["due_on"],
        postgresql_where=sa.text("state = 'owed'"),
    )
