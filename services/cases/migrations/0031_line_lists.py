"""Lists of a case's workers that came in files."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    states = sa.Enum(
        "tried", "refused", "entered", name="lineliststate", native_enum=False,
        create_constraint=True, length=40,
    )  # fmt: skip
    op.create_table(
        "line_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["arrears_cases.id"], name=op.f("fk_line_lists_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_lists")),
    )
    op.create_index("uq_line_lists_digest", "line_lists", ["case_id", "digest"], unique=True)
