"""What employers are told of cases about them, under a handle that tells no time."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0039"

TERMS = {
    "id": UUID("01868000-0000-7000-8000-000000003900"), "area_code": "0", "version": 1,
    "valid_from": date(2020, 5, 1),
    "stages": ["investigating", "suspended", "deciding", "paying", "checking", "ended"],
    "list_stages": [], "group_workers": 5,
    "basis": "423号第九条、第十二条（为举报人保密）；5人：集体投诉的通行口径；名单开放待地方核定",
    "certainty": "C",
}  # fmt: skip


def upgrade() -> None:
    certainty = sa.Enum(
        "A", "B", "C", name="certainty", native_enum=False, create_constraint=True, length=40
    )
    json = postgresql.JSONB(astext_type=sa.Text())
    table = op.create_table(
        "employer_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("stages", json, nullable=False),
        sa.Column("list_stages", json, nullable=False),
        sa.Column("group_workers", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("certainty", certainty, nullable=False),
        sa.CheckConstraint(
            "version > 0 AND group_workers > 1", name=op.f("ck_employer_terms_numbers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employer_terms")),
    )
    op.create_index(
        "uq_employer_terms_version", "employer_terms", ["area_code", "version"], unique=True
    )
    op.bulk_insert(table, [TERMS])
    by_chance = sa.text("gen_random_uuid()")
    handle = sa.Column("employer_handle", sa.Uuid(), server_default=by_chance, nullable=False)
    op.add_column("arrears_cases", handle)
    op.create_index(
        "uq_arrears_cases_employer_handle", "arrears_cases", ["employer_handle"], unique=True
    )
