"""First tables of registry."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import plumbing

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    plumbing.create_first()
    op.create_table(
        "areas",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_areas_code_valid_from")),
    )
    op.create_index("ix_areas_parent_code", "areas", ["parent_code"], unique=False)
    op.create_table(
        "calendars",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("exceptions", postgresql.JSONB(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendars")),
        sa.UniqueConstraint(
            "area_code", "year", "version", name=op.f("uq_calendars_area_code_year_version")
        ),
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(), nullable=False),
        sa.Column("trades", postgresql.JSONB(), nullable=False),
        sa.Column("hardship", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_organisations_credit_code")),
    )
    op.create_index("ix_organisations_area_code", "organisations", ["area_code"], unique=False)
    op.create_index(
        op.f("ix_organisations_changed_xid"), "organisations", ["changed_xid"], unique=False
    )
    op.create_index(
        "ix_organisations_roles", "organisations", ["roles"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_organisations_trades", "organisations", ["trades"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["organisations.id"], name=op.f("fk_persons_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        sa.UniqueConstraint("unit_id", "name", "post", name=op.f("uq_persons_unit_id_name_post")),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column(
            "investment_type",
            sa.Enum(
                "government",
                "state_firm",
                "ppp",
                "private",
                name="investmenttype",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("funding_source", sa.Text(), nullable=True),
        sa.Column("developer_id", sa.Uuid(), nullable=False),
        sa.Column("contractor_id", sa.Uuid(), nullable=True),
        sa.Column("sector_authority_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "001",
                "002",
                "003",
                "004",
                "005",
                name="projectstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("size", sa.Text(), nullable=True),
        sa.Column("supervised_since", sa.Date(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contractor_id"], ["organisations.id"], name=op.f("fk_projects_contractor_id")
        ),
        sa.ForeignKeyConstraint(
            ["developer_id"], ["organisations.id"], name=op.f("fk_projects_developer_id")
        ),
        sa.ForeignKeyConstraint(
            ["sector_authority_id"],
            ["organisations.id"],
            name=op.f("fk_projects_sector_authority_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("code", name=op.f("uq_projects_code")),
    )
    op.create_index("ix_projects_area_code", "projects", ["area_code"], unique=False)
    op.create_index(op.f("ix_projects_changed_xid"), "projects", ["changed_xid"], unique=False)
    op.create_index("ix_projects_contractor_id", "projects", ["contractor_id"], unique=False)
    op.create_index("ix_projects_developer_id", "projects", ["developer_id"], unique=False)
    op.create_index(
        "ix_projects_sector_authority_id", "projects", ["sector_authority_id"], unique=False
    )
    op.create_table(
        "assignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "responsible_person",
                "wage_officer",
                "inspector",
                "co_inspector",
                "unit_head",
                "developer",
                "contractor",
                "supervising_engineer",
                "sector_authority",
                "finance_bureau",
                "wage_office",
                "town",
                name="personrole",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_assignments_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_assignments_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
        sa.UniqueConstraint(
            "project_id",
            "person_id",
            "role",
            "from_on",
            name=op.f("uq_assignments_project_id_person_id_role_from_on"),
        ),
    )
    op.create_index(
        op.f("ix_assignments_changed_xid"), "assignments", ["changed_xid"], unique=False
    )
    op.create_index("ix_assignments_person_id", "assignments", ["person_id"], unique=False)
    op.create_table(
        "works_contracts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("contractor_id", sa.Uuid(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("contract_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column(
            "basis",
            sa.Enum(
                "per_period",
                "total",
                "share",
                name="labourcostbasis",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("share", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("first_period", sa.Text(), nullable=False),
        sa.Column("last_period", sa.Text(), nullable=False),
        sa.Column("cycle_months", sa.Integer(), nullable=False),
        sa.Column("transfer_day", sa.Integer(), nullable=False),
        sa.Column(
            "transfer_month",
            sa.Enum(
                "same",
                "next",
                name="transfermonth",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "due_shift",
            sa.Enum(
                "backwards",
                "none",
                name="dueshift",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contractor_id"], ["organisations.id"], name=op.f("fk_works_contracts_contractor_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_works_contracts_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_works_contracts")),
        sa.UniqueConstraint(
            "project_id", "number", name=op.f("uq_works_contracts_project_id_number")
        ),
    )
    op.create_index(
        op.f("ix_works_contracts_changed_xid"), "works_contracts", ["changed_xid"], unique=False
    )
    op.create_index(
        "ix_works_contracts_contractor_id", "works_contracts", ["contractor_id"], unique=False
    )
