"""Mass and extreme incidents, their timelines, and the sizes that areas go by."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"

KINDS = ("mass_incident", "extreme_incident")
GRADES = ("ordinary", "major")
STATES = ("recorded", "decided", "ended")
ENTRIES = (
    "recorded", "started", "facts", "handled", "answered", "contained", "proposed", "decided",
    "ended",
)  # fmt: skip
TERMS = {
    "id": UUID("01868000-0000-7000-8000-000000003800"), "area_code": "0", "version": 1,
    "valid_from": date(2020, 5, 1), "mass_persons": 5, "major_persons": 50,
    "basis": "50人：国办发考核办法（群体性事件）；5人：集体上访人数的通行口径，均待地方核定",
    "certainty": "C",
}  # fmt: skip


def _codes(name: str, codes: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*codes, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    _terms()
    _incidents()
    op.create_table(
        "incident_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", _codes("incidententrykind", ENTRIES), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_incident_entries_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_entries")),
    )
    op.create_index(
        "ix_incident_entries_incident_id", "incident_entries", ["incident_id", "at", "id"]
    )
    op.add_column("arrears_cases", sa.Column("incident_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_arrears_cases_incident_id"), "arrears_cases", "incidents", ["incident_id"], ["id"]
    )


def _incidents() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "incidents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("kind", _codes("incidentkind", KINDS), nullable=False),
        sa.Column("grade", _codes("incidentgrade", GRADES), nullable=False),
        sa.Column("state", _codes("incidentstate", STATES), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("project_name", sa.Text(), nullable=True),
        sa.Column("employer_id", sa.Uuid(), nullable=True),
        sa.Column("employer_name", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("happened_at", instant, nullable=False),
        sa.Column("proposal", sa.Text(), nullable=True),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", instant, nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("decided_at", instant, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("ended_at", instant, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("persons > 0", name=op.f("ck_incidents_persons")),
        sa.CheckConstraint(
            "project_id IS NOT NULL OR employer_id IS NOT NULL", name=op.f("ck_incidents_about")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["incident_terms.id"], name=op.f("fk_incidents_terms_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    op.create_index("ix_incidents_area_code", "incidents", ["area_code", "id"])
    op.create_index("ix_incidents_project_id", "incidents", ["project_id"])
    op.create_index("ix_incidents_employer_id", "incidents", ["employer_id"])


def _terms() -> None:
    table = op.create_table(
        "incident_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("mass_persons", sa.Integer(), nullable=False),
        sa.Column("major_persons", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("certainty", _codes("certainty", ("A", "B", "C")), nullable=False),
        sa.CheckConstraint(
            "version > 0 AND mass_persons > 1 AND major_persons >= mass_persons",
            name=op.f("ck_incident_terms_numbers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_terms")),
    )
    op.create_index(
        "uq_incident_terms_version", "incident_terms", ["area_code", "version"], unique=True
    )
    op.bulk_insert(table, [TERMS])
