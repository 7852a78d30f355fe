"""Interest of a deposit: what the bank states, and whose it is by the area's rule."""

import sqlalchemy as sa
from alembic import op

from shared.db import AGELESS, same_id

revision = "0017"
down_revision = "0016"

SEEDED = same_id(AGELESS, "deposit_rule", "0", 1)
BASIS = "；第十五条（利息归施工总承包单位，二手文本）"


def upgrade() -> None:
    whose = sa.Enum(
        "contractor", "developer", name="answerer", native_enum=False, create_constraint=True,
        length=40,
    )  # fmt: skip
    # What areas entered before they were asked takes the nation's rule.
    op.add_column(
        "deposit_rules",
        sa.Column("interest_to", whose, server_default="contractor", nullable=False),
    )
    op.alter_column("deposit_rules", "interest_to", server_default=None)
    rules = sa.table("deposit_rules", sa.column("id", sa.Uuid()), sa.column("basis", sa.Text()))
    op.execute(
        rules.update().where(rules.c.id == SEEDED).values(basis=rules.c.basis + sa.literal(BASIS))
    )
    op.add_column("bank_statements", sa.Column("interest", sa.Numeric(14, 2), nullable=True))
    op.add_column("bank_statements", sa.Column("interest_owner_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_bank_statements_interest_owner_id"),
        "bank_statements",
        "organisations",
        ["interest_owner_id"],
        ["id"],
    )
