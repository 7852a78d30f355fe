"""Take from the nation's policies the answer limits of levels that no rung of theirs reaches."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

NEVER_REACHED = {
    "account_not_filed": ["red"],
    "agreement_missing": ["red"],
    "notice_board_missing": ["red"],
    "wage_officer_missing": ["red"],
    "no_systems": ["yellow", "orange"],
}


def upgrade() -> None:
    statement = sa.text(
        "UPDATE policies SET answer_within = answer_within - :level "
        "WHERE kind = :kind AND created_by = 'migration:0007'"
    )
    for kind, levels in NEVER_REACHED.items():
        for level in levels:
            op.execute(statement.bindparams(kind=kind, level=level))
