"""Arrears cases: told through any channel, worked on by one table, with people and money."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock

revision = "0025"
down_revision = "0024"

CODES: dict[str, tuple[str, ...]] = {
    "certainty": (
        "A",
        "B",
        "C",
    ),
    "clockkind": (
        "sign",
        "contact",
        "acceptance",
        "supplement",
        "statutory",
        "local",
        "suspension",
        "decision",
        "payment",
        "check",
        "referral",
        "police",
    ),
    "unit": (
        "wd",
        "cd",
        "h",
    ),
    "relation": (
        "same",
        "related",
        "different",
    ),
    "channel": (
        "desk",
        "hotline_12345",
        "hotline_12333",
        "national_platform",
        "province_platform",
        "petition",
        "qr_form",
        "patrol",
        "email",
        "other_body",
        "union",
        "village",
        "upper_level",
        "watch_item",
    ),
    "speaker": (
        "worker",
        "representative",
        "anyone",
        "body",
    ),
    "act": (
        "sign",
        "contact",
        "hand_over",
        "ask_supplement",
        "take_supplement",
        "accept",
        "refuse",
        "suspend",
        "resume",
        "extend",
        "finish",
        "decide",
        "mediate",
        "refer",
        "transfer",
        "take_back",
        "propose_end",
        "confirm_end",
        "return_end",
        "reopen",
    ),
    "stage": (
        "received",
        "signed",
        "supplementing",
        "investigating",
        "suspended",
        "deciding",
        "paying",
        "checking",
        "referred",
        "transferred",
        "ended",
    ),
    "paymentsource": (
        "employer",
        "contractor",
        "developer",
        "deposit",
        "emergency_fund",
        "court",
    ),
    "paymentproof": (
        "bank_line",
        "cash_confirmed",
    ),
    "nature": (
        "wages",
        "works_price",
        "false_claim",
    ),
    "cause": (
        "unapproved",
        "enlarged",
        "over_budget",
        "government_price_late",
        "without_funds",
        "illegally_started",
        "developer_late",
        "government_money_missing",
        "subletting",
        "account_misused",
        "subcontractor_fled",
        "dispute",
        "employer_in_difficulty",
        "works_price_claim",
        "false_claim",
        "other",
    ),
    "conclusion": (
        "paid",
        "no_arrears",
        "withdrawn",
        "settled",
        "arbitration",
        "court",
        "judgment_executed",
        "criminal",
        "works_price",
        "false_claim",
        "unreachable",
        "out_of_time",
        "out_of_scope",
        "elsewhere",
    ),
}
KINDS = (
    "transfer_missed",
    "bank_feed_late",
    "account_not_opened",
    "account_not_filed",
    "agreement_missing",
    "deposit_missing",
    "guarantee_expiring",
    "deposit_not_replenished",
    "cover_low",
    "notice_board_missing",
    "wage_officer_missing",
    "payment_guarantee_missing",
    "no_systems",
    "reporting_gap",
    "nobody_in_charge",
    "watched_after_red",
    "deposit_statement_missing",
    "feed_silent",
    "case_limit_near",
    "case_step_overdue",
    "canary",
    "unregistered_on_site",
    "attendance_stopped",
    "below_minimum_wage",
    "implausible_pay",
    "payroll_not_submitted",
    "wages_unpaid",
    "paid_share_low",
    "leaver_not_settled",
    "payment_outside_account",
    "payment_returned",
    "receipt_disputed",
)
TABLES = ("policies", "watch_items", "conditions", "tellings", "shadow_steps", "closing_terms")
LEVELS = [
    {"code": "blue", "rank": 1, "colour": "#2f6fed", "label": "蓝"},
    {"code": "yellow", "rank": 2, "colour": "#f5c518", "label": "黄"},
    {"code": "orange", "rank": 3, "colour": "#f08a24", "label": "橙"},
    {"code": "red", "rank": 4, "colour": "#d4302f", "label": "红"},
]


def step(code: str, **said: Any) -> dict[str, Any]:
    """Give a rung that is called by its level, unless it has none."""
    level = None if code == "repeat" else code
    return {"code": code, "level": level, "after": None, "every": None, "at": "09:00"} | said


# P21, on both clocks: so many working days are left; a limit is kept until the end of its last day.
DEFAULTS: list[dict[str, Any]] = [
    {
        "id": UUID("01868000-0000-7000-8000-000000002501"),
        "kind": "case_limit_near",
        "jumps": [],
        "answer_within": {},
        "proposal": None,
        "steps": [
            step("blue", after=-10),
            step("yellow", after=-5),
            step("orange", after=-1),
            step("red", after=1, unit="cd", at="00:00"),
            step("repeat", every=1),
        ],
        "basis": "平台约定：办案期限剩余10、5、1个工作日提醒，逾期为红色；"
        "法定期限与本地目标分别计算",
        "certainty": "C",
    },
    {
        "id": UUID("01868000-0000-7000-8000-000000002502"),
        "kind": "case_step_overdue",
        "jumps": [],
        "answer_within": {},
        "proposal": None,
        "steps": [
            step("yellow", after=0, at="00:00"),
            step("orange", after=2),
            step("red", after=4),
            step("repeat", every=1),
        ],
        "basis": "平台约定（非法定数值）：案件环节逾期未办，由承办单位处理",
        "certainty": "C",
    },
]


def clock_terms(  # noqa: PLR0917 -- a row, read as a table below
    number: int, kind: str, unit: str, length: int, basis: str, certainty: str, more: int = 0
) -> dict[str, Any]:
    """Give the nation's limit of a step."""
    return {
        "id": UUID(f"01868000-0000-7000-8000-{2100 + number:012d}"), "area_code": "0",
        "kind": kind, "version": 1, "valid_from": date(2020, 5, 1), "unit": unit,
        "length": length, "more": more, "basis": basis, "certainty": certainty,
    }  # fmt: skip


