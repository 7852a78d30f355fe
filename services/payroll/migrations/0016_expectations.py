"""Feeds that payroll expects beside the banks', and how often the nation's row asks for them."""

from datetime import UTC, date, datetime
from uuid import NAMESPACE_OID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"

KINDS = (
    "sub_ledgers",
    "closing_notice",
    "payroll_purpose",
    "cover_window",
    "transfers_due",
    "forecast",
    "reminders",
    "contractor_report",
    "treasury_feed",
    "contractor_feed",
    "gate_vendor_feed",
)
FEEDS = ("treasury", "provincial_client", "contractor", "gate_vendor")
STATES = ("awaited", "silent", "ended")


def upgrade() -> None:
    op.create_table(
        "expectations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _codes("feedkind", *FEEDS), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("source", "area_code", "name")),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("state", _codes("expectationstate", *STATES), nullable=False),
        sa.Column("counted_from", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("expected_by", "arrived_at", "ended_at")
        ),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expectations")),
    )
    op.create_index(
        "uq_expectations_standing",
        "expectations",
        ["kind", "source", "area_code"],
        unique=True,
        postgresql_where=sa.text("state <> 'ended'"),
    )
    name = op.f("ck_policies_policykind")
    op.drop_constraint(name, "policies", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in KINDS)
    op.create_check_constraint(name, "policies", f"kind IN ({listed})")
    _seed()


def _codes(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _seed() -> None:
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
        "id": uuid5(NAMESPACE_OID, "payroll:policies:0:treasury_feed:1"),
        "area_code": "0",
        "kind": "treasury_feed",
        "version": 1,
        "valid_from": date(2020, 5, 1),
        "values": {"every": "month", "workday": 5, "by": "18:00", "grace_minutes": 0},
        "basis": "ours, not law: a finance bureau tells each month what it sent, if only nothing",
        "certainty": "C",
        "created_at": datetime(2023, 1, 1, tzinfo=UTC),
        "created_by": "migration:0016",
    }
    op.bulk_insert(policies, [row])
