"""Versions of a works contract's terms; how progress is measured and wages are paid."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _pay_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column(
            "progress_basis", _choice("progressbasis", "monthly", "stages", "fixed"), nullable=True
        ),
        sa.Column("measuring_months", sa.Integer(), nullable=True),
        sa.Column(
            "pay_cycle",
            _choice("paycycle", "month", "week", "day", "hour", "piece"),
            nullable=True,
        ),
        sa.Column("pay_day", sa.Integer(), nullable=True),
    ]


def upgrade() -> None:
    version = sa.Column("version", sa.Integer(), server_default="1", nullable=False)
    for column in [*_pay_columns(), version]:
        op.add_column("works_contracts", column)
    op.create_table(
        "works_contract_versions",
        sa.Column("works_contract_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contract_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column(
            "basis", _choice("labourcostbasis", "per_period", "total", "share"), nullable=False
        ),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("share", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("first_period", sa.Text(), nullable=False),
        sa.Column("last_period", sa.Text(), nullable=False),
        sa.Column("cycle_months", sa.Integer(), nullable=False),
        sa.Column("transfer_day", sa.Integer(), nullable=False),
        sa.Column("transfer_month", _choice("transfermonth", "same", "next"), nullable=False),
        sa.Column("due_shift", _choice("dueshift", "backwards", "none"), nullable=False),
        *_pay_columns(),
        sa.ForeignKeyConstraint(
            ["works_contract_id"],
            ["works_contracts.id"],
            name=op.f("fk_works_contract_versions_works_contract_id"),
        ),
        sa.PrimaryKeyConstraint(
            "works_contract_id", "version", name=op.f("pk_works_contract_versions")
        ),
        sa.UniqueConstraint(
            "works_contract_id",
            "number",
            name=op.f("uq_works_contract_versions_works_contract_id_number"),
        ),
    )
    # What stands was never supplemented: it is its own first version.
    op.execute("""
        INSERT INTO works_contract_versions (
            works_contract_id, version, number, signed_on, valid_from, registered_at,
            contract_amount, basis, amount, share, first_period, last_period, cycle_months,
            transfer_day, transfer_month, due_shift
        )
        SELECT id, 1, number, signed_on, first_period, registered_at, contract_amount, basis,
            amount, share, first_period, last_period, cycle_months, transfer_day, transfer_month,
            due_shift
        FROM works_contracts
    """)
