"""Attendance by year, whom gates saw, and how often it is expected."""

from datetime import UTC, date, datetime
from uuid import NAMESPACE_OID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"

DIRECTIONS = ("01", "02")
TYPES = tuple(f"{number:03}" for number in range(1, 12))
YEARS = range(2020, 2036)
RHYTHMS = (
    (
        "gate_vendor_feed",
        {"every": "day", "by": "12:00", "workday": 1, "grace_minutes": 0},
        "ours, not law: gates tell each day by noon who passed the day before",
    ),
    (
        "contractor_feed",
        {"every": "month", "by": "18:00", "workday": 5, "grace_minutes": 0},
        "ours, not law: a contractor tells attendance of a month before its payroll is due",
    ),
)


def upgrade() -> None:
    _create_attendees()
    _create_attendance()
    _seed()


def _codes(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _create_attendees() -> None:
    op.create_table(
        "attendees",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("id_type", sa.Text(), nullable=False),
        sa.Column("id_number", sa.LargeBinary(), nullable=False),
        sa.Column("id_index", sa.Text(), nullable=False),
        sa.Column("first_told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_attendees_project_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendees")),
    )
    op.create_index(
        "uq_attendees_number", "attendees", ["project_id", "id_index", "id_type"], unique=True
    )
    op.create_index("ix_attendees_person", "attendees", ["id_index"])


def _create_attendance() -> None:
    op.create_table(
        "attendance",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("attendee_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("direction", _codes("passage", *DIRECTIONS), nullable=True),
        sa.Column("attend_type", _codes("attendtype", *TYPES), nullable=True),
        sa.Column("units", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("confidence", sa.Numeric(precision=4, scale=3), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "project_id", "source", "record_key", "day", name=op.f("pk_attendance")
        ),
        postgresql_partition_by="RANGE (day)",
    )
    op.create_index("ix_attendance_days", "attendance", ["project_id", "day", "attendee_id"])
    for year in YEARS:
        op.execute(
            f"CREATE TABLE attendance_{year} PARTITION OF attendance"
            f" FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')"
        )
    op.execute("CREATE TABLE attendance_other PARTITION OF attendance DEFAULT")


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
    for kind, values, basis in RHYTHMS:
        row = {
            "id": uuid5(NAMESPACE_OID, f"payroll:policies:0:{kind}:1"),
            "area_code": "0",
            "kind": kind,
            "version": 1,
            "valid_from": date(2020, 5, 1),
            "values": values,
            "basis": basis,
            "certainty": "C",
            "created_at": datetime(2023, 1, 1, tzinfo=UTC),
            "created_by": "migration:attendance",
        }
        op.bulk_insert(policies, [row])
