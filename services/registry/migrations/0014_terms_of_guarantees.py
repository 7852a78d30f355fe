"""How long a guarantee of wages has to be good: a number of the area, and the contract's end."""

import sqlalchemy as sa
from alembic import op

from shared.db import AGELESS, same_id

revision = "0014"
down_revision = "0013"

SEEDED = same_id(AGELESS, "deposit_rule", "0", 1)
BASIS = "；第十六至十八条（保函有效期至少一年并不短于合同期，二手文本）"


def upgrade() -> None:
    # What areas entered before they were asked takes the nation's number.
    op.add_column(
        "deposit_rules",
        sa.Column("guarantee_months", sa.Integer(), server_default="12", nullable=False),
    )
    op.alter_column("deposit_rules", "guarantee_months", server_default=None)
    rules = sa.table("deposit_rules", sa.column("id", sa.Uuid()), sa.column("basis", sa.Text()))
    op.execute(
        rules.update().where(rules.c.id == SEEDED).values(basis=rules.c.basis + sa.literal(BASIS))
    )
    for name in ("term_until", "contract_until"):
        op.add_column("securities", sa.Column(name, sa.Date(), nullable=True))
    op.execute(
        """
        UPDATE securities AS one SET
            term_until = (one.valid_from + interval '12 months')::date - 1,
            contract_until = (
                SELECT (to_date(max(last_period), 'YYYY-MM') + interval '1 month')::date - 1
                FROM works_contracts WHERE works_contracts.project_id = one.project_id
            )
        WHERE one.purpose = 'deposit' AND one.form <> 'cash' AND one.state = 'active'
        """
    )
