"""Limits of proposed restrictions, and of orders from the day of their service."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

CLOCKS = (
    "sign", "contact", "acceptance", "supplement", "statutory", "local", "suspension", "decision",
    "payment", "check", "referral", "police", "copy", "referral_result", "judgment_follow",
    "demand_wait", "court_apply", "court_accept", "court_ruling", "transfer_report",
    "transfer_head", "transfer_send", "transfer_receipt", "transfer_police", "transfer_materials",
    "transfer_reconsider", "transfer_answer", "transfer_procurator", "transfer_result",
    "listing_objection", "listing_answer", "listing_decision", "listing_period", "listing_review",
    "listing_removal", "publication_batch", "publication_review", "publication_correct",
    "supervision", "demand_pay", "instalment", "restriction_decision",
)  # fmt: skip
TERMS = {
    "id": UUID("01868000-0000-7000-8000-000000003100"), "area_code": "0",
    "kind": "restriction_decision", "version": 1, "valid_from": date(2020, 5, 1), "unit": "wd",
    "length": 20, "more": 0, "certainty": "C",
    "basis": "平台约定（非法定数值）：拟采取的限制措施提出后作出决定，参照令45号第8条",
}  # fmt: skip


def upgrade() -> None:
    listed = ", ".join(f"'{code}'" for code in CLOCKS)
    for table in ("clock_terms", "case_clocks"):
        named = op.f(f"ck_{table}_clockkind")
        op.drop_constraint(named, table, type_="check")
        op.create_check_constraint(named, table, f"kind IN ({listed})")
    types: dict[str, Any] = {"id": sa.Uuid(), "valid_from": sa.Date()}
    numbers = {"version", "length", "more"}
    columns = [
        sa.column(name, types.get(name, sa.Integer() if name in numbers else sa.Text()))
        for name in TERMS
    ]
    op.bulk_insert(sa.table("clock_terms", *columns), [TERMS])
    op.add_column("case_documents", sa.Column("correct_by", sa.Date(), nullable=True))
    op.add_column("case_clocks", sa.Column("restriction_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_case_clocks_restriction_id"),
        "case_clocks",
        "restrictions",
        ["restriction_id"],
        ["id"],
    )
    op.drop_index("uq_case_clocks_running", "case_clocks")
    for name, column, where in (
        ("uq_case_clocks_running", "case_id", "proceeding_id IS NULL AND restriction_id IS NULL"),
        ("uq_case_clocks_restriction", "restriction_id", "restriction_id IS NOT NULL"),
    ):
        op.create_index(
            name,
            "case_clocks",
            [column, "kind"],
            unique=True,
            postgresql_where=sa.text(f"ended_at IS NULL AND {where}"),
        )
