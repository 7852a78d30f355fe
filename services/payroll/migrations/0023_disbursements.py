"""Wages that go to the bank: batches, their lines and attempts by year, and disputes."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

STATUSES = ("held", "sent", "pending", "settled", "returned")
HOLDS = ("not_on_roster", "card_missing", "card_differs", "card_not_own", "card_waiting")
ANSWERS = ("not_received", "not_my_amount", "card_with_someone_else")
YEARS = range(2020, 2036)
MONEY, INSTANT = sa.Numeric(precision=14, scale=2), sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_batches()
    _create_lines()
    _create_attempts()
    _create_disputes()


def _codes(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _all(kind: Any, *names: str, nullable: bool = False) -> list[Any]:  # noqa: ANN401  any type
    return [sa.Column(name, kind, nullable=nullable) for name in names]


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{to}.id"],
        name=op.f(f"fk_{table}_{column}"),
        initially="DEFERRED",
        deferrable=True,
    )


def _by_year(table: str) -> None:
    for year in YEARS:
        op.execute(
            f"CREATE TABLE {table}_{year} PARTITION OF {table}"
            f" FOR VALUES FROM ('{year}-01') TO ('{year + 1}-01')"
        )
    op.execute(f"CREATE TABLE {table}_other PARTITION OF {table} DEFAULT")


def _create_batches() -> None:
    table = "disbursements"
    op.create_table(
        table,
        *_all(sa.Uuid(), "id"),
        *_all(sa.Text(), "number"),
        *_all(sa.Uuid(), "sheet_id", "project_id", "employer_id", "account_id", "bank_id"),
        *_all(sa.Text(), "period"),
        *_all(sa.Integer(), "run", "lines"),
        *_all(MONEY, "total"),
        *_all(sa.Integer(), "nothing_due", "rounds"),
        *_all(sa.Text(), "made_by"),
        *_all(INSTANT, "made_at"),
        *_all(sa.Date(), "sent_on"),
        _refers(table, "sheet_id", "sheets"),
        _refers(table, "project_id", "projects"),
        _refers(table, "account_id", "wage_accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disbursements")),
    )
    op.create_index("uq_disbursements_sheet", table, ["sheet_id"], unique=True)
    op.create_index("uq_disbursements_number", table, ["number"], unique=True)
    op.create_index("ix_disbursements_order", table, ["made_at", "id"])
    op.create_index("ix_disbursements_project", table, ["project_id", "period"])
    op.create_index(op.f("ix_disbursements_bank_id"), table, ["bank_id"])


def _create_lines() -> None:
    table = "disbursement_lines"
    op.create_table(
        table,
        *_all(sa.Uuid(), "id"),
        *_all(sa.Text(), "period"),
        *_all(sa.Uuid(), "disbursement_id", "sheet_id", "sheet_line_id"),
        *_all(sa.Integer(), "position"),
        *_all(sa.Uuid(), "worker_id", nullable=True),
        *_all(MONEY, "amount"),
        sa.Column("status", _codes("linestatus", *STATUSES), nullable=False),
        sa.Column("hold", _codes("holdreason", *HOLDS), nullable=True),
        *_all(INSTANT, "held_until", nullable=True),
        *_all(sa.Integer(), "attempts"),
        *_all(sa.Date(), "settled_on", nullable=True),
        *_all(sa.Text(), "serial", nullable=True),
        *_all(sa.Date(), "returned_on", nullable=True),
        *_all(sa.Text(), "return_reason", nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_disbursement_lines_amount")),
        sa.CheckConstraint(
            "(status = 'held') = (hold IS NOT NULL)", name=op.f("ck_disbursement_lines_hold")
        ),
        _refers(table, "disbursement_id", "disbursements"),
        sa.PrimaryKeyConstraint("id", "period", name=op.f("pk_disbursement_lines")),
        postgresql_partition_by="RANGE (period)",
    )
    op.create_index(
        "uq_disbursement_lines_line", table, ["sheet_id", "sheet_line_id", "period"], unique=True
    )
    op.create_index("ix_disbursement_lines_batch", table, ["disbursement_id", "position"])
    op.create_index("ix_disbursement_lines_worker", table, ["worker_id", "period"])
    _by_year(table)


def _create_attempts() -> None:
    table = "payment_attempts"
    op.create_table(
        table,
        *_all(sa.Uuid(), "id"),
        *_all(sa.Text(), "period"),
        *_all(sa.Uuid(), "line_id", "disbursement_id", "account_id"),
        *_all(sa.Integer(), "number", "round"),
        *_all(MONEY, "amount"),
        *_all(sa.Uuid(), "payee_id"),
        *_all(sa.Text(), "payee_index"),
        sa.Column("status", _codes("linestatus", *STATUSES), nullable=False),
        *_all(sa.Date(), "sent_on"),
        *_all(sa.Date(), "day", nullable=True),
        *_all(sa.Text(), "serial", "reason_code", "reason", nullable=True),
        *_all(INSTANT, "told_at", nullable=True),
        *_all(sa.Text(), "told_by", nullable=True),
        _refers(table, "disbursement_id", "disbursements"),
        _refers(table, "payee_id", "payee_accounts"),
        sa.PrimaryKeyConstraint("id", "period", name=op.f("pk_payment_attempts")),
        postgresql_partition_by="RANGE (period)",
    )
    op.create_index(
        "uq_payment_attempts_number", table, ["line_id", "number", "period"], unique=True
    )
    op.create_index("ix_payment_attempts_round", table, ["disbursement_id", "round"])
    op.create_index("ix_payment_attempts_account", table, ["account_id", "sent_on"])
    _by_year(table)


def _create_disputes() -> None:
    table = "line_disputes"
    op.create_table(
        table,
        *_all(sa.Uuid(), "id", "line_id", "disbursement_id"),
        sa.Column("answer", _codes("answer", *ANSWERS), nullable=False),
        *_all(sa.Date(), "said_on"),
        *_all(sa.Text(), "note", nullable=True),
        *_all(INSTANT, "told_at"),
        *_all(sa.Text(), "told_by"),
        *_all(INSTANT, "closed_at", nullable=True),
        *_all(sa.Text(), "closed_by", "proof", nullable=True),
        _refers(table, "disbursement_id", "disbursements"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_disputes")),
    )
    op.create_index(
        "uq_line_disputes_open",
        table,
        ["line_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_line_disputes_batch", table, ["disbursement_id"])
