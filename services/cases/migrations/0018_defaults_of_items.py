"""Columns that replicas of the version before do not write get what these rows would say."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    for table, column, default in (
        ("watch_items", "facts", "[]"),
        ("watch_items", "pauses", "[]"),
        ("watch_items", "granted", "[]"),
    ):
        op.alter_column(table, column, server_default=sa.text(f"'{default}'"))
