"""The liability path of a case: demands, plans with instalments, advances and their recovery."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

CLOCKS = (
    "sign", "contact", "acceptance", "supplement", "statutory", "local", "suspension", "decision",
    "payment", "check", "referral", "police", "copy", "referral_result", "judgment_follow",
    "demand_wait", "court_apply", "court_accept", "court_ruling", "transfer_report",
    "transfer_head", "transfer_send", "transfer_receipt", "transfer_police", "transfer_materials",
    "transfer_reconsider", "transfer_answer", "transfer_procurator", "transfer_result",
    "listing_objection", "listing_answer", "listing_decision", "listing_period", "listing_review",
    "listing_removal", "publication_batch", "publication_review", "publication_correct",
    "supervision", "demand_pay", "instalment",
)  # fmt: skip
KINDS = (
    "referral", "judgment", "court_enforcement", "transfer", "listing", "publication",
    "demand", "plan", "supervision",
)  # fmt: skip
STAGES = (
    "candidate", "dropped", "referred", "taken", "not_taken", "concluded", "given", "enforcing",
    "halted", "carried_out", "demanded", "applied", "accepted", "reported", "approved", "sent",
    "with_police", "filed", "handed_over", "police_refused", "reconsidered", "upheld",
    "with_procurator", "not_filed", "noticed", "objected", "answered", "listed", "removal_asked",
    "removing", "removed", "published", "correcting", "corrected",
    "asked", "met", "failed", "running", "kept", "replaced", "supervised", "unlisted",
)  # fmt: skip
SOURCES = ("employer", "contractor", "developer", "deposit", "emergency_fund", "court")
# Every check that names codes which have more now.
CHECKS = (
    ("clock_terms", "clockkind", "kind", CLOCKS),
    ("case_clocks", "clockkind", "kind", CLOCKS),
    ("proceedings", "proceedingkind", "kind", KINDS),
    ("proceedings", "proceedingstage", "stage", STAGES),
    ("proceeding_steps", "proceedingstage", "stage_to", STAGES),
)
DEMAND = {
    "id": UUID("01868000-0000-7000-8000-000000003000"), "area_code": "0", "kind": "demand_pay",
    "version": 1, "valid_from": date(2020, 5, 1), "unit": "wd", "length": 5, "more": 0,
    "basis": "平台约定（非法定数值）：款项冲销后恢复催付", "certainty": "C",
}  # fmt: skip
YUAN = sa.Numeric(precision=14, scale=2)


def upgrade() -> None:
    for table, name, column, codes in CHECKS:
        listed = ", ".join(f"'{code}'" for code in codes)
        named = op.f(f"ck_{table}_{name}")
        op.drop_constraint(named, table, type_="check")
        op.create_check_constraint(named, table, f"{column} IN ({listed})")
    _columns()
    _instalments()
    _recoveries()
    numbers = {"version": sa.Integer(), "length": sa.Integer(), "more": sa.Integer()}
    types: dict[str, Any] = numbers | {"id": sa.Uuid(), "valid_from": sa.Date()}
    seeded = [sa.column(name, types.get(name, sa.Text())) for name in DEMAND]
    op.bulk_insert(sa.table("clock_terms", *seeded), [DEMAND])


def _codes(name: str, codes: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*codes, name=name, native_enum=False, create_constraint=True, length=40)


def _columns() -> None:
    added: list[sa.Column[Any]] = [
        sa.Column("party", _codes("paymentsource", SOURCES), nullable=True),
        sa.Column("unpaid_price", YUAN, nullable=True),
        sa.Column("baseline", YUAN, nullable=True),
        sa.Column("leader", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
    ]
    for column in added:
        op.add_column("proceedings", column)
    purposes = _codes("paymentpurpose", ("wages", "living_cost"))
    op.add_column(
        "arrears_payments",
        sa.Column("purpose", purposes, server_default="wages", nullable=False),
    )
    op.drop_index("uq_proceedings_under_way", "proceedings")
    op.create_index(
        "uq_proceedings_under_way",
        "proceedings",
        ["case_id", "kind"],
        unique=True,
        postgresql_where=sa.text(
            "ended_at IS NULL AND kind IN"
            " ('transfer', 'listing', 'publication', 'supervision', 'plan')"
        ),
    )


def _instalments() -> None:
    op.create_table(
        "plan_instalments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("proceeding_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", YUAN, nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_plan_instalments_amount")),
        sa.ForeignKeyConstraint(
            ["proceeding_id"], ["proceedings.id"], name=op.f("fk_plan_instalments_proceeding_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_instalments")),
    )
    op.create_index(
        "uq_plan_instalments_position",
        "plan_instalments",
        ["proceeding_id", "position"],
        unique=True,
    )


def _recoveries() -> None:
    name = "arrears_recoveries"
    op.create_table(
        name,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("paid_by", _codes("paymentsource", SOURCES), nullable=False),
        sa.Column("amount", YUAN, nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("bank_serial", sa.Text(), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(amount < 0) = (reverses_id IS NOT NULL)", name=op.f(f"ck_{name}_sign")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["arrears_cases.id"], name=op.f(f"fk_{name}_case_id")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], [f"{name}.id"], name=op.f(f"fk_{name}_reverses_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index(f"ix_{name}_case_id", name, ["case_id", "id"])
    op.create_index(
        f"uq_{name}_reverses",
        name,
        ["reverses_id"],
        unique=True,
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
