"""Retaliation that was told of in arrears cases, and what was done about it."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

KINDS = ("threat", "dismissal", "work_denied", "violence")


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    kind = sa.Enum(
        *KINDS, name="retaliationkind", native_enum=False, create_constraint=True, length=40
    )
    op.create_table(
        "retaliations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("kind", kind, nullable=False),
        sa.Column("told_at", instant, nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("answered_at", instant, nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("measure", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (measure IS NULL)", name=op.f("ck_retaliations_answer")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["arrears_cases.id"], name=op.f("fk_retaliations_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["case_reports.id"], name=op.f("fk_retaliations_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retaliations")),
    )
    op.create_index("ix_retaliations_case_id", "retaliations", ["case_id", "id"])
    op.add_column(
        "arrears_cases",
        sa.Column("retaliations_open", sa.Integer(), server_default="0", nullable=False),
    )
