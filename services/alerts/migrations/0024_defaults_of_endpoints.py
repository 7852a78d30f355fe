"""Columns that replicas of the version before do not write get what these rows would say."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    for table, column, default in (
        ("endpoints", "projects", "[]"),
        ("endpoints", "ordered", "false"),
        ("endpoints", "failures", "0"),
        ("endpoints", "warned", "0"),
        ("endpoints", "payload", "full"),
        ("messages", "organisations", "[]"),
    ):
        op.alter_column(table, column, server_default=sa.text(f"'{default}'"))