OURS = "平台约定（非法定数值）："
CLOCKS = [
    clock_terms(1, "sign", "wd", 1, OURS + "线索转办后签收", "C"),
    clock_terms(2, "contact", "wd", 2, OURS + "签收后联系反映人", "C"),
    clock_terms(
        3, "acceptance", "wd", 5, "若干规定（令第25号）：5个工作日内受理", "B"
    ),
    clock_terms(4, "supplement", "wd", 5, OURS + "补正材料", "C"),
    clock_terms(
        5, "statutory", "wd", 60, "423号第17条：60个工作日，经批准可延长30个工作日",
        "A", more=30,
    ),
    clock_terms(6, "suspension", "wd", 30, OURS + "中止后复查是否恢复", "C"),
    clock_terms(7, "decision", "wd", 15, "若干规定第37条：调查终结后作出处理", "C"),
    clock_terms(8, "payment", "wd", 15, OURS + "责令支付的期限，以文书所定为准", "C"),
    clock_terms(9, "check", "wd", 3, OURS + "办结复核", "C"),
    clock_terms(10, "referral", "wd", 45, OURS + "引导后回访", "C"),
    clock_terms(
        11, "police", "cd", 3, "国务院令第310号第8条：公安机关三日内决定是否立案", "A"
    ),
]  # fmt: skip
CASE_TERMS = {
    "id": UUID("01868000-0000-7000-8000-000000002200"),
    "area_code": "0",
    "version": 1,
    "valid_from": date(2020, 5, 1),
    "prefix": "欠案",
    "officers": 2,
    "complaint_years": 2,
    "basis": "劳动保障监察条例（423号）第16条：不少于2人；第20条：2年内",
    "certainty": "A",
}


def _codes(name: str) -> sa.Enum:
    return sa.Enum(*CODES[name], name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    _kinds()
    _tables()
    _cases()
    _seeds()


def _kinds() -> None:
    listed = ", ".join(f"'{kind}'" for kind in KINDS)
    for table in TABLES:
        name = op.f(f"ck_{table}_watchkind")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"kind IN ({listed})")


