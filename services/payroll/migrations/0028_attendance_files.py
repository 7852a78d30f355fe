"""Attendance in files, and how sure such a day is beside what gates saw."""

from datetime import UTC, date, datetime
from uuid import NAMESPACE_OID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"

STATES = ("standing", "replaced", "refused")
JSON = postgresql.JSONB(astext_type=sa.Text())
TABLE = "attendance_sheets"
ORDER = {
    "order": ["gate_vendor", "contractor", "sheet"],
    "sheet_confidence": "0.500",
    "differ_days": "1.00",
}


def upgrade() -> None:
    state = sa.Enum(
        *STATES, name="attendancesheetstate", native_enum=False, create_constraint=True, length=40
    )
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("columns", JSON, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("rows", "accepted")),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("row_counts", JSON, nullable=False),
        sa.Column("days", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("findings", JSON, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("errors", "warnings")),
        sa.Column("hints", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("accepted + rejected = rows", name=op.f("ck_attendance_sheets_rows")),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [to],
                name=op.f(f"fk_attendance_sheets_{column}"),
                initially="DEFERRED",
                deferrable=True,
            )
            for column, to in (
                ("project_id", "projects.id"),
                ("replaces_id", "attendance_sheets.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_sheets")),
    )
    place = ["project_id", "employer_id", "period"]
    op.create_index("uq_attendance_sheets_content", TABLE, [*place, "digest"], unique=True)
    op.create_index(
        "uq_attendance_sheets_standing",
        TABLE,
        place,
        unique=True,
        postgresql_where=sa.text("state = 'standing'"),
    )
    op.create_index("uq_attendance_sheets_source", TABLE, ["source"], unique=True)
    op.create_index("ix_attendance_sheets_order", TABLE, ["made_at", "id"])
    _seed()


def _seed() -> None:
    policies = sa.table(
        "policies",
        sa.column("id", sa.Uuid()),
        *(sa.column(one, sa.Text()) for one in ("area_code", "kind", "basis", "certainty")),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        sa.column("values", postgresql.JSONB()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("created_by", sa.Text()),
    )
    row = {
        "id": uuid5(NAMESPACE_OID, "payroll:policies:0:attendance_sources:2"),
        "area_code": "0",
        "kind": "attendance_sources",
        "version": 2,
        "valid_from": date(2020, 5, 1),
        "values": ORDER,
        "basis": "ours, not law: what gates saw before what was written down; a sheet is half sure",
        "certainty": "C",
        "created_at": datetime(2023, 1, 1, tzinfo=UTC),
        "created_by": "migration:attendance_sheets",
    }
    op.bulk_insert(policies, [row])
