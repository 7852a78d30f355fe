"""Columns that replicas of the version before do not write get the months that law names."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    for column, months in (("guarantee_months", 12), ("statement_months", 3)):
        op.alter_column("deposit_rules", column, server_default=sa.text(f"'{months}'"))