def _seeds() -> None:
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
        "created_by": "migration:0025",
    }
    op.bulk_insert(sa.table("policies", *columns), [shared | one for one in DEFAULTS])
    texts = ("area_code", "kind", "unit", "basis", "certainty", "prefix")
    numbers = ("version", "length", "more", "officers", "complaint_years")
    types: dict[str, Any] = dict.fromkeys(texts, sa.Text()) | dict.fromkeys(numbers, sa.Integer())
    types |= {"id": sa.Uuid(), "valid_from": sa.Date()}
    for table, rows in (("clock_terms", CLOCKS), ("case_terms", [CASE_TERMS])):
        named = [sa.column(name, types[name]) for name in rows[0]]
        op.bulk_insert(sa.table(table, *named), rows)


def _tables() -> None:
    op.create_table(
        "case_numbers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_numbers")),
    )
    op.create_index("uq_case_numbers_office", "case_numbers", ["office", "year"], unique=True)
    op.create_table(
        "case_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("officers", sa.Integer(), nullable=False),
        sa.Column("complaint_years", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column(
            "certainty",
            _codes("certainty"),
            nullable=False,
        ),
        sa.CheckConstraint("version > 0 AND officers > 0", name=op.f("ck_case_terms_numbers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_terms")),
    )
    op.create_index("uq_case_terms_version", "case_terms", ["area_code", "version"], unique=True)
    op.create_table(
        "clock_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            _codes("clockkind"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column(
            "unit",
            _codes("unit"),
            nullable=False,
        ),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("more", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column(
            "certainty",
            _codes("certainty"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "version > 0 AND length > 0 AND more >= 0", name=op.f("ck_clock_terms_numbers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_terms")),
    )
    op.create_index(
        "uq_clock_terms_version", "clock_terms", ["area_code", "kind", "version"], unique=True
    )
    op.create_table(
        "arrears_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("name_index", sa.Text(), nullable=False),
        sa.Column("id_number", sa.LargeBinary(), nullable=True),
        sa.Column("id_index", sa.Text(), nullable=True),
        sa.Column("worker_id", sa.Uuid(), nullable=True),
        sa.Column("months", sa.Text(), nullable=False),
        sa.Column("claimed", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("verified", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("paid", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("referred", sa.Boolean(), nullable=False),
        sa.CheckConstraint("claimed >= 0 AND paid >= 0", name=op.f("ck_arrears_lines_amounts")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["arrears_cases.id"], name=op.f("fk_arrears_lines_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrears_lines")),
    )
    op.create_index("ix_arrears_lines_id_index", "arrears_lines", ["id_index"], unique=False)
    op.create_index(
        "uq_arrears_lines_person",
        "arrears_lines",
        ["case_id", "id_index"],
        unique=True,
        postgresql_where=sa.text("id_index IS NOT NULL"),
    )
    op.create_index(
        "uq_arrears_lines_position", "arrears_lines", ["case_id", "position"], unique=True
    )
    op.create_table(
        "case_clocks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            _codes("clockkind"),
            nullable=False,
        ),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "unit",
            _codes("unit"),
            nullable=False,
        ),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.Column("pauses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("still_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("calendar_version", sa.Text(), nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["arrears_cases.id"], name=op.f("fk_case_clocks_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["clock_terms.id"], name=op.f("fk_case_clocks_terms_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_clocks")),
    )
    op.create_index(
        "ix_case_clocks_area_code",
        "case_clocks",
        ["area_code"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_case_clocks_case_id", "case_clocks", ["case_id", "started_at"], unique=False
    )
    op.create_index(
        "uq_case_clocks_running",
        "case_clocks",
        ["case_id", "kind"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "case_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column(
            "relation",
            _codes("relation"),
            nullable=False,
        ),
        sa.Column(
            "channel",
            _codes("channel"),
            nullable=False,
        ),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column(
            "speaker",
            _codes("speaker"),
            nullable=False,
        ),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("name_index", sa.Text(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.Text(), nullable=True),
        sa.Column("id_number", sa.LargeBinary(), nullable=True),
        sa.Column("id_index", sa.Text(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("said", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["arrears_cases.id"], name=op.f("fk_case_reports_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_reports")),
    )
    op.create_index("ix_case_reports_case_id", "case_reports", ["case_id", "id"], unique=False)
    op.create_index("ix_case_reports_id_number", "case_reports", ["id_index"], unique=False)
    op.create_index("ix_case_reports_phone", "case_reports", ["phone_index"], unique=False)
    op.create_index(
        "uq_case_reports_external_id", "case_reports", ["channel", "external_id"], unique=True
    )
    op.create_table(
        "case_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "act",
            _codes("act"),
            nullable=True,
        ),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("stage_from", sa.Text(), nullable=True),
        sa.Column(
            "stage_to",
            _codes("stage"),
            nullable=False,
        ),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["arrears_cases.id"], name=op.f("fk_case_steps_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_steps")),
    )
    op.create_index("ix_case_steps_case_id", "case_steps", ["case_id", "at", "id"], unique=False)
    op.create_table(
        "arrears_payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column(
            "source",
            _codes("paymentsource"),
            nullable=False,
        ),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column(
            "proof",
            _codes("paymentproof"),
            nullable=False,
        ),
        sa.Column("bank_serial", sa.Text(), nullable=True),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(amount < 0) = (reverses_id IS NOT NULL)", name=op.f("ck_arrears_payments_sign")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["arrears_cases.id"], name=op.f("fk_arrears_payments_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_arrears_payments_evidence_id")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["arrears_lines.id"], name=op.f("fk_arrears_payments_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["arrears_payments.id"], name=op.f("fk_arrears_payments_reverses_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrears_payments")),
    )
    op.create_index(
        "ix_arrears_payments_case_id", "arrears_payments", ["case_id", "id"], unique=False
    )
    op.create_index(
        "uq_arrears_payments_reverses",
        "arrears_payments",
        ["reverses_id"],
        unique=True,
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.create_index(
        "uq_arrears_payments_serial",
        "arrears_payments",
        ["line_id", "bank_serial"],
        unique=True,
        postgresql_where=sa.text("bank_serial IS NOT NULL AND reverses_id IS NULL"),
    )


def _cases() -> None:
    op.add_column(
        "arrears_cases", sa.Column("version", sa.Integer(), server_default="1", nullable=False)
    )
    op.add_column("arrears_cases", sa.Column("office", sa.Text(), nullable=True))
    op.add_column("arrears_cases", sa.Column("year", sa.Integer(), nullable=True))
    op.add_column("arrears_cases", sa.Column("sequence", sa.Integer(), nullable=True))
    op.add_column("arrears_cases", sa.Column("number", sa.Text(), nullable=True))
    op.add_column("arrears_cases", sa.Column("place", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "arrears_cases",
        sa.Column("industry", sa.Text(), server_default="construction", nullable=False),
    )
    op.add_column("arrears_cases", sa.Column("employer_id", sa.Uuid(), nullable=True))
    op.add_column("arrears_cases", sa.Column("employer_name", sa.Text(), nullable=True))
    op.add_column(
        "arrears_cases",
        sa.Column(
            "channel",
            _codes("channel"),
            server_default="watch_item",
            nullable=False,
        ),
    )
    op.add_column(
        "arrears_cases",
        sa.Column(
            "nature",
            _codes("nature"),
            server_default="wages",
            nullable=False,
        ),
    )
    op.add_column(
        "arrears_cases",
        sa.Column(
            "cause",
            _codes("cause"),
            nullable=True,
        ),
    )
    op.add_column("arrears_cases", sa.Column("arisen_on", sa.Date(), nullable=True))
    op.add_column("arrears_cases", sa.Column("clear_by", sa.Date(), nullable=True))
    op.add_column("arrears_cases", sa.Column("workers_told", sa.Integer(), nullable=True))
    op.add_column(
        "arrears_cases", sa.Column("amount_told", sa.Numeric(precision=14, scale=2), nullable=True)
    )
    op.add_column(
        "arrears_cases", sa.Column("workers", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "arrears_cases",
        sa.Column("claimed", sa.Numeric(precision=14, scale=2), server_default="0", nullable=False),
    )
    op.add_column(
        "arrears_cases",
        sa.Column(
            "verified", sa.Numeric(precision=14, scale=2), server_default="0", nullable=False
        ),
    )
    op.add_column(
        "arrears_cases",
        sa.Column("paid", sa.Numeric(precision=14, scale=2), server_default="0", nullable=False),
    )
    op.add_column(
        "arrears_cases",
        sa.Column("owed", sa.Numeric(precision=14, scale=2), server_default="0", nullable=False),
    )
    op.add_column(
        "arrears_cases", sa.Column("workers_owed", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "arrears_cases",
        sa.Column(
            "stage",
            _codes("stage"),
            server_default="investigating",
            nullable=False,
        ),
    )
    op.add_column(
        "arrears_cases",
        sa.Column(
            "stage_since",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
    op.execute("UPDATE arrears_cases SET stage_since = opened_at")
    op.execute("UPDATE arrears_cases SET stage = 'ended' WHERE state = 'closed'")
    op.add_column(
        "arrears_cases",
        sa.Column("stage_before", sa.Text(), nullable=True),
    )
    op.add_column("arrears_cases", sa.Column("unit_id", sa.Uuid(), nullable=True))
    op.add_column("arrears_cases", sa.Column("receiver_id", sa.Uuid(), nullable=True))
    op.add_column(
        "arrears_cases", sa.Column("received_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "arrears_cases", sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("arrears_cases", sa.Column("next_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "arrears_cases",
        sa.Column(
            "conclusion",
            _codes("conclusion"),
            nullable=True,
        ),
    )
    op.add_column("arrears_cases", sa.Column("end_proposed_by", sa.Text(), nullable=True))
    op.add_column("arrears_cases", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("arrears_cases", sa.Column("ended_by", sa.Text(), nullable=True))
    op.alter_column("arrears_cases", "project_id", existing_type=sa.UUID(), nullable=True)
    op.alter_column(
        "arrears_cases",
        "project",
        existing_type=postgresql.JSONB(astext_type=sa.Text()),
        nullable=True,
    )
    op.alter_column("arrears_cases", "proposal_id", existing_type=sa.UUID(), nullable=True)
    op.create_index(
        "ix_arrears_cases_area_code", "arrears_cases", ["area_code", "stage"], unique=False
    )
    op.create_index("ix_arrears_cases_employer_id", "arrears_cases", ["employer_id"], unique=False)
    op.create_index("ix_arrears_cases_project_id", "arrears_cases", ["project_id"], unique=False)
    op.create_index("ix_arrears_cases_unit_id", "arrears_cases", ["unit_id", "stage"], unique=False)
    op.create_index(
        "uq_arrears_cases_number", "arrears_cases", ["office", "year", "sequence"], unique=True
    )
    op.drop_index("uq_arrears_cases_open", "arrears_cases")
    op.create_index(
        "uq_arrears_cases_open",
        "arrears_cases",
        ["project_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open' AND proposal_id IS NOT NULL"),
    )
    for name, holds in (
        ("is_over", "(stage = 'ended') = (state = 'closed')"),
        ("end", "(conclusion IS NULL) OR stage IN ('checking', 'ended')"),
    ):
        op.create_check_constraint(op.f(f"ck_arrears_cases_{name}"), "arrears_cases", holds)
