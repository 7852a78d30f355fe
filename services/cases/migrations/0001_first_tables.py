"""First tables of cases, and the nation's default policies."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.migrations import plumbing

revision = "0001"
down_revision = None

LEVELS = [
    {"code": "blue", "rank": 1, "colour": "#2f6fed", "label": "蓝"},
    {"code": "yellow", "rank": 2, "colour": "#f5c518", "label": "黄"},
    {"code": "orange", "rank": 3, "colour": "#f08a24", "label": "橙"},
    {"code": "red", "rank": 4, "colour": "#d4302f", "label": "红"},
]


def step(
    code: str, *, level: str | None = None, after: int | None = None, every: int | None = None
) -> dict[str, Any]:
    return {"code": code, "level": level, "after": after, "every": every, "at": "09:00"}


# Ours, not law: areas lay their own rows over them. In force since 724号 is.
DEFAULTS: list[dict[str, Any]] = [
    {
        "id": UUID("01868000-0000-7000-8000-000000000001"),
        "kind": "transfer_missed",
        "steps": [
            step("open", level="blue"),
            step("notice", after=1),
            step("yellow", level="yellow", after=3),
            step("orange", level="orange", after=10),
            step("draft", after=17),
            step("red", level="red", after=20),
            step("repeat", every=1),
        ],
        "jumps": [
            {"code": "two_in_a_row", "counts": "in_a_row", "count": 2, "to": "red"},
            {"code": "three_in_total", "counts": "in_total", "count": 3, "to": "red"},
        ],
        "answer_within": {
            "yellow": {"length": 3, "unit": "wd"},
            "orange": {"length": 2, "unit": "wd"},
            "red": {"length": 3, "unit": "wd"},
        },
        "proposal": {"step": "red", "opens_after": 30, "at": "09:00"},
        "basis": "平台默认阶梯（非法定数值）；依据724号第24、27、29条，53号第12条；"
        "连续两次或累计三次参照福建2018年做法",
        "certainty": "B",
    },
    {
        "id": UUID("01868000-0000-7000-8000-000000000002"),
        "kind": "bank_feed_late",
        "steps": [
            step("open", level="blue"),
            step("yellow", level="yellow", after=1),
            step("orange", level="orange", after=3),
            step("red", level="red", after=5),
            step("repeat", every=1),
        ],
        "jumps": [],
        "answer_within": {},
        "proposal": None,
        "basis": "平台约定（非法定数值）：银行逐日回传，逾期由银行和平台运维处理，"
        "不归责于付款方，不建议立案",
        "certainty": "C",
    },
]


def upgrade() -> None:
    plumbing.create_first()
    op.create_table(
        "policies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "transfer_missed",
                "bank_feed_late",
                name="watchkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column(
            "mode",
            sa.Enum(
                "live", "shadow", name="mode", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("levels", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("jumps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("answer_within", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "proposal", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
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
        "project_persons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_persons")),
    )
    op.create_index(
        "ix_project_persons_project_id", "project_persons", ["project_id"], unique=False
    )
    op.create_table(
        "watch_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "transfer_missed",
                "bank_feed_late",
                name="watchkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column(
            "project", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("works_contract_id", sa.Uuid(), nullable=True),
        sa.Column("developer_id", sa.Uuid(), nullable=True),
        sa.Column("contractor_id", sa.Uuid(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("previous_period", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("lacking", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("bank_serials", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_by", sa.Text(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "answered",
                "verifying",
                "closed",
                name="itemstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("level_label", sa.Text(), nullable=False),
        sa.Column("level_colour", sa.Text(), nullable=False),
        sa.Column("level_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("step_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposing", sa.Boolean(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("calendar_version", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "close_reason",
            sa.Enum(
                "transfer_received",
                "bank_feed_completed",
                "bank_feed_waived",
                name="closereason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policies.id"], name=op.f("fk_watch_items_policy_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_items")),
    )
    op.create_index("ix_watch_items_area_code", "watch_items", ["area_code", "state"], unique=False)
    op.create_index(
        op.f("ix_watch_items_changed_xid"), "watch_items", ["changed_xid"], unique=False
    )
    op.create_index("ix_watch_items_project_id", "watch_items", ["project_id"], unique=False)
    op.create_index("ix_watch_items_subject_id", "watch_items", ["subject_id"], unique=False)
    op.create_index("ix_watch_items_unit_id", "watch_items", ["unit_id", "state"], unique=False)
    op.create_index(
        "uq_watch_items_key",
        "watch_items",
        ["key"],
        unique=True,
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_index(
        "uq_watch_items_key_opened_at", "watch_items", ["key", "opened_at"], unique=True
    )
    op.create_table(
        "case_proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("project", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("developer_id", sa.Uuid(), nullable=True),
        sa.Column("contractor_id", sa.Uuid(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("watch_item_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "confirmed",
                "refused",
                "withdrawn",
                name="proposalstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("by_rule", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["watch_item_id"], ["watch_items.id"], name=op.f("fk_case_proposals_watch_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_proposals")),
    )
    op.create_index(
        op.f("ix_case_proposals_changed_xid"), "case_proposals", ["changed_xid"], unique=False
    )
    op.create_index("ix_case_proposals_project_id", "case_proposals", ["project_id"], unique=False)
    op.create_index(
        "uq_case_proposals_open",
        "case_proposals",
        ["project_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "watch_item_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("watch_item_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "what",
            sa.Enum(
                "opened",
                "raised",
                "step_reached",
                "part_received",
                "acknowledged",
                "answered",
                "answer_overdue",
                "verifying",
                "reopened",
                "finding_added",
                "assigned",
                "recomputed",
                "without_timer",
                "case_proposed",
                "case_refused",
                "case_withdrawn",
                "case_opened",
                "closed",
                name="happening",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("calendar_version", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["watch_item_id"], ["watch_items.id"], name=op.f("fk_watch_item_entries_watch_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_item_entries")),
    )
    op.create_index(
        "ix_watch_item_entries_item", "watch_item_entries", ["watch_item_id", "at"], unique=False
    )
    op.create_index(
        "uq_watch_item_entries_cause",
        "watch_item_entries",
        ["watch_item_id", "what", "cause_id"],
        unique=True,
        postgresql_where=sa.text("cause_id IS NOT NULL"),
    )
    op.create_table(
        "arrears_cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("project", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("developer_id", sa.Uuid(), nullable=True),
        sa.Column("contractor_id", sa.Uuid(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "closed",
                name="casestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("by_rule", sa.Boolean(), nullable=False),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["case_proposals.id"], name=op.f("fk_arrears_cases_proposal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrears_cases")),
    )
    op.create_index(
        op.f("ix_arrears_cases_changed_xid"), "arrears_cases", ["changed_xid"], unique=False
    )
    op.create_index(
        "uq_arrears_cases_open",
        "arrears_cases",
        ["project_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("uq_arrears_cases_proposal_id", "arrears_cases", ["proposal_id"], unique=True)
    seed()


def seed() -> None:
    """Insert the nation's policies, with their basis and certainty."""
    columns: list[Any] = [
        sa.column("id", sa.Uuid()),
        *(sa.column(name, sa.Text()) for name in ("area_code", "kind", "mode", "unit")),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        *(
            sa.column(name, postgresql.JSONB(none_as_null=True))
            for name in ("levels", "steps", "jumps", "answer_within", "proposal")
        ),
        *(sa.column(name, sa.Text()) for name in ("basis", "certainty", "created_by")),
        sa.column("created_at", sa.DateTime(timezone=True)),
    ]
    shared = {
        "area_code": "0",
        "version": 1,
        "valid_from": date(2020, 5, 1),
        "mode": "live",
        "unit": "wd",
        "levels": LEVELS,
        "created_at": clock.wall(),
        "created_by": "migration:0001",
    }
    op.bulk_insert(sa.table("policies", *columns), [shared | row for row in DEFAULTS])
