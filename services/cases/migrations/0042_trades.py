"""The trades of organisations, by which a complaint about one finds its body."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    none = sa.text("'[]'::jsonb")
    kind = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("organisations", sa.Column("trades", kind, server_default=none, nullable=False))
