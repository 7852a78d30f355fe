"""Correction orders with their terms and numbers, and evidence; the nation's default terms."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

# 724号 art. 55 to 57: an order comes before every fine. The length of its limit is laid down
# nowhere (habit: 3 to 15 days), and the office's own limits are ours: areas lay their rows over.
TERMS: list[dict[str, Any]] = [
    {
        "matter": "transfer_missed",
        "article": "724号第57条",
        "conduct": "未按约定及时足额向农民工工资专用账户拨付工程款中的人工费用",
    },
    {
        "matter": "payment_guarantee",
        "article": "724号第57条",
        "conduct": "未依法提供工程款支付担保",
    },
    {
        "matter": "wage_account",
        "article": "724号第55条",
        "conduct": "未按规定开设或者使用农民工工资专用账户",
    },
    {
        "matter": "deposit",
        "article": "724号第55条",
        "conduct": "未按规定存储工资保证金或者未提供金融机构保函",
    },
    {
        "matter": "roster",
        "article": "724号第55条",
        "conduct": "施工总承包单位、分包单位未实行劳动用工实名制管理",
    },
    {
        "matter": "disbursement",
        "article": "724号第56条",
        "conduct": "未编制工资支付表并通过农民工工资专用账户代发工资",
    },
    {
        "matter": "notice_board",
        "article": "724号第56条",
        "conduct": "施工总承包单位未实行施工现场维权信息公示制度",
    },
]


def kept(name: str, *values: str, nullable: bool = False) -> sa.Column[Any]:
    """A choice, kept as text with a check."""
    kind = "".join(part.title() for part in name.split("_")).lower()
    choice = sa.Enum(*values, name=kind, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, choice, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "order_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("conduct", sa.Text(), nullable=False),
        kept("unit", "wd", "cd", "h"),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("shortest", sa.Integer(), nullable=False),
        sa.Column("longest", sa.Integer(), nullable=False),
        sa.Column("sign_within", sa.Integer(), nullable=False),
        sa.Column("serve_within", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        kept("certainty", "A", "B", "C"),
        sa.CheckConstraint(
            "shortest <= length AND length <= longest", name=op.f("ck_order_terms_length")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_terms")),
    )
    op.create_index(
        "uq_order_terms_version", "order_terms", ["area_code", "matter", "version"], unique=True
    )
    op.create_table(
        "order_numbers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_numbers")),
    )
    op.create_index("uq_order_numbers_office", "order_numbers", ["office", "year"], unique=True)
    _orders()
    _evidence()
    # Lines of timelines may tell more; what they could tell before stays.
    op.execute("ALTER TABLE watch_item_entries DROP CONSTRAINT ck_watch_item_entries_happening")
    _more_happenings()
    _seed()


def _orders() -> None:
    op.create_table(
        "correction_orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("watch_item_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column(
            "project", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("developer_id", sa.Uuid(), nullable=True),
        sa.Column("contractor_id", sa.Uuid(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("conduct", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=True),
        kept("unit", "wd", "cd", "h"),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "signed",
                "served",
                "fulfilled",
                "overdue",
                "penalised",
                "spared",
                "withdrawn",
                name="orderstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("served_on", sa.Date(), nullable=True),
        kept(
            "served_how",
            "direct",
            "left",
            "mail",
            "electronic",
            "entrusted",
            "public_notice",
            nullable=True,
        ),
        sa.Column("served_by", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("calendar_version", sa.Text(), nullable=True),
        sa.Column("told_late", sa.Boolean(), nullable=False),
        sa.Column("put_right_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("decision_number", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(office IS NULL) = (number IS NULL) AND (sequence IS NULL) = (number IS NULL)",
            name=op.f("ck_correction_orders_number"),
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["order_terms.id"], name=op.f("fk_correction_orders_terms_id")
        ),
        sa.ForeignKeyConstraint(
            ["watch_item_id"], ["watch_items.id"], name=op.f("fk_correction_orders_watch_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction_orders")),
    )
    for name, columns in {
        "ix_correction_orders_area_code": ["area_code", "state"],
        "ix_correction_orders_changed_xid": ["changed_xid"],
        "ix_correction_orders_unit_id": ["unit_id", "state"],
        "ix_correction_orders_watch_item_id": ["watch_item_id"],
    }.items():
        op.create_index(name, "correction_orders", columns, unique=False)
    op.create_index(
        "uq_correction_orders_about",
        "correction_orders",
        ["about"],
        unique=True,
        postgresql_where=sa.text("state IN ('draft', 'signed', 'served', 'overdue')"),
    )
    op.create_index(
        "uq_correction_orders_number",
        "correction_orders",
        ["office", "year", "sequence"],
        unique=True,
    )
    op.create_table(
        "order_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["correction_orders.id"], name=op.f("fk_order_steps_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_steps")),
    )
    op.create_index("ix_order_steps_order_id", "order_steps", ["order_id", "at"], unique=False)


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("scan", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_by", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index("ix_evidence_subject_id", "evidence", ["subject_id", "id"], unique=False)
    op.create_index(
        "uq_evidence_file", "evidence", ["subject_id", "sha256", "kept_by"], unique=True
    )


def _more_happenings() -> None:
    """Lay the check anew: all that it allowed before, and what is new."""
    op.execute(
        """
        ALTER TABLE watch_item_entries ADD CONSTRAINT ck_watch_item_entries_happening CHECK (
            what IN ('opened', 'raised', 'step_reached', 'part_received', 'acknowledged',
                'answered', 'answer_overdue', 'verifying', 'reopened', 'finding_added', 'assigned',
                'recomputed', 'without_timer', 'case_proposed', 'case_refused', 'case_withdrawn',
                'case_opened', 'evidence_added', 'extension_asked', 'extension_granted',
                'extension_refused', 'order_moved', 'closed')
        )
        """
    )


def _seed() -> None:
    names = ("area_code", "matter", "prefix", "article", "conduct", "unit", "basis", "certainty")
    numbers = ("version", "length", "shortest", "longest", "sign_within", "serve_within")
    columns: list[Any] = [
        sa.column("id", sa.Uuid()),
        sa.column("valid_from", sa.Date()),
        *(sa.column(name, sa.Text()) for name in names),
        *(sa.column(name, sa.Integer()) for name in numbers),
    ]
    shared = {
        "area_code": "0",
        "version": 1,
        "valid_from": date(2020, 5, 1),
        "prefix": "劳监令字",
        "unit": "cd",
        "length": 10,
        "shortest": 3,
        "longest": 15,
        "sign_within": 3,
        "serve_within": 7,
        "basis": "法条见条款；改正期限无法定天数，各地习惯3至15日；签发、送达时限为平台约定",
        "certainty": "C",
    }
    rows = [
        {"id": UUID(f"01868000-0000-7000-8000-0000000001{place:02}"), **shared, **row}
        for place, row in enumerate(TERMS, 1)
    ]
    op.bulk_insert(sa.table("order_terms", *columns), rows)
