"""Closings by hand, and which documents the nation's terms take."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

KINDS = (
    "transfer_missed",
    "bank_feed_late",
    "account_not_opened",
    "account_not_filed",
    "agreement_missing",
    "deposit_missing",
    "guarantee_expiring",
    "deposit_not_replenished",
    "cover_low",
    "notice_board_missing",
    "wage_officer_missing",
    "payment_guarantee_missing",
    "no_systems",
    "reporting_gap",
    "nobody_in_charge",
)
# Which proofs are documents, and whether two persons look: two where money stands behind it.
TERMS: list[tuple[str, list[str], bool, str]] = [
    ("agreement_missing", ["agreement_signed"], False, "三方资金管理协议文本"),
    ("account_not_filed", ["account_filed"], False, "专用账户备案回执"),
    ("notice_board_missing", ["evidence_filed"], False, "维权信息告示牌现场照片"),
    ("wage_officer_missing", ["evidence_filed"], False, "劳资专管员任命文件"),
    ("payment_guarantee_missing", ["evidence_filed"], True, "工程款支付担保文本"),
    ("guarantee_expiring", ["guarantee_replaced"], True, "新的工资保证金保函"),
    ("deposit_missing", ["evidence_filed", "exempted"], True, "工资保证金存储凭证或免存批复"),
]


def upgrade() -> None:
    op.create_table(
        "closing_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("kind", _codes("watchkind", *KINDS), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("proofs", postgresql.JSONB(), nullable=False),
        sa.Column("second_person", sa.Boolean(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("certainty", _codes("certainty", "A", "B", "C"), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_closing_terms_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closing_terms")),
    )
    op.create_index(
        "uq_closing_terms_version",
        "closing_terms",
        ["area_code", "kind", "version"],
        unique=True,
    )
    states = ("asked", "closed", "refused", "reopened")
    op.create_table(
        "closings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("watch_item_id", sa.Uuid(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("state", _codes("closingstate", *states), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence_ids", postgresql.JSONB(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decision", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closings")),
        sa.ForeignKeyConstraint(
            ["watch_item_id"], ["watch_items.id"], name=op.f("fk_closings_watch_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["closing_terms.id"], name=op.f("fk_closings_terms_id")
        ),
    )
    op.create_index("ix_closings_watch_item_id", "closings", ["watch_item_id", "id"])
    op.create_index(
        "uq_closings_asked",
        "closings",
        ["watch_item_id"],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
    )
    _seed()


def _codes(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _seed() -> None:
    """Ours, not law: areas lay their own rows over it."""
    columns: list[Any] = [
        sa.column("id", sa.Uuid()),
        *(sa.column(name, sa.Text()) for name in ("area_code", "kind", "basis", "certainty")),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        sa.column("proofs", postgresql.JSONB()),
        sa.column("second_person", sa.Boolean()),
    ]
    rows = [
        {
            "id": UUID(f"01868000-0000-7000-8000-{301 + number:012d}"),
            "area_code": "0",
            "kind": kind,
            "version": 1,
            "valid_from": date(2020, 5, 1),
            "proofs": proofs,
            "second_person": second,
            "basis": f"平台约定（非法定）：凭{paper}人工销号",
            "certainty": "C",
        }
        for number, (kind, proofs, second, paper) in enumerate(TERMS)
    ]
    op.bulk_insert(sa.table("closing_terms", *columns), rows)
