"""What of a payroll line comes on top of gross, and what is left for later."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    money = sa.Numeric(precision=14, scale=2)
    for name in ("late", "unpaid"):
        op.add_column("sheet_lines", sa.Column(name, money, nullable=True))
