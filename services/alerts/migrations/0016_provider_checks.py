"""How the providers of channels fared at their last self-test."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

CHANNELS = ("webhook", "mail", "inbox", "sms", "wecom", "dingtalk", "feishu")


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    channel = sa.Enum(
        *CHANNELS, name="channel", native_enum=False, create_constraint=True, length=40
    )
    op.create_table(
        "provider_checks",
        sa.Column("channel", channel, nullable=False),
        sa.Column("checked_at", instant, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("failing_since", instant, nullable=True),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_provider_checks")),
    )
