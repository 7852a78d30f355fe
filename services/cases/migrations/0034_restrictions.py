"""Restrictions of who owes wages, and what areas propose after what."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"

KINDS = ("key_control", "bid_restriction", "veto", "market_removal")
STATES = ("proposed", "dropped", "in_force", "lifted", "ended")
MEASURES = """[{"after": "candidate", "kind": "key_control", "months": 12},
 {"after": "listed", "kind": "bid_restriction", "months": 36},
 {"after": "listed", "kind": "veto", "months": 36}]"""


def _codes(name: str, codes: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*codes, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.add_column(
        "enforcement_terms",
        sa.Column(
            "measures",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
    )
    # What is no number of the law is an area's own to change.
    seeded = "UPDATE enforcement_terms SET measures = CAST(:measures AS jsonb)"
    op.execute(sa.text(seeded).bindparams(measures=MEASURES))
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "restrictions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("kind", _codes("restrictionkind", KINDS), nullable=False),
        sa.Column("state", _codes("restrictionstate", STATES), nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("document_number", sa.Text(), nullable=True),
        sa.Column("proposed_at", instant, nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("by_rule", sa.Boolean(), nullable=False),
        sa.Column("decided_at", instant, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("ended_at", instant, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("to_on > from_on", name=op.f("ck_restrictions_days")),
        sa.CheckConstraint(
            "state NOT IN ('in_force', 'lifted', 'ended') OR (credit_code IS NOT NULL"
            " AND from_on IS NOT NULL AND to_on IS NOT NULL)",
            name=op.f("ck_restrictions_decided"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["arrears_cases.id"], name=op.f("fk_restrictions_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restrictions")),
    )
    op.create_index("ix_restrictions_credit_code", "restrictions", ["credit_code"])
    op.create_index(
        "uq_restrictions_standing",
        "restrictions",
        ["case_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'in_force')"),
    )
