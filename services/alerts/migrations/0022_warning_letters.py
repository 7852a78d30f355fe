"""Warning letters to many employers, and what of the inbox was read."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("notices", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "warning_letters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=True),
        sa.Column("receivers", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_warning_letters_alert_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warning_letters")),
    )
    op.create_index("ix_warning_letters_order", "warning_letters", ["sent_at", "id"])
    op.create_index("ix_warning_letters_area", "warning_letters", ["area_code", "sent_at"])
