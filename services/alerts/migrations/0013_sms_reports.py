"""What gateways report of SMS, and how the providers of channels fare."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

FATES = (
    "delivered", "number_unknown", "switched_off", "out_of_service", "blacklisted",
    "content_refused", "too_many", "expired", "undelivered",
)  # fmt: skip


def upgrade() -> None:
    fate = sa.Enum(*FATES, name="fate", native_enum=False, create_constraint=True, length=40)
    op.add_column("deliveries", sa.Column("report", fate, nullable=True))
