"""Whose money builds what an arrears case is about: the clearing day goes by it."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    codes = sa.Enum(
        "government",
        "state_firm",
        "ppp",
        "private",
        name="investment",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.add_column("arrears_cases", sa.Column("investment", codes, nullable=True))
    op.create_index(
        "ix_arrears_cases_clear_by",
        "arrears_cases",
        ["clear_by"],
        postgresql_where=sa.text("state = 'open'"),
    )
