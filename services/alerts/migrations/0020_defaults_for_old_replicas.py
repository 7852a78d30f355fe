"""Columns that replicas of the version before do not write get what these rows would say."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    for table, column, default in (
        ("attempts", "parts", "1"),
        ("recipients", "language", "zh"),
        ("recipients", "failing", "{}"),
    ):
        op.alter_column(table, column, server_default=sa.text(f"'{default}'"))
