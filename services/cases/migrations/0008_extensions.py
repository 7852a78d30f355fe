"""More time for who answers for an item, and the nation's terms for it."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "extension_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        _kept("unit", "unit", "wd", "cd", "h"),
        sa.Column("longest", sa.Integer(), nullable=False),
        sa.Column("how_often", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        _kept("certainty", "certainty", "A", "B", "C"),
        sa.CheckConstraint(
            "longest > 0 AND how_often >= 0", name=op.f("ck_extension_terms_bounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension_terms")),
    )
    op.create_index(
        "uq_extension_terms_version",
        "extension_terms",
        ["area_code", "kind", "version"],
        unique=True,
    )
    op.create_table(
        "extensions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("watch_item_id", sa.Uuid(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        _kept("state", "extensionstate", "asked", "granted", "refused"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("granted_until_on", sa.Date(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["extension_terms.id"], name=op.f("fk_extensions_terms_id")
        ),
        sa.ForeignKeyConstraint(
            ["watch_item_id"], ["watch_items.id"], name=op.f("fk_extensions_watch_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extensions")),
    )
    op.create_index(
        "ix_extensions_watch_item_id", "extensions", ["watch_item_id", "id"], unique=False
    )
    op.create_index(
        "uq_extensions_asked",
        "extensions",
        ["watch_item_id"],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.add_column(
        "watch_items",
        sa.Column(
            "granted",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            server_default=sa.text("'[]'"),
        ),
    )
    op.alter_column("watch_items", "granted", server_default=None)
    _seed()


def _kept(column: str, name: str, *values: str) -> sa.Column[Any]:
    choice = sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(column, choice, nullable=False)


def _seed() -> None:
    """Ours, not law: nobody is given more time by statute; areas lay their own rows over it."""
    table = sa.table(
        "extension_terms",
        sa.column("id", sa.Uuid()),
        sa.column("valid_from", sa.Date()),
        *(sa.column(name, sa.Text()) for name in ("area_code", "kind", "unit")),
        *(sa.column(name, sa.Text()) for name in ("basis", "certainty")),
        *(sa.column(name, sa.Integer()) for name in ("version", "longest", "how_often")),
    )
    row = {
        "id": UUID("01868000-0000-7000-8000-000000000201"),
        "area_code": "0",
        "kind": "*",
        "version": 1,
        "valid_from": date(2020, 5, 1),
        "unit": "wd",
        "longest": 5,
        "how_often": 2,
        "basis": "平台约定（非法定数值）：责任单位可申请延期，由另一人审批，期间阶梯暂停",
        "certainty": "C",
    }
    op.bulk_insert(table, [row])
