"""Cases that have to do with each other."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("arrears_cases", sa.Column("related_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_arrears_cases_related_id"),
        "arrears_cases",
        "arrears_cases",
        ["related_id"],
        ["id"],
    )
