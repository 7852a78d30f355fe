"""How far the wages of months of projects have come."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "wage_months",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owed", sa.Boolean(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=True),
        *(
            sa.Column(name, sa.Date(), nullable=True)
            for name in ("submitted_on", "reviewed_on", "sent_on", "settled_on")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wage_months")),
    )
    op.create_index("uq_wage_months_period", "wage_months", ["project_id", "period"], unique=True)
