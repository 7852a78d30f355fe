"""Which share of a contract is labour cost where it names none: rows of areas."""

from datetime import date

import sqlalchemy as sa
from alembic import op

from shared.db import AGELESS, same_id

revision = "0013"
down_revision = "0012"

# The one province of which it is known; the nation has none, and others lay down their own.
YUNNAN = {
    "id": same_id(AGELESS, "labour_share", "53", 1),
    "area_code": "53",
    "version": 1,
    "valid_from": date(2021, 7, 7),
    "share": "25.00",
    "basis": "云南省：合同未约定的，人工费用不低于工程价款的25%（二手文本）；53号第5条",
    "certainty": "B",
    "entered_at": AGELESS,
}


def upgrade() -> None:
    made = op.create_table(
        "labour_shares",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("share", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labour_shares")),
        sa.UniqueConstraint(
            "area_code", "version", name=op.f("uq_labour_shares_area_code_version")
        ),
    )
    op.bulk_insert(made, [YUNNAN])
    for table in ("works_contracts", "works_contract_versions"):
        op.add_column(table, sa.Column("guide_share", sa.Numeric(5, 2), nullable=True))
        op.add_column(
            table,
            sa.Column("share_by_guide", sa.Boolean(), server_default="false", nullable=False),
        )
