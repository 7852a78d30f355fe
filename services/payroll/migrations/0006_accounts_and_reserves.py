"""The life of wage accounts, what must be put right about them, what they hold.

Of lines that are there already the months know what came in and went out. Which of it was wages
stands in purposes that are sealed, and is known of lines from now on.
"""

from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


# What the nation's rows say until an area decides otherwise.
DEFAULTS = (
    ("sub_ledgers", {"allowed": False}, "53号 art. 6: only if local rules allow", "A"),
    ("closing_notice", {"days": 30}, "724号 art. 27", "A"),
    (
        "payroll_purpose",
        {"words": ["工资", "代发", "薪"], "not_words": ["保证金", "退汇", "退回"]},
        "ours: how contractors word payments of wages",
        "C",
    ),
    ("cover_window", {"months": 12}, "ours: a year's months", "C"),
    ("transfers_due", {"days": 30}, "ours: a month ahead", "C"),
    ("forecast", {"workdays": 7}, "ours: domain 6.3", "C"),
    ("reminders", {"workdays": [3, 1]}, "ours: domain 6.3", "C"),
)

MOVED = """
    INSERT INTO account_months
        (id, source_id, account_index, month, came_in, went_out, payroll, payroll_lines,
         returned_lines)
    SELECT gen_random_uuid(), source_id, account_index, to_char(day, 'YYYY-MM'),
        coalesce(sum(amount) FILTER (WHERE direction = 'in'), 0),
        coalesce(sum(amount) FILTER (WHERE direction = 'out'), 0), 0, 0, 0
    FROM bank_lines
    GROUP BY source_id, account_index, to_char(day, 'YYYY-MM')
"""

USED = """
    UPDATE wage_accounts SET used_since = used.since
    FROM (
        SELECT account_id, min(day) AS since FROM bank_lines
        WHERE account_id IS NOT NULL GROUP BY account_id
    ) AS used
    WHERE wage_accounts.id = used.account_id
"""


def upgrade() -> None:
    op.create_table(
        "arrears_cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrears_cases")),
    )
    op.create_index(
        op.f("ix_arrears_cases_project_id"), "arrears_cases", ["project_id"], unique=False
    )
    op.create_table(
        "policies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "sub_ledgers",
                "closing_notice",
                "payroll_purpose",
                "cover_window",
                "transfers_due",
                "forecast",
                "reminders",
                name="policykind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column(
            "certainty",
            sa.Enum(
                "A",
                "B",
                "C",
                name="certainty",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_policies_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
    )
    op.create_index(
        "uq_policies_version", "policies", ["area_code", "kind", "version"], unique=True
    )
    op.create_table(
        "account_months",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("account_index", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("came_in", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("went_out", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("payroll", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("payroll_lines", sa.Integer(), nullable=False),
        sa.Column("returned_lines", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name=op.f("fk_account_months_source_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_months")),
    )
    op.create_index(
        "uq_account_months_month",
        "account_months",
        ["source_id", "account_index", "month"],
        unique=True,
    )
    op.create_table(
        "conditions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("value", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("muted_by", sa.Text(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tellings", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_conditions_project_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conditions")),
    )
    op.create_index(op.f("ix_conditions_changed_xid"), "conditions", ["changed_xid"], unique=False)
    op.create_index("ix_conditions_project", "conditions", ["project_id"], unique=False)
    op.create_index("ix_conditions_subject", "conditions", ["subject_id"], unique=False)
    op.create_index(
        "uq_conditions_open",
        "conditions",
        ["kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "account_closings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completes", sa.Boolean(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["wage_accounts.id"],
            name=op.f("fk_account_closings_account_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_closings")),
    )
    op.create_index(
        "uq_account_closings_person",
        "account_closings",
        ["account_id", "asked_by"],
        unique=True,
        postgresql_where=sa.text("NOT withdrawn"),
    )
    op.create_table(
        "account_freezes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "until_on IS NULL OR until_on >= from_on", name=op.f("ck_account_freezes_span")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["wage_accounts.id"],
            name=op.f("fk_account_freezes_account_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_freezes")),
    )
    op.create_index(
        "ix_account_freezes_account", "account_freezes", ["account_id", "from_on"], unique=False
    )
    op.add_column(
        "wage_accounts",
        sa.Column(
            "mode",
            sa.Enum(
                "single",
                "sub_ledger",
                name="accountmode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            server_default="single",
            nullable=False,
        ),
    )
    op.add_column("wage_accounts", sa.Column("ledger_no", sa.Text(), nullable=True))
    op.add_column("wage_accounts", sa.Column("main_index", sa.Text(), nullable=True))
    op.add_column(
        "wage_accounts",
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "open",
                "filed",
                "in_use",
                "closing_notice",
                "closed",
                name="accountstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            server_default="open",
            nullable=False,
        ),
    )
    op.add_column(
        "wage_accounts", sa.Column("pending", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("wage_accounts", sa.Column("agreement_on", sa.Date(), nullable=True))
    op.add_column("wage_accounts", sa.Column("agreement_ref", sa.Text(), nullable=True))
    op.add_column("wage_accounts", sa.Column("filed_on", sa.Date(), nullable=True))
    op.add_column("wage_accounts", sa.Column("filing_ref", sa.Text(), nullable=True))
    op.add_column("wage_accounts", sa.Column("used_since", sa.Date(), nullable=True))
    op.add_column("wage_accounts", sa.Column("noticed_on", sa.Date(), nullable=True))
    op.add_column(
        "wage_accounts",
        sa.Column(
            "close_reason",
            sa.Enum(
                "completed",
                "contractor_changed",
                "bank_changed",
                name="closereason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
    )
    op.add_column("wage_accounts", sa.Column("closed_on", sa.Date(), nullable=True))
    op.add_column(
        "wage_accounts", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_wage_accounts_main",
        "wage_accounts",
        ["main_index"],
        unique=False,
        postgresql_where=sa.text("main_index IS NOT NULL"),
    )
    op.add_column(
        "wage_accounts", sa.Column("tellings", sa.Integer(), server_default="0", nullable=False)
    )
    op.drop_index("uq_wage_accounts_project", table_name="wage_accounts")
    op.create_index(
        "uq_wage_accounts_project",
        "wage_accounts",
        ["project_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.execute(MOVED)
    op.execute(USED)
    _decide()


def _decide() -> None:
    columns: list[sa.ColumnClause[Any]] = [
        sa.column("id", sa.Uuid()),
        *(sa.column(name, sa.Text()) for name in ("area_code", "kind", "basis", "certainty")),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        sa.column("values", postgresql.JSONB()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("created_by", sa.Text()),
    ]
    rows = [
        {
            "id": uuid5(NAMESPACE_OID, f"payroll:policies:0:{kind}:1"),
            "area_code": "0",
            "kind": kind,
            "basis": basis,
            "certainty": certainty,
            "version": 1,
            "valid_from": date(2020, 5, 1),
            "values": values,
            "created_at": datetime(2023, 1, 1, tzinfo=UTC),
            "created_by": "migration:0006",
        }
        for kind, values, basis, certainty in DEFAULTS
    ]
    op.bulk_insert(sa.table("policies", *columns), rows)
