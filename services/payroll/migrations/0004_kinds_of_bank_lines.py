"""Say of each bank line whether it brings back what another line had moved.

Lines that are there already stay `ordinary`: what their purpose says is sealed, so that no
statement of SQL can read it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    kind = sa.Enum(
        "ordinary",
        "returned",
        name="linekind",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.add_column("bank_lines", sa.Column("kind", kind, nullable=False, server_default="ordinary"))
