"""How long workers' data are kept: endings of projects, holds, files to be discarded, the years."""

import re
from datetime import UTC, date, datetime
from uuid import NAMESPACE_OID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"

INSTANT = sa.DateTime(timezone=True)
YEARS = (
    (
        "wage_records_kept",
        {"years": 3},
        "724号 art. 15, 28; 53号 art. 21: three years at least after completion and settlement",
        "A",
    ),
    (
        "attendance_kept",
        {"years": 2},
        "建市〔2019〕18号: attendance is kept for two years at least",
        "C",
    ),
)


def upgrade() -> None:
    _create_endings()
    _create_holds()
    _create_discarded()
    _seed()


def _create_endings() -> None:
    op.create_table(
        "project_endings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("replaced_at", INSTANT, nullable=True),
        sa.Column("looked_on", sa.Date(), nullable=True),
        sa.Column("blanked_at", INSTANT, nullable=True),
        _of_project("project_endings"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_endings")),
    )
    op.create_index(
        "uq_project_endings_standing",
        "project_endings",
        ["project_id"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )


def _create_holds() -> None:
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_at", INSTANT, nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("lifted_at", INSTANT, nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=True),
        _of_project("legal_holds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    op.create_index("ix_legal_holds_project", "legal_holds", ["project_id", "id"])


def _create_discarded() -> None:
    op.create_table(
        "discarded_files",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("over_at", INSTANT, nullable=False),
        sa.Column("discarded_at", INSTANT, nullable=True),
        _of_project("discarded_files"),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_discarded_files")),
    )
    op.create_index(
        "ix_discarded_files_waiting",
        "discarded_files",
        ["file_id"],
        postgresql_where=sa.text("discarded_at IS NULL"),
    )


def _of_project(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["project_id"],
        ["projects.id"],
        name=op.f(f"fk_{table}_project_id"),
        initially="DEFERRED",
        deferrable=True,
    )


def _seed() -> None:
    name = op.f("ck_policies_policykind")
    # Added to the kinds that are there.
    there = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": name},
    )
    kinds = [*re.findall(r"'([a-z_]+)'", there.scalar_one()), *(kind for kind, *_ in YEARS)]
    op.drop_constraint(name, "policies", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(name, "policies", f"kind IN ({listed})")
    policies = sa.table(
        "policies",
        sa.column("id", sa.Uuid()),
        *(sa.column(name, sa.Text()) for name in ("area_code", "kind", "basis", "certainty")),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        sa.column("values", postgresql.JSONB()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("created_by", sa.Text()),
    )
    for kind, values, basis, certainty in YEARS:
        row = {
            "id": uuid5(NAMESPACE_OID, f"payroll:policies:0:{kind}:1"),
            "area_code": "0",
            "kind": kind,
            "version": 1,
            "valid_from": date(2020, 5, 1),
            "values": values,
            "basis": basis,
            "certainty": certainty,
            "created_at": datetime(2023, 1, 1, tzinfo=UTC),
            "created_by": "migration:retention",
        }
        op.bulk_insert(policies, [row])
