"""What the arrears ledger names: organisations, projects, and the months that are owed."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

INSTANT = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("investment_type", sa.Text(), nullable=False),
        sa.Column("developer_id", sa.Uuid(), nullable=False),
        sa.Column("developer_name", sa.Text(), nullable=False),
        sa.Column("contractor_id", sa.Uuid(), nullable=True),
        sa.Column("contractor_name", sa.Text(), nullable=True),
        sa.Column("sector_authority_id", sa.Uuid(), nullable=True),
        sa.Column("told_at", INSTANT, nullable=False),
    )
    op.add_column("arrears_cases", sa.Column("months", sa.Text(), nullable=True))
    # Of what was told before, the first report says it.
    op.execute(
        """
        UPDATE arrears_cases SET months = first.months FROM (
            SELECT DISTINCT ON (case_id) case_id, said ->> 'months' AS months
            FROM case_reports ORDER BY case_id, id
        ) AS first
        WHERE first.case_id = arrears_cases.id AND first.months IS NOT NULL
        """
    )
    op.create_index("ix_arrears_cases_opened_at", "arrears_cases", ["opened_at"])
