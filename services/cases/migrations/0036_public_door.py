"""The public door: codes on notice boards, receipts of reports, messages, what areas tell there."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"

INVESTMENTS = ("government", "state_firm", "ppp", "private")
STAGES = [
    "received", "signed", "supplementing", "investigating", "suspended", "deciding", "paying",
    "checking", "referred", "transferred", "ended",
]  # fmt: skip
# Numbers that hold in the whole country; an area's own row names its offices.
PLACES: list[dict[str, Any]] = [
    {"kind": "complaint", "name": "全国根治欠薪线索反映平台", "phone": None, "address": None,
     "note": "微信、支付宝小程序，或“国家政务服务平台”",
     "source": "人力资源和社会保障部，2020-12-14 开通"},
    {"kind": "hotline", "name": "人力资源和社会保障服务热线", "phone": "12333", "address": None,
     "note": None, "source": "人力资源和社会保障部"},
    {"kind": "hotline", "name": "政务服务便民热线", "phone": "12345", "address": None,
     "note": None, "source": "国办发〔2020〕53号"},
    {"kind": "arbitration", "name": "工程所在地劳动人事争议仲裁委员会", "phone": "12333",
     "address": None, "note": "申请仲裁时效为一年，劳动关系终止的自终止之日起算",
     "source": "劳动争议调解仲裁法第21条、第27条"},
    {"kind": "legal_aid", "name": "公共法律服务热线（法律援助）", "phone": "12348",
     "address": None, "note": "请求支付劳动报酬可申请法律援助",
     "source": "法律援助法第31条；司法部"},
]  # fmt: skip
TERMS = {
    "id": UUID("01868000-0000-7000-8000-000000003500"), "area_code": "0", "version": 1,
    "valid_from": date(2020, 5, 1), "stages": STAGES, "conclusion": True, "places": PLACES,
    "basis": "724号第34条（告示牌载明投诉、仲裁、法律援助电话）；告知环节为平台约定（非法定数值）",
    "certainty": "C",
}  # fmt: skip


def _codes(name: str, codes: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*codes, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "notice_boards",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("project_name", sa.Text(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=False),
        sa.Column("investment", _codes("investment", INVESTMENTS), nullable=True),
        sa.Column("made_at", instant, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("ended_at", instant, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_boards")),
    )
    op.create_index("uq_notice_boards_code", "notice_boards", ["code"], unique=True)
    op.create_index("ix_notice_boards_area_code", "notice_boards", ["area_code", "id"])
    _reports(instant)
    _terms()


def _reports(instant: sa.DateTime) -> None:
    op.add_column("case_reports", sa.Column("board_id", sa.Uuid(), nullable=True))
    op.add_column("case_reports", sa.Column("receipt_hash", sa.Text(), nullable=True))
    op.add_column("case_reports", sa.Column("withdrawn_at", instant, nullable=True))
    op.create_foreign_key(
        op.f("fk_case_reports_board_id"), "case_reports", "notice_boards", ["board_id"], ["id"]
    )
    op.create_index("uq_case_reports_receipt_hash", "case_reports", ["receipt_hash"], unique=True)
    op.create_table(
        "case_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("by_office", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["arrears_cases.id"], name=op.f("fk_case_messages_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["case_reports.id"], name=op.f("fk_case_messages_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_messages")),
    )
    op.create_index("ix_case_messages_report_id", "case_messages", ["report_id", "id"])
    op.create_index("ix_case_messages_case_id", "case_messages", ["case_id", "id"])


def _terms() -> None:
    table = op.create_table(
        "public_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("stages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("conclusion", sa.Boolean(), nullable=False),
        sa.Column("places", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("certainty", _codes("certainty", ("A", "B", "C")), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_public_terms_numbers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_terms")),
    )
    op.create_index(
        "uq_public_terms_version", "public_terms", ["area_code", "version"], unique=True
    )
    op.bulk_insert(table, [TERMS])
