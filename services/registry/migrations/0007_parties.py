"""Who takes part in a project, from when until when; those named so far since it began."""

import sqlalchemy as sa
from alembic import op

from shared.db import AGELESS, same_id

revision = "0007"
down_revision = "0006"

_COLUMNS = {
    "developer": "developer_id",
    "contractor": "contractor_id",
    "sector_authority": "sector_authority_id",
}


def upgrade() -> None:
    table = op.create_table(
        "project_parties",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "developer",
                "contractor",
                "sector_authority",
                "subcontractor",
                "supervising_engineer",
                "participant",
                name="partyrole",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("participant_type", sa.Text(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("gap_reason", sa.Text(), nullable=True),
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
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_project_parties_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_project_parties_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_parties")),
    )
    op.create_index(
        op.f("ix_project_parties_changed_xid"), "project_parties", ["changed_xid"], unique=False
    )
    op.create_index("ix_project_parties_project_id", "project_parties", ["project_id"])
    op.create_index("ix_project_parties_organisation_id", "project_parties", ["organisation_id"])
    rows = op.get_bind().execute(
        sa.text(
            "SELECT id, registered_at, developer_id, contractor_id, sector_authority_id"
            " FROM projects"
        )
    )
    # The ids are those that the service makes of the same, so that entering it again finds it.
    named = [
        {
            "id": same_id(AGELESS, row.id, role, getattr(row, column), None),
            "project_id": row.id,
            "role": role,
            "organisation_id": getattr(row, column),
            "version": 1,
            "registered_at": row.registered_at,
            "changed_at": row.registered_at,
        }
        for row in rows
        for role, column in _COLUMNS.items()
        if getattr(row, column)
    ]
    if named:
        op.bulk_insert(table, named)
