"""Documents of arrears cases: templates by area and version, numbers, what was issued."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"

KINDS = (
    "acceptance_notice", "refusal_notice", "correction_order", "payment_notice",
    "transfer_letter", "closing_letter",
)  # fmt: skip
_HEAD = ["number", "addressee", "received_on", "employer"]
_END = ["contact", "office", "made_on"]
# Which fields the forms use that the platform brings along, and what stands before their numbers.
FORMS: dict[str, tuple[str, list[str]]] = {
    "acceptance_notice": (
        "劳监受字", [*_HEAD, "accepted_on", "case_number", "investigate_by", *_END],
    ),
    "refusal_notice": (
        "劳监不受字", [*_HEAD, "case_number", "refusal_reason", "other_way", *_END],
    ),
    "correction_order": (
        "劳监令字",
        ["number", "addressee", "place", "facts", "workers", "verified", "verified_words", "owed",
         "correct_by", "officers", "contact", "case_number", "office", "made_on"],
    ),
    "payment_notice": (
        "劳监支字",
        ["number", "addressee", "employer", "case_number", "decision_number", "bank", "pay_by",
         "bank_account", "owed", "owed_words", "workers", "line_position", "line_name",
         "line_id_number", "line_months", "line_owed", *_END],
    ),
    "transfer_letter": (
        "劳监移字",
        ["number", "addressee", "employer", "case_number", "legal_person", "transfer_reason",
         "workers", "verified", "owed", "decision_number", "transferred_on", "police",
         "attachments", "officers", *_END],
    ),
    "closing_letter": (
        "劳监结字",
        [*_HEAD, "case_number", "ended_on", "conclusion", "workers", "verified", "paid", "owed",
         *_END],
    ),
}  # fmt: skip
BASIS = "平台自带式样（非法定格式）：条款见式样正文，各地可上传自有模板"


def _codes(name: str, *codes: str) -> sa.Enum:
    return sa.Enum(*codes, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    _templates()
    _numbers()
    _documents()


def _templates() -> None:
    op.create_table(
        "document_templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("kind", _codes("documentkind", *KINDS), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("certainty", _codes("certainty", "A", "B", "C"), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_by", sa.Text(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_document_templates_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_templates")),
    )
    op.create_index(
        "uq_document_templates_version",
        "document_templates",
        ["area_code", "kind", "version"],
        unique=True,
    )
    types: dict[str, Any] = dict.fromkeys(
        ("area_code", "kind", "prefix", "basis", "certainty", "kept_by"), sa.Text()
    )
    types |= {
        "id": sa.Uuid(), "version": sa.Integer(), "valid_from": sa.Date(),
        "fields": postgresql.JSONB(), "kept_at": sa.DateTime(timezone=True),
    }  # fmt: skip
    rows = [
        {
            "id": UUID(int=UUID("01868000-0000-7000-8000-000000002900").int + place),
            "area_code": "0", "kind": kind, "version": 1, "valid_from": date(2020, 5, 1),
            "prefix": prefix, "basis": BASIS, "certainty": "C", "fields": fields,
            "kept_at": datetime(2020, 5, 1, tzinfo=UTC), "kept_by": "platform",
        }
        for place, (kind, (prefix, fields)) in enumerate(FORMS.items())
    ]  # fmt: skip
    named = [sa.column(name, kind) for name, kind in types.items()]
    op.bulk_insert(sa.table("document_templates", *named), rows)


def _numbers() -> None:
    op.create_table(
        "document_numbers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("kind", _codes("documentkind", *KINDS), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_numbers")),
    )
    op.create_index(
        "uq_document_numbers_office", "document_numbers", ["office", "kind", "year"], unique=True
    )


def _documents() -> None:
    ways = ("direct", "left", "mail", "electronic", "entrusted", "public_notice")
    op.create_table(
        "case_documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _codes("documentkind", *KINDS), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("state", _codes("documentstate", "issued", "served", "void"), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("served_on", sa.Date(), nullable=True),
        sa.Column("served_how", _codes("servedhow", *ways), nullable=True),
        sa.Column("served_to", sa.LargeBinary(), nullable=True),
        sa.Column("served_by", sa.Text(), nullable=True),
        sa.Column("evidence_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by", sa.Text(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'served') <= (served_on IS NOT NULL)",
            name=op.f("ck_case_documents_service"),
        ),
        sa.CheckConstraint(
            "(state = 'void') = (voided_at IS NOT NULL)", name=op.f("ck_case_documents_void")
        ),
        sa.CheckConstraint(
            "(file_id IS NULL) <> (said IS NULL)", name=op.f("ck_case_documents_content")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["arrears_cases.id"], name=op.f("fk_case_documents_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["document_templates.id"], name=op.f("fk_case_documents_template_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["case_reports.id"], name=op.f("fk_case_documents_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_documents")),
    )
    op.create_index(
        "uq_case_documents_number",
        "case_documents",
        ["office", "kind", "year", "sequence"],
        unique=True,
    )
    op.create_index("ix_case_documents_case_id", "case_documents", ["case_id", "id"])
