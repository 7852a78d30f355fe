"""What a contractor should have reported and did not (724号 art. 27) is asked for and kept.

The law says 及时 and names no number, so how many working days it has is a row of its area.
"""

from datetime import UTC, date, datetime
from uuid import NAMESPACE_OID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"

KINDS = (
    "sub_ledgers",
    "closing_notice",
    "payroll_purpose",
    "cover_window",
    "transfers_due",
    "forecast",
    "reminders",
    "contractor_report",
)
NOTED = (
    "replanned",
    "closed",
    "reopened",
    "foretold",
    "reminded",
    "funding_requested",
    "funding_answered",
    "add_on_proposed",
    "add_on_decided",
    "report_overdue",
)


def upgrade() -> None:
    op.add_column("obligations", sa.Column("report_overdue_on", sa.Date(), nullable=True))
    _allow("obligation_notes", "noted", "what", NOTED)
    _allow("policies", "policykind", "kind", KINDS)
    policies = sa.table(
        "policies",
        sa.column("id", sa.Uuid()),
        sa.column("area_code", sa.Text()),
        sa.column("kind", sa.Text()),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        sa.column("values", postgresql.JSONB()),
        sa.column("basis", sa.Text()),
        sa.column("certainty", sa.Text()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("created_by", sa.Text()),
    )
    row = {
        "id": uuid5(NAMESPACE_OID, "payroll:policies:0:contractor_report:1"),
        "area_code": "0",
        "kind": "contractor_report",
        "version": 1,
        "valid_from": date(2020, 5, 1),
        "values": {"workdays": 3},
        "basis": "ours: 724号 art. 27 says 及时 and names no number",
        "certainty": "C",
        "created_at": datetime(2023, 1, 1, tzinfo=UTC),
        "created_by": "migration:0014",
    }
    op.bulk_insert(policies, [row])


def _allow(table: str, name: str, column: str, values: tuple[str, ...]) -> None:
    """Let a column hold these codes."""
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{column} IN ({listed})")
