"""Suspensions of projects, and the days of their completion and settlement."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.add_column("projects", sa.Column("completed_on", sa.Date(), nullable=True))
    op.add_column("projects", sa.Column("settled_on", sa.Date(), nullable=True))
    op.create_table(
        "suspensions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column(
            "reason",
            _choice(
                "suspensionreason", "season", "funds", "design_change", "ordered",
                "force_majeure", "dispute", "other",
            ),
            nullable=False,
        ),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            _choice(
                "suspensionstate", "requested", "approved", "refused", "withdrawn", "over"
            ),
            nullable=False,
        ),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resumed_on", sa.Date(), nullable=True),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_suspensions_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspensions")),
    )  # fmt: skip
    op.create_index(
        op.f("ix_suspensions_changed_xid"), "suspensions", ["changed_xid"], unique=False
    )
    op.create_index("ix_suspensions_project_id", "suspensions", ["project_id"], unique=False)
