"""Persons in charge of areas and units, and times in which nobody is in charge of a project."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

_ROLES = (
    "responsible_person", "wage_officer", "inspector", "co_inspector", "unit_head", "developer",
    "contractor", "supervising_engineer", "sector_authority", "finance_bureau", "wage_office",
    "town",
)  # fmt: skip


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _dated() -> list[sa.Column[Any]]:
    """Give the columns of a person in office; each table takes its own."""
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
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
    ]


def upgrade() -> None:
    op.create_table(
        "area_assignments",
        *_dated(),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("reach", _choice("reach", "towns", "other_towns", "area"), nullable=False),
        sa.Column("towns", postgresql.JSONB(), nullable=False),
        sa.Column("role", _choice("personrole", *_ROLES), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_area_assignments_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_assignments")),
    )
    op.create_index("ix_area_assignments_area_code", "area_assignments", ["area_code"])
    op.create_index(
        op.f("ix_area_assignments_changed_xid"), "area_assignments", ["changed_xid"], unique=False
    )
    op.create_table(
        "unit_posts",
        *_dated(),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            _choice("unitrole", "unit_head", "office_director", "duty_officer"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_unit_posts_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_unit_posts_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_posts")),
        sa.UniqueConstraint(
            "organisation_id",
            "person_id",
            "role",
            "from_on",
            name=op.f("uq_unit_posts_organisation_id_person_id_role_from_on"),
        ),
    )
    op.create_index("ix_unit_posts_person_id", "unit_posts", ["person_id"])
    op.create_index(op.f("ix_unit_posts_changed_xid"), "unit_posts", ["changed_xid"], unique=False)
    op.create_table(
        "vacancies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_vacancies_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vacancies")),
    )
    op.create_index(
        "uq_vacancies_open",
        "vacancies",
        ["project_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
