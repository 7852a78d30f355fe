"""The duty to report: its rows, reports, what others saw, and the gaps between."""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db import AGELESS, same_id

revision = "0003"
down_revision = "0002"

# What a report holds by default. Areas replace it, and add their own thresholds, by rows.
REQUIRED = [
    "contractor", "investment_amount", "approval_number", "address", "started_on", "works_contract",
    "responsible_person",
]  # fmt: skip
BASIS = "国务院令第724号第三十八条；县级监测报告：乡村振兴项目200万元以上、村级道路不限金额应报尽报"
# Which other works must be reported differs by area: a row of the area, none of the nation.
DEFAULTS = (("rural_revitalisation", 2_000_000), ("village_road", None))


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _seed() -> None:
    """Enter the nation's defaults."""
    table = sa.table(
        "reporting_duties",
        sa.column("id", sa.Uuid()), sa.column("area_code", sa.Text()),
        sa.column("works_kind", sa.Text()), sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()), sa.column("above", sa.Numeric()),
        sa.column("required", postgresql.JSONB()), sa.column("basis", sa.Text()),
        sa.column("certainty", sa.Text()), sa.column("entered_at", sa.DateTime(timezone=True)),
    )  # fmt: skip
    rows = [
        {
            "id": same_id(AGELESS, "duty", "0", kind, 1), "area_code": "0", "works_kind": kind,
            "version": 1, "valid_from": date(2020, 5, 1), "above": above, "required": REQUIRED,
            "basis": BASIS, "certainty": "B", "entered_at": AGELESS,
        }
        for kind, above in DEFAULTS
    ]  # fmt: skip
    op.bulk_insert(table, rows)


def upgrade() -> None:
    _create_duties_and_reports()
    _create_sightings()
    _create_gaps()
    _extend_projects()
    _seed()


def _create_duties_and_reports() -> None:
    op.create_table(
        "reporting_duties",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column(
            "works_kind",
            _choice("workskind", "rural_revitalisation", "village_road", "other"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("above", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("required", postgresql.JSONB(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporting_duties")),
        sa.UniqueConstraint(
            "area_code",
            "works_kind",
            "version",
            name=op.f("uq_reporting_duties_area_code_works_kind_version"),
        ),
    )
    op.create_table(
        "project_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("half_year", sa.Text(), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("missing", postgresql.JSONB(), nullable=False),
        sa.Column("complete_on", sa.Date(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_project_reports_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_reports")),
        sa.UniqueConstraint(
            "half_year", "project_id", name=op.f("uq_project_reports_half_year_project_id")
        ),
    )
    op.create_index(
        "ix_project_reports_project_id", "project_reports", ["project_id"], unique=False
    )


def _create_sightings() -> None:
    op.create_table(
        "sightings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "source",
            _choice("sightingsource", "approval", "permit", "tender", "inspection"),
            nullable=False,
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_from", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("developer_name", sa.Text(), nullable=False),
        sa.Column("developer_code", sa.Text(), nullable=True),
        sa.Column("developer_key", sa.Text(), nullable=False),
        sa.Column("developer_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column(
            "works_kind",
            _choice("workskind", "rural_revitalisation", "village_road", "other"),
            nullable=False,
        ),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("approval_number", sa.Text(), nullable=True),
        sa.Column("approval_key", sa.Text(), nullable=True),
        sa.Column("permit_number", sa.Text(), nullable=True),
        sa.Column("permit_key", sa.Text(), nullable=True),
        sa.Column("investment_amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("fields", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "state",
            _choice("sightingstate", "open", "proposed", "matched", "joined"),
            nullable=False,
        ),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("same_as_id", sa.Uuid(), nullable=True),
        sa.Column("candidate_id", sa.Uuid(), nullable=True),
        sa.Column("refused", postgresql.JSONB(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["developer_id"], ["organisations.id"], name=op.f("fk_sightings_developer_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_sightings_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["same_as_id"], ["sightings.id"], name=op.f("fk_sightings_same_as_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisations.id"], name=op.f("fk_sightings_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sightings")),
        sa.UniqueConstraint("source", "key", name=op.f("uq_sightings_source_key")),
    )
    op.create_index("ix_sightings_approval_key", "sightings", ["approval_key"], unique=False)
    op.create_index("ix_sightings_area_code", "sightings", ["area_code"], unique=False)
    op.create_index("ix_sightings_code", "sightings", ["code"], unique=False)
    op.create_index("ix_sightings_developer_key", "sightings", ["developer_key"], unique=False)
    op.create_index("ix_sightings_permit_key", "sightings", ["permit_key"], unique=False)
    op.create_index("ix_sightings_project_id", "sightings", ["project_id"], unique=False)
    op.create_index("ix_sightings_same_as_id", "sightings", ["same_as_id"], unique=False)


def _create_gaps() -> None:
    op.create_table(
        "reporting_gaps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("sighting_id", sa.Uuid(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("developer_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column(
            "works_kind",
            _choice("workskind", "rural_revitalisation", "village_road", "other"),
            nullable=False,
        ),
        sa.Column(
            "reason",
            _choice("gapreason", "not_registered", "fields_missing", "not_reported"),
            nullable=False,
        ),
        sa.Column("missing", postgresql.JSONB(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("duty_version", sa.Integer(), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_reporting_gaps_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["sighting_id"], ["sightings.id"], name=op.f("fk_reporting_gaps_sighting_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisations.id"], name=op.f("fk_reporting_gaps_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporting_gaps")),
    )
    op.create_index("ix_reporting_gaps_area_code", "reporting_gaps", ["area_code"], unique=False)
    op.create_index(
        "uq_reporting_gaps_open_project",
        "reporting_gaps",
        ["project_id"],
        unique=True,
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_index("uq_reporting_gaps_sighting", "reporting_gaps", ["sighting_id"], unique=True)


def _extend_projects() -> None:
    op.add_column(
        "projects",
        sa.Column(
            "works_kind",
            _choice("workskind", "rural_revitalisation", "village_road", "other"),
            server_default="other",
            nullable=False,
        ),
    )
    op.add_column(
        "projects", sa.Column("investment_amount", sa.Numeric(precision=14, scale=2), nullable=True)
    )
    op.add_column("projects", sa.Column("approval_number", sa.Text(), nullable=True))
    op.add_column("projects", sa.Column("approval_key", sa.Text(), nullable=True))
    op.add_column("projects", sa.Column("permit_number", sa.Text(), nullable=True))
    op.add_column("projects", sa.Column("permit_key", sa.Text(), nullable=True))
    op.add_column("projects", sa.Column("address", sa.Text(), nullable=True))
    op.add_column("projects", sa.Column("reported_on", sa.Date(), nullable=True))
    op.create_index("ix_projects_approval_key", "projects", ["approval_key"], unique=False)
    op.create_index("ix_projects_permit_key", "projects", ["permit_key"], unique=False)
