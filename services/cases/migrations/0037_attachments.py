"""Files that come with a report, and what areas take of them at the public door."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"

KINDS = '["pdf", "png", "jpeg", "webp", "heic", "mp4"]'


def upgrade() -> None:
    op.add_column("evidence", sa.Column("report_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_evidence_report_id"), "evidence", "case_reports", ["report_id"], ["id"]
    )
    op.create_index("ix_evidence_report_id", "evidence", ["report_id"])
    kinds = postgresql.JSONB(astext_type=sa.Text())
    added: list[sa.Column[Any]] = [
        sa.Column("file_kinds", kinds, server_default=sa.text(f"'{KINDS}'::jsonb"), nullable=False),
        sa.Column("most_files", sa.Integer(), server_default="10", nullable=False),
        sa.Column("most_bytes", sa.Integer(), server_default="20971520", nullable=False),
    ]
    for column in added:
        op.add_column("public_terms", column)
