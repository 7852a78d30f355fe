"""Mails that come back: reports as they came, and deliveries that had bounced."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

STATES = (
    "waiting", "sent", "delivered", "refused", "exhausted", "stopped", "bounced",
)  # fmt: skip


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    name = op.f("ck_deliveries_deliverystate")
    op.drop_constraint(name, "deliveries", type_="check")
    listed = ", ".join(f"'{state}'" for state in STATES)
    op.create_check_constraint(name, "deliveries", f"state IN ({listed})")
    op.add_column("deliveries", sa.Column("bounced_at", instant, nullable=True))
    op.add_column("deliveries", sa.Column("bounce_status", sa.Text(), nullable=True))
    state = sa.Enum(
        "unreadable", "unmatched", "noted", "bounced", name="bouncestate", native_enum=False,
        create_constraint=True, length=40,
    )  # fmt: skip
    action = sa.Enum(
        "failed", "delayed", "delivered", "relayed", "expanded", name="action",
        native_enum=False, create_constraint=True, length=40,
    )  # fmt: skip
    op.create_table(
        "bounces",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=True),
        sa.Column("action", action, nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column("received_at", instant, nullable=False),
        sa.Column("received_from", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_bounces_delivery_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounces")),
    )
    op.create_index("uq_bounces_digest", "bounces", ["digest"], unique=True)
    op.create_index("ix_bounces_order", "bounces", ["received_at", "id"])
    op.create_index("ix_bounces_delivery", "bounces", ["delivery_id"])
