"""Leads that other platforms push, and orders to fund government projects."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

STATES = (
    "reported",
    "refused",
    "approved",
    "ordered",
    "overdue",
    "interviewed",
    "notified",
    "disciplined",
    "funded",
)


def kept(column: str, name: str, *values: str, nullable: bool = False) -> sa.Column[Any]:
    """A choice, kept as text with a check."""
    choice = sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(column, choice, nullable=nullable)


def synced() -> list[sa.Column[Any]]:
    return [
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    ]


def upgrade() -> None:
    _leads()
    _funding()
    # Lines of timelines may tell more; what they could tell before stays.
    op.execute("ALTER TABLE watch_item_entries DROP CONSTRAINT ck_watch_item_entries_happening")
    op.execute(
        """
        ALTER TABLE watch_item_entries ADD CONSTRAINT ck_watch_item_entries_happening CHECK (
            what IN ('opened', 'raised', 'step_reached', 'part_received', 'acknowledged',
                'answered', 'answer_overdue', 'verifying', 'reopened', 'finding_added', 'assigned',
                'recomputed', 'without_timer', 'case_proposed', 'case_refused', 'case_withdrawn',
                'case_opened', 'evidence_added', 'extension_asked', 'extension_granted',
                'extension_refused', 'order_moved', 'funding_moved', 'closed')
        )
        """
    )


def _leads() -> None:
    op.create_table(
        "leads",
        sa.Column("id", sa.Uuid(), nullable=False),
        kept("source", "leadsource", "national_platform", "province_platform"),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("workers", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pushed_by", sa.Text(), nullable=False),
        kept("state", "leadstate", "received", "concluded"),
        kept(
            "conclusion",
            "conclusion",
            "paid",
            "case_opened",
            "handed_over",
            "not_competent",
            "no_arrears",
            "works_price_claim",
            "unreachable",
            nullable=True,
        ),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("workers_found", sa.Integer(), nullable=True),
        sa.Column("amount_found", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("amount_paid", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("concluded_by", sa.Text(), nullable=True),
        *synced(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
    )
    op.create_index("uq_leads_external_id", "leads", ["source", "external_id"], unique=True)
    op.create_index("ix_leads_area_code", "leads", ["area_code", "state"], unique=False)
    op.create_index(op.f("ix_leads_changed_xid"), "leads", ["changed_xid"], unique=False)


def _funding() -> None:
    op.create_table(
        "funding_orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("watch_item_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("project", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("developer_id", sa.Uuid(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        kept("state", "fundingstate", *STATES),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("addressed_to", sa.Text(), nullable=True),
        kept("unit", "unit", "wd", "cd", "h", nullable=True),
        sa.Column("length", sa.Integer(), nullable=True),
        sa.Column("served_on", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("calendar_version", sa.Text(), nullable=True),
        sa.Column("funded_at", sa.DateTime(timezone=True), nullable=True),
        *synced(),
        sa.ForeignKeyConstraint(
            ["watch_item_id"], ["watch_items.id"], name=op.f("fk_funding_orders_watch_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_orders")),
    )
    for name, columns in {
        "ix_funding_orders_area_code": ["area_code", "state"],
        "ix_funding_orders_changed_xid": ["changed_xid"],
        "ix_funding_orders_project_id": ["project_id"],
    }.items():
        op.create_index(name, "funding_orders", columns, unique=False)
    op.create_index(
        "uq_funding_orders_watch_item_id",
        "funding_orders",
        ["watch_item_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('refused', 'funded')"),
    )
    op.create_table(
        "funding_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        kept("state", "fundingstate", *STATES),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["funding_orders.id"], name=op.f("fk_funding_steps_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_steps")),
    )
    op.create_index("ix_funding_steps_order_id", "funding_steps", ["order_id", "at"], unique=False)
