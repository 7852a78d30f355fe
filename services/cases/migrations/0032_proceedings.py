"""Proceedings beside arrears cases: referrals, judgments, transfers, listings, publications."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"

ACTS = (
    "sign", "contact", "hand_over", "ask_supplement", "take_supplement", "accept", "refuse",
    "suspend", "resume", "extend", "inspect", "finish", "decide", "mediate", "refer", "transfer",
    "take_back", "propose_end", "confirm_end", "return_end", "reopen", "take_copy",
)  # fmt: skip
CLOCKS = (
    "sign", "contact", "acceptance", "supplement", "statutory", "local", "suspension", "decision",
    "payment", "check", "referral", "police", "copy", "referral_result", "judgment_follow",
    "demand_wait", "court_apply", "court_accept", "court_ruling", "transfer_report",
    "transfer_head", "transfer_send", "transfer_receipt", "transfer_police", "transfer_materials",
    "transfer_reconsider", "transfer_answer", "transfer_procurator", "transfer_result",
    "listing_objection", "listing_answer", "listing_decision", "listing_period", "listing_review",
    "listing_removal", "publication_batch", "publication_review", "publication_correct",
    "supervision",
)  # fmt: skip
KINDS = (
    "referral", "judgment", "court_enforcement", "transfer", "listing", "publication",
    "supervision",
)  # fmt: skip
STAGES = (
    "candidate", "dropped", "referred", "taken", "not_taken", "concluded", "given", "enforcing",
    "halted", "carried_out", "demanded", "applied", "accepted", "reported", "approved", "sent",
    "with_police", "filed", "handed_over", "police_refused", "reconsidered", "upheld",
    "with_procurator", "not_filed", "noticed", "objected", "answered", "listed", "removal_asked",
    "removing", "removed", "published", "correcting", "corrected", "supervised", "unlisted",
)  # fmt: skip
# Every check that names codes which have more now.
CHECKS = (
    ("case_steps", "act", "act", ACTS),
    ("clock_terms", "clockkind", "kind", CLOCKS),
    ("case_clocks", "clockkind", "kind", CLOCKS),
)
FROM = date(2020, 5, 1)
OURS = "平台约定（非法定数值）："
LIST, SHOWN, POLICE = "人社部令第45号", "人社部令第29号", "国务院令第310号"
FORCE = "行政强制法"
# Kind, unit, length, what may be granted on top, basis, certainty.
LIMITS: tuple[tuple[str, str, int, int, str, str], ...] = (
    ("referral_result", "cd", 60, 0, OURS + "引导后跟踪结果，参照仲裁 45 + 15 日", "C"),
    ("judgment_follow", "cd", 30, 0, OURS + "生效裁判执行跟进", "C"),
    ("demand_wait", "wd", 10, 0, FORCE + "第54条：催告书送达十日", "A"),
    ("court_accept", "wd", 5, 0, FORCE + "第56条、第69条：五日内受理", "A"),
    ("court_ruling", "wd", 7, 0, FORCE + "第57条、第69条：七日内裁定", "A"),
    ("transfer_report", "wd", 3, 0, OURS + "符合移送条件后提出移送报告", "C"),
    ("transfer_head", "cd", 3, 0, POLICE + "第5条：负责人三日内决定", "A"),
    ("transfer_send", "h", 24, 0, POLICE + "第5条：批准后24小时内移送", "A"),
    ("transfer_receipt", "h", 24, 0, POLICE + "第7条：签收或24小时内转送", "A"),
    ("transfer_police", "cd", 3, 0, POLICE + "第8条：三日内决定是否立案", "A"),
    ("transfer_materials", "cd", 3, 0, POLICE + "第12条：三日内移交材料", "A"),
    ("transfer_reconsider", "cd", 3, 0, POLICE + "第9条：三日内提请复议", "A"),
    ("transfer_answer", "cd", 3, 0, POLICE + "第9条：三日内答复", "A"),
    ("transfer_procurator", "cd", 3, 0, POLICE + "第9条：三日内建议立案监督", "A"),
    ("transfer_result", "cd", 60, 0, OURS + "移送后跟踪结果", "C"),
    ("listing_objection", "wd", 5, 0, LIST + "第6条：异议期", "C"),
    ("listing_answer", "wd", 5, 0, LIST + "第6条：答复异议", "C"),
    ("listing_decision", "wd", 20, 20, LIST + "第8条：自责令期限届满之日起", "C"),
    ("listing_review", "wd", 15, 0, LIST + "第14条：提前移出的审核", "C"),
    ("listing_removal", "wd", 10, 0, LIST + "第17条：移出", "C"),
    ("publication_review", "wd", 15, 0, SHOWN + "：异议复核", "B"),
    ("publication_correct", "wd", 10, 0, SHOWN + "：更正公布信息", "C"),
)
TERMS = {
    "version": 1, "valid_from": FROM, "crime_months": 3, "crime_workers": 10,
    "listing_months": 36, "removal_months": 6, "application_months": 3, "publication_months": 3,
}  # fmt: skip
NATION = {
    "id": UUID("01868000-0000-7000-8000-000000002950"), "area_code": "0", "crime_amount": None,
    "crime_total": None, "certainty": "B",
    "basis": "法释〔2013〕3号第3条（数额由各省确定，未定不作判断）；令45号第10、12条；令29号",
}  # fmt: skip
CHONGQING = {
    "id": UUID("01868000-0000-7000-8000-000000002951"), "area_code": "50", "certainty": "B",
    "crime_amount": Decimal("10000.00"), "crime_total": Decimal("60000.00"),
    "basis": "渝人社发〔2014〕202号；令45号第10、12条；令29号",
}  # fmt: skip


def upgrade() -> None:
    for table, name, column, codes in CHECKS:
        listed = ", ".join(f"'{code}'" for code in codes)
        named = op.f(f"ck_{table}_{name}")
        op.drop_constraint(named, table, type_="check")
        op.create_check_constraint(named, table, f"{column} IN ({listed})")
    _proceedings()
    _steps()
    _terms()
    _columns()
    _seeds()


def _codes(name: str, codes: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*codes, name=name, native_enum=False, create_constraint=True, length=40)


def _proceedings() -> None:
    instant, yuan = sa.DateTime(timezone=True), sa.Numeric(precision=14, scale=2)
    texts = ("name", "credit_code", "way", "body", "form", "document_number", "outcome")
    op.create_table(
        "proceedings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("kind", _codes("proceedingkind", KINDS), nullable=False),
        sa.Column("stage", _codes("proceedingstage", STAGES), nullable=False),
        sa.Column("stage_since", instant, nullable=False),
        sa.Column("opened_at", instant, nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_org", sa.Uuid(), nullable=True),
        sa.Column("by_rule", sa.Boolean(), nullable=False),
        sa.Column("moved_by", sa.Text(), nullable=True),
        sa.Column("since_on", sa.Date(), nullable=False),
        *(sa.Column(one, sa.Text(), nullable=True) for one in texts),
        sa.Column("amount", yuan, nullable=True),
        sa.Column("listed_at", instant, nullable=True),
        sa.Column("line_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ended_at", instant, nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["arrears_cases.id"], name=op.f("fk_proceedings_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proceedings")),
    )
    op.create_index("ix_proceedings_case_id", "proceedings", ["case_id", "id"])
    op.create_index("ix_proceedings_credit_code", "proceedings", ["credit_code"])
    op.create_index(
        "uq_proceedings_under_way",
        "proceedings",
        ["case_id", "kind"],
        unique=True,
        postgresql_where=sa.text(
            "ended_at IS NULL AND kind IN ('transfer', 'listing', 'publication', 'supervision')"
        ),
    )


def _steps() -> None:
    op.create_table(
        "proceeding_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("proceeding_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("stage_from", sa.Text(), nullable=True),
        sa.Column("stage_to", _codes("proceedingstage", STAGES), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["proceeding_id"], ["proceedings.id"], name=op.f("fk_proceeding_steps_proceeding_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proceeding_steps")),
    )
    op.create_index(
        "ix_proceeding_steps_proceeding_id", "proceeding_steps", ["proceeding_id", "at", "id"]
    )


def _terms() -> None:
    yuan, number = sa.Numeric(precision=14, scale=2), sa.Integer()
    months = ("listing_months", "removal_months", "application_months", "publication_months")
    op.create_table(
        "enforcement_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("version", number, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("crime_months", number, nullable=False),
        sa.Column("crime_amount", yuan, nullable=True),
        sa.Column("crime_workers", number, nullable=False),
        sa.Column("crime_total", yuan, nullable=True),
        *(sa.Column(one, number, nullable=False) for one in months),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("certainty", _codes("certainty", ("A", "B", "C")), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_enforcement_terms_numbers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enforcement_terms")),
    )
    op.create_index(
        "uq_enforcement_terms_version", "enforcement_terms", ["area_code", "version"], unique=True
    )


def _columns() -> None:
    op.add_column("arrears_cases", sa.Column("pay_within", sa.Integer(), nullable=True))
    op.alter_column("case_clocks", "terms_id", existing_type=sa.Uuid(), nullable=True)
    op.add_column("case_clocks", sa.Column("proceeding_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_case_clocks_proceeding_id"),
        "case_clocks",
        "proceedings",
        ["proceeding_id"],
        ["id"],
    )
    op.drop_index("uq_case_clocks_running", "case_clocks")
    for name, column, other in (
        ("uq_case_clocks_running", "case_id", "NULL"),
        ("uq_case_clocks_proceeding", "proceeding_id", "NOT NULL"),
    ):
        op.create_index(
            name,
            "case_clocks",
            [column, "kind"],
            unique=True,
            postgresql_where=sa.text(f"ended_at IS NULL AND proceeding_id IS {other}"),
        )


def _seeds() -> None:
    types: dict[str, Any] = {
        "id": sa.Uuid(), "valid_from": sa.Date(), "crime_amount": sa.Numeric(14, 2),
        "crime_total": sa.Numeric(14, 2),
    }  # fmt: skip
    numbers = {"version", "length", "more", *(name for name in TERMS if name != "valid_from")}
    limits: list[dict[str, Any]] = [
        {
            "id": UUID(int=0x01868000_0000_7000_8000_000000002900 + place), "area_code": "0",
            "kind": kind, "version": 1, "valid_from": FROM, "unit": unit, "length": length,
            "more": more, "basis": basis, "certainty": certainty,
        }
        for place, (kind, unit, length, more, basis, certainty) in enumerate(LIMITS)
    ]  # fmt: skip
    for table, rows in (
        ("clock_terms", limits),
        ("enforcement_terms", [TERMS | NATION, TERMS | CHONGQING]),
    ):
        named = [
            sa.column(name, types.get(name, sa.Integer() if name in numbers else sa.Text()))
            for name in rows[0]
        ]
        op.bulk_insert(sa.table(table, *named), rows)
