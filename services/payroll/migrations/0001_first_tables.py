"""First tables of payroll: what registry told, accounts, obligations, feeds, lines, credits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import plumbing

revision = "0001"
down_revision = None

# Lines grow with accounts and days, and are looked for by account: so many parts of about a
# million lines each serve a province, and each part's indexes stay in memory.
PARTS = 8


def upgrade() -> None:
    plumbing.create_first()
    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("developer_id", sa.Uuid(), nullable=False),
        sa.Column("contractor_id", sa.Uuid(), nullable=True),
        sa.Column("card", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
    )
    op.create_table(
        "replans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replans")),
    )
    op.create_index(
        "ix_replans_open", "replans", ["id"], unique=False, postgresql_where=sa.text("NOT done")
    )
    op.create_table(
        "sources",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bank_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("expected_by", sa.Text(), nullable=False),
        sa.Column("expected_after_wd", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("expected_until", sa.Date(), nullable=False),
        sa.Column("fed_until", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
    )
    op.create_index(op.f("ix_sources_bank_id"), "sources", ["bank_id"], unique=False)
    op.create_index("uq_sources_code", "sources", ["code"], unique=True)
    op.create_table(
        "bank_feeds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("bank_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calendar_version", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "expected",
                "late",
                "closed",
                "complete",
                "waived",
                name="feedstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("late_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name=op.f("fk_bank_feeds_source_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_feeds")),
    )
    op.create_index(op.f("ix_bank_feeds_changed_xid"), "bank_feeds", ["changed_xid"], unique=False)
    op.create_index("ix_bank_feeds_order", "bank_feeds", ["day", "id"], unique=False)
    op.create_index("uq_bank_feeds_day", "bank_feeds", ["source_id", "day"], unique=True)
    op.create_table(
        "wage_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("developer_id", sa.Uuid(), nullable=False),
        sa.Column("contractor_id", sa.Uuid(), nullable=True),
        sa.Column("account_no", sa.LargeBinary(), nullable=False),
        sa.Column("account_index", sa.Text(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("bank_name", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
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
            name=op.f("fk_wage_accounts_project_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name=op.f("fk_wage_accounts_source_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wage_accounts")),
    )
    op.create_index(
        op.f("ix_wage_accounts_changed_xid"), "wage_accounts", ["changed_xid"], unique=False
    )
    op.create_index("ix_wage_accounts_order", "wage_accounts", ["opened_on", "id"], unique=False)
    op.create_index(
        op.f("ix_wage_accounts_source_id"), "wage_accounts", ["source_id"], unique=False
    )
    op.create_index(
        "uq_wage_accounts_account_index", "wage_accounts", ["account_index"], unique=True
    )
    op.create_index("uq_wage_accounts_project", "wage_accounts", ["project_id"], unique=True)
    op.create_table(
        "works_contracts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("contractor_id", sa.Uuid(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("contract_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column(
            "basis",
            sa.Enum(
                "per_period",
                "total",
                "share",
                name="basis",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("labour_cost", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("share", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("first_period", sa.Text(), nullable=False),
        sa.Column("last_period", sa.Text(), nullable=False),
        sa.Column("transfer_day", sa.Integer(), nullable=False),
        sa.Column(
            "transfer_month",
            sa.Enum(
                "same",
                "next",
                name="transfermonth",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "due_shift",
            sa.Enum(
                "backwards",
                "none",
                name="dueshift",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_works_contracts_project_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_works_contracts")),
    )
    op.create_index(
        op.f("ix_works_contracts_project_id"), "works_contracts", ["project_id"], unique=False
    )
    op.create_table(
        "account_days",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feed_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("account_index", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opening", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("closing", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"],
            ["bank_feeds.id"],
            name=op.f("fk_account_days_feed_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_days")),
    )
    op.create_index("ix_account_days_feed", "account_days", ["feed_id"], unique=False)
    op.create_index(
        "uq_account_days_day", "account_days", ["source_id", "account_index", "day"], unique=True
    )
    op.create_table(
        "bank_lines",
        sa.Column("account_index", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("feed_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("account_no", sa.LargeBinary(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "direction",
            sa.Enum(
                "in", "out", name="direction", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("balance", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("left_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("period", sa.Text(), nullable=True),
        sa.Column("purpose", sa.LargeBinary(), nullable=True),
        sa.Column("counterparty_name", sa.LargeBinary(), nullable=True),
        sa.Column("counterparty_name_index", sa.Text(), nullable=True),
        sa.Column("counterparty_account", sa.LargeBinary(), nullable=True),
        sa.Column("counterparty_account_index", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["wage_accounts.id"],
            name=op.f("fk_bank_lines_account_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"],
            ["bank_feeds.id"],
            name=op.f("fk_bank_lines_feed_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name=op.f("fk_bank_lines_source_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("account_index", "id", name=op.f("pk_bank_lines")),
        postgresql_partition_by="HASH (account_index)",
    )
    op.create_index("ix_bank_lines_account", "bank_lines", ["account_id", "at"], unique=False)
    op.create_index(
        "ix_bank_lines_counterparty_account",
        "bank_lines",
        ["counterparty_account_index"],
        unique=False,
    )
    op.create_index(
        "ix_bank_lines_counterparty_name", "bank_lines", ["counterparty_name_index"], unique=False
    )
    op.create_index("ix_bank_lines_feed", "bank_lines", ["feed_id"], unique=False)
    op.create_index(
        "ix_bank_lines_left",
        "bank_lines",
        ["account_id"],
        unique=False,
        postgresql_where=sa.text("left_amount > 0"),
    )
    op.create_index("ix_bank_lines_order", "bank_lines", ["at", "id"], unique=False)
    op.create_index(
        "ix_bank_lines_unmatched",
        "bank_lines",
        ["source_id", "at"],
        unique=False,
        postgresql_where=sa.text("account_id IS NULL"),
    )
    op.create_index(
        "uq_bank_lines_serial", "bank_lines", ["source_id", "account_index", "serial"], unique=True
    )
    op.create_table(
        "feed_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feed_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_from", sa.Text(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "accepted",
                "rejected",
                name="batchstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["feed_id"],
            ["bank_feeds.id"],
            name=op.f("fk_feed_batches_feed_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_batches")),
    )
    op.create_index("uq_feed_batches_digest", "feed_batches", ["feed_id", "digest"], unique=True)
    op.create_table(
        "obligations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("works_contract_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("developer_id", sa.Uuid(), nullable=False),
        sa.Column("contractor_id", sa.Uuid(), nullable=True),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("previous_period", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("credited_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("on_time_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "planned",
                "due",
                "full",
                "short",
                "none",
                "closed",
                name="obligationstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("missed_on", sa.Date(), nullable=True),
        sa.Column("calendar_version", sa.Text(), nullable=False),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["wage_accounts.id"],
            name=op.f("fk_obligations_account_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_obligations_project_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name=op.f("fk_obligations_source_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["works_contract_id"],
            ["works_contracts.id"],
            name=op.f("fk_obligations_works_contract_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligations")),
    )
    op.create_index(
        op.f("ix_obligations_changed_xid"), "obligations", ["changed_xid"], unique=False
    )
    op.create_index(
        "ix_obligations_developer", "obligations", ["developer_id", "due_on"], unique=False
    )
    op.create_index(
        "ix_obligations_open",
        "obligations",
        ["source_id", "due_on"],
        unique=False,
        postgresql_where=sa.text("status IN ('planned', 'due')"),
    )
    op.create_index("ix_obligations_order", "obligations", ["due_on", "id"], unique=False)
    op.create_index(
        "ix_obligations_planned",
        "obligations",
        ["due_on", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'planned'"),
    )
    op.create_index("ix_obligations_project", "obligations", ["project_id", "due_on"], unique=False)
    op.create_index(
        "uq_obligations_period", "obligations", ["works_contract_id", "period"], unique=True
    )
    op.create_table(
        "waivers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feed_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("waived_by", sa.Text(), nullable=False),
        sa.Column("waived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completes", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"],
            ["bank_feeds.id"],
            name=op.f("fk_waivers_feed_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waivers")),
    )
    op.create_index("uq_waivers_person", "waivers", ["feed_id", "waived_by"], unique=True)
    op.create_table(
        "credits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("account_index", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("credited_on", sa.Date(), nullable=False),
        sa.Column("period", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.ForeignKeyConstraint(
            ["obligation_id"],
            ["obligations.id"],
            name=op.f("fk_credits_obligation_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credits")),
    )
    op.create_index("uq_credits_line", "credits", ["obligation_id", "line_id"], unique=True)
    for part in range(PARTS):
        op.execute(
            f"CREATE TABLE bank_lines_{part} PARTITION OF bank_lines"
            f" FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
        )
