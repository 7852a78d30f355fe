"""What became of the wages of months: people and yuan by class, and how far each has come."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

CLASSES = ("settled", "undisputed", "returned", "pending", "held", "disputed")
STATES = ("open", "nobody", "not_submitted", "unpaid", "under_way", "paid")


def upgrade() -> None:
    state = sa.Enum(
        *STATES, name="monthstate", native_enum=False, create_constraint=True, length=40
    )
    columns: list[sa.Column[Any]] = [
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in CLASSES),
        *(
            sa.Column(f"{name}_total", sa.Numeric(14, 2), server_default="0", nullable=False)
            for name in CLASSES
        ),
        sa.Column("attended_paid", sa.Integer(), nullable=True),
        sa.Column("state", state, server_default="open", nullable=False),
        sa.Column("owed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
    ]
    for column in columns:
        op.add_column("pay_months", column)
    # What is there already is worked out anew, once.
    op.execute("UPDATE pay_months SET touched = true")
