"""Columns that replicas of the version before do not write get what these rows would say."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    for table, column, default in (("deposit_rules", "interest_to", "contractor"),):
        op.alter_column(table, column, server_default=sa.text(f"'{default}'"))
