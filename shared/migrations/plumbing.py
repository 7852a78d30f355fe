"""The tables of plumbing as migrations make them: the same in every service's database.

What stands here is history: a change of a plumbing table is a new function, called by a new
migration of every service.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import audit, history
from shared.partitions import GUARD_AUDIT, PARTITIONED, partition_statements


def create_first() -> None:
    """Create every table of plumbing, its partitions, and the triggers that guard the audit."""
    for create in (
        _api_keys,
        _audit,
        _audit_heads,
        _audit_seals,
        _audit_unsealed,
        _idempotency_keys,
        _inbox,
        _inbox_keys,
        _job_failures,
        _job_runs,
        _known_areas,
        _known_calendars,
        _outbox,
        _rate_limits,
        _replay_cursors,
        _scenario_clock,
        _sync_epoch,
        _sync_moves,
        _timers,
    ):
        create()
    for table in PARTITIONED:
        op.execute(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT")
    for statement in partition_statements(op.get_bind().scalar(sa.text("SELECT current_date"))):
        op.execute(statement)
    for statement in (*audit.TRIGGERS, GUARD_AUDIT):
        op.execute(statement)


def note_restores() -> None:
    """Let a database tell that it was restored; the past is told without cursors now."""
    op.add_column("sync_epoch", sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_table("replay_cursors")


def keep_versions(kept: Sequence[str], synced: Sequence[str]) -> None:
    """Keep what rows said at the end of a day, and give each sync an index in its order.

    `kept` are the synced tables without sealed columns, `synced` all of the service's.
    """
    op.create_table(
        "sync_versions",
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("table_name", "row_id", "until_at", name="pk_sync_versions"),
    )
    op.create_table(
        "sync_kept",
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("table_name", name="pk_sync_kept"),
    )
    op.execute(history.KEEP_VERSION)
    for table in kept:
        for statement in history.keep(table):
            op.execute(statement)
    for table in (*synced, "sync_moves"):
        op.drop_index(f"ix_{table}_changed_xid", table_name=table)
        op.create_index(f"ix_{table}_sync", table, ["changed_xid", "id"])


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("areas", postgresql.JSONB(), nullable=False),
        sa.Column("roles", postgresql.JSONB(), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    op.create_index("uq_api_keys_hash", "api_keys", ["key_hash"], unique=True)


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index("ix_audit_position", "audit", ["position"], unique=False)


def _audit_heads() -> None:
    op.create_table(
        "audit_heads",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_audit_heads"),
    )


def _audit_seals() -> None:
    op.create_table(
        "audit_seals",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit_seals"),
    )
    op.create_index("uq_audit_seals_audit_id", "audit_seals", ["audit_id"], unique=True)


def _audit_unsealed() -> None:
    op.create_table(
        "audit_unsealed",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit_unsealed"),
    )


def _idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("caller", "key", name="pk_idempotency_keys"),
    )
    op.create_index(
        "ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False
    )
    op.create_index("ix_idempotency_keys_id", "idempotency_keys", ["id"], unique=False)


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("replayed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["topic", "key", "position"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'parked')"),
    )


def _inbox_keys() -> None:
    op.create_table(
        "inbox_keys",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("topic", "key", name="pk_inbox_keys"),
    )
    op.create_index("ix_inbox_keys_retry_at", "inbox_keys", ["retry_at"], unique=False)


def _job_failures() -> None:
    op.create_table(
        "job_failures",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("slot", sa.Date(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job", name="pk_job_failures"),
    )


def _job_runs() -> None:
    op.create_table(
        "job_runs",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("slot", sa.Date(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job", "slot", name="pk_job_runs"),
    )


def _known_areas() -> None:
    op.create_table(
        "known_areas",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_known_areas"),
    )
    op.create_index(
        "ix_known_areas_path",
        "known_areas",
        ["path"],
        unique=False,
        postgresql_ops={"path": "text_pattern_ops"},
    )


def _known_calendars() -> None:
    op.create_table(
        "known_calendars",
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("exceptions", postgresql.JSONB(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("area_code", "year", name="pk_known_calendars"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("replayed", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index("ix_outbox_position", "outbox", ["position"], unique=False)
    op.create_index(
        "ix_outbox_unsent",
        "outbox",
        ["position"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL"),
    )


def _rate_limits() -> None:
    op.create_table(
        "rate_limits",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_rate_limits"),
    )
    op.create_index("ix_rate_limits_paid_at", "rate_limits", ["paid_at"], unique=False)


def _replay_cursors() -> None:
    op.create_table(
        "replay_cursors",
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("to", name="pk_replay_cursors"),
    )


def _scenario_clock() -> None:
    op.create_table(
        "scenario_clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("now", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scenario_clock"),
    )


def _sync_epoch() -> None:
    op.create_table(
        "sync_epoch",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sync_epoch"),
    )


def _sync_moves() -> None:
    op.create_table(
        "sync_moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sync_moves"),
    )
    op.create_index("ix_sync_moves_changed_xid", "sync_moves", ["changed_xid"], unique=False)
    op.create_index(
        "ix_sync_moves_order", "sync_moves", ["table_name", "changed_xid", "row_id"], unique=False
    )


def _timers() -> None:
    op.create_table(
        "timers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("calendar_version", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_late", sa.Boolean(), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_timers"),
    )
    op.create_index(
        "ix_timers_due",
        "timers",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'armed'"),
    )
    op.create_index("ix_timers_subject", "timers", ["subject_id", "kind"], unique=False)
    op.create_index(
        "uq_timers_armed",
        "timers",
        ["kind", "subject_id", "step"],
        unique=True,
        postgresql_where=sa.text("state = 'armed'"),
    )
