"""The platform's canary: its rounds, and the alarms of those that did not come back."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

STAGES = ("blind", "awaited", "entered", "found", "sent")


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "canary_rounds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("started_at", instant, nullable=False),
        sa.Column("account_index", sa.Text(), nullable=False),
        sa.Column("found_at", instant, nullable=True),
        sa.Column("back_at", instant, nullable=True),
        sa.Column("received_at", instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canary_rounds")),
    )
    for name, where in (
        ("started_at", None),
        ("open", sa.text("received_at IS NULL")),
        ("back", sa.text("back_at IS NOT NULL")),
    ):
        op.create_index(
            f"ix_canary_rounds_{name}", "canary_rounds", ["started_at"], postgresql_where=where
        )
    stage = sa.Enum(*STAGES, name="stage", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "canary_alarms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("since", instant, nullable=False),
        sa.Column("stage", stage, nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("next_at", instant, nullable=False),
        sa.Column("over_at", instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canary_alarms")),
    )
    op.create_index(
        "uq_canary_alarms_open",
        "canary_alarms",
        ["about"],
        unique=True,
        postgresql_where=sa.text("over_at IS NULL"),
    )
