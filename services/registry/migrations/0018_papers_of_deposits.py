"""The papers of a deposit in cash: the agreement's copy, the bank's mark of the account."""

import sqlalchemy as sa
from alembic import op

from shared.db import AGELESS, same_id

revision = "0018"
down_revision = "0017"

SEEDED = same_id(AGELESS, "deposit_rule", "0", 1)
BASIS = "；第十至十一条（账户专用标识；存款协议书副本送属地人社部门备案；二手文本）"


def upgrade() -> None:
    # What areas entered before they were asked takes the nation's rule.
    for name in ("agreement_asked", "mark_asked"):
        op.add_column(
            "deposit_rules", sa.Column(name, sa.Boolean(), server_default="true", nullable=False)
        )
        op.add_column(
            "securities", sa.Column(name, sa.Boolean(), server_default="false", nullable=False)
        )
    rules = sa.table("deposit_rules", sa.column("id", sa.Uuid()), sa.column("basis", sa.Text()))
    op.execute(
        rules.update().where(rules.c.id == SEEDED).values(basis=rules.c.basis + sa.literal(BASIS))
    )
    for name in ("agreement", "mark"):
        op.add_column("securities", sa.Column(f"{name}_id", sa.Uuid(), nullable=True))
    for name in ("agreement_on", "marked_on"):
        op.add_column("securities", sa.Column(name, sa.Date(), nullable=True))
    op.execute(
        """
        UPDATE securities SET agreement_asked = true, mark_asked = true
        WHERE purpose = 'deposit' AND form = 'cash'
        """
    )
    _create()


def _create() -> None:
    op.create_table(
        "deposit_papers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("security_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "agreement", "account_mark", name="paperkind", native_enum=False,
                create_constraint=True, length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("file_kind", sa.Text(), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["security_id"], ["securities.id"], name=op.f("fk_deposit_papers_security_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_papers")),
        sa.UniqueConstraint(
            "security_id", "kind", "version",
            name=op.f("uq_deposit_papers_security_id_kind_version"),
        ),
    )  # fmt: skip
    op.create_index("ix_deposit_papers_project_id", "deposit_papers", ["project_id"])
