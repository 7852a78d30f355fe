"""Payroll sheets, their lines by year, what is found in them, and the rules they are checked by."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"

KINDS = (
    "sub_ledgers",
    "closing_notice",
    "payroll_purpose",
    "cover_window",
    "transfers_due",
    "forecast",
    "reminders",
    "contractor_report",
    "treasury_feed",
    "contractor_feed",
    "gate_vendor_feed",
    "sheet_checks",
    "minimum_wage",
)
STATUSES = ("checked", "submitted", "reviewed", "approved", "sent", "archived", "refused")
SEVERITIES = ("error", "warning", "hint", "off")
YEARS = range(2020, 2036)
JSON = postgresql.JSONB(astext_type=sa.Text())
WARNING, ERROR = {"severity": "warning"}, {"severity": "error"}
CHECKS = {
    "net_differs": {"severity": "error", "tolerance": "0.00"},
    "items_differ": {"severity": "error", "tolerance": "0.00"},
    "person_twice": ERROR,
    "card_twice": ERROR,
    "person_elsewhere": WARNING,
    "card_elsewhere": ERROR,
    "card_missing": ERROR,
    "card_not_own": ERROR,
    "card_unknown": WARNING,
    "name_differs": ERROR,
    "not_on_roster": ERROR,
    "no_contract": WARNING,
    "outside_stay": {"severity": "warning", "days": "0"},
    "paid_without_attendance": WARNING,
    "attended_without_pay": {"severity": "warning", "days": "1"},
    "days_differ": {"severity": "warning", "days": "1"},
    "days_impossible": ERROR,
    "below_minimum": {"severity": "warning", "full_days": "21.75"},
    "implausible_amount": {"severity": "warning", "per_day": "1500.00", "per_month": "40000.00"},
    "amount_negative": ERROR,
    "deductions_high": {"severity": "warning", "share": "0.50"},
    "total_differs": {"severity": "error", "tolerance": "0.00"},
    "period_differs": ERROR,
    "period_ahead": {"severity": "error", "months": 0},
    "period_old": {"severity": "warning", "months": 24},
    "project_differs": WARNING,
}
POLICIES = (
    {
        "area_code": "0",
        "kind": "sheet_checks",
        "version": 1,
        "valid_from": date(2020, 5, 1),
        "values": CHECKS,
        "basis": "724号 art. 28 and 31 for roster, card and review; 21.75 days: 人社部 2008年3号;"
        " severities and other numbers are ours, not law",
        "certainty": "C",
    },
    {
        "area_code": "42",
        "kind": "minimum_wage",
        "version": 1,
        "valid_from": date(2021, 9, 1),
        "values": {"monthly": "1520.00"},
        "basis": "湖北省2021年9月1日起最低工资标准，取最低一档；市县按本地档次另立版本",
        "certainty": "C",
    },
    {
        "area_code": "42",
        "kind": "minimum_wage",
        "version": 2,
        "valid_from": date(2024, 2, 1),
        "values": {"monthly": "1800.00"},
        "basis": "湖北省2024年2月1日起最低工资标准，取最低一档；市县按本地档次另立版本",
        "certainty": "C",
    },
)


def upgrade() -> None:
    _create_sheets()
    _create_lines()
    _create_findings()
    _create_mappings()
    name = op.f("ck_policies_policykind")
    op.drop_constraint(name, "policies", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in KINDS)
    op.create_check_constraint(name, "policies", f"kind IN ({listed})")
    _seed()


def _codes(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _text(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _many(
    names: tuple[str, ...], kind: sa.types.TypeEngine[Any], *, nullable: bool = False
) -> list[Any]:
    return [sa.Column(name, kind, nullable=nullable) for name in names]


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [to], name=op.f(f"fk_{table}_{column}"), initially="DEFERRED", deferrable=True
    )


def _create_sheets() -> None:
    money, at = sa.Numeric(precision=14, scale=2), sa.DateTime(timezone=True)
    steps = ("submitted", "reviewed", "approved", "archived")
    op.create_table(
        "sheets",
        *_many(("id", "project_id", "employer_id"), sa.Uuid()),
        *_text("period"),
        *_many(("run", "version"), sa.Integer()),
        sa.Column("status", _codes("sheetstatus", *STATUSES), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        *_text("digest"),
        sa.Column("size", sa.Integer(), nullable=False),
        *_many(("columns", "said_periods"), JSON),
        *_text("said_project", nullable=True),
        *_many(("rows", "accepted", "rejected"), sa.Integer()),
        *_many(("row_counts", "totals"), JSON),
        *_many(("gross", "net"), money),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("checked_at", at, nullable=False),
        sa.Column("rules", JSON, nullable=False),
        *_many(("errors", "warnings", "hints"), sa.Integer()),
        *_text("made_by"),
        sa.Column("made_at", at, nullable=False),
        *_text(*(f"{step}_by" for step in steps), nullable=True),
        *_many((*(f"{step}_at" for step in steps), "sent_at"), at, nullable=True),
        sa.Column(
            "archive_cause",
            _codes("archivecause", "sent_back", "superseded", "moved"),
            nullable=True,
        ),
        *_text("archive_reason", nullable=True),
        *_many(("replaces_id", "moved_from_id"), sa.Uuid(), nullable=True),
        sa.CheckConstraint("run > 0", name=op.f("ck_sheets_run")),
        sa.CheckConstraint("accepted + rejected = rows", name=op.f("ck_sheets_rows")),
        _refers("sheets", "project_id", "projects.id"),
        _refers("sheets", "replaces_id", "sheets.id"),
        _refers("sheets", "moved_from_id", "sheets.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheets")),
    )
    place = ["project_id", "employer_id", "period", "run"]
    _index("uq_sheets_version", [*place, "version"], "status <> 'refused'")
    _index("uq_sheets_content", ["project_id", "period", "digest"], "status <> 'archived'")
    _index("uq_sheets_standing", place, "status IN ('submitted', 'reviewed', 'approved', 'sent')")
    op.create_index("ix_sheets_order", "sheets", ["made_at", "id"])


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "sheets", columns, unique=True, postgresql_where=sa.text(where))


def _create_lines() -> None:
    money, sealed = sa.Numeric(precision=14, scale=2), sa.LargeBinary()
    op.create_table(
        "sheet_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_text("period"),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *_text("sheet"),
        sa.Column("row", sa.Integer(), nullable=False),
        *_text("id_type", "id_index", "name_index", "card_index", nullable=True),
        *_many(("id_number", "name", "phone", "card_no"), sealed, nullable=True),
        *_text("bank_name", "bank_code", "crew", "trade", nullable=True),
        *_many(("days", "hours"), money, nullable=True),
        sa.Column("items", JSON, nullable=False),
        *_many(("earned", "withheld", "gross", "deductions", "net"), money, nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", "period", name=op.f("pk_sheet_lines")),
        postgresql_partition_by="RANGE (period)",
    )
    op.create_index("ix_sheet_lines_sheet", "sheet_lines", ["sheet_id", "position"])
    op.create_index("ix_sheet_lines_person", "sheet_lines", ["id_index"])
    op.create_index("ix_sheet_lines_card", "sheet_lines", ["card_index"])
    for year in YEARS:
        op.execute(
            f"CREATE TABLE sheet_lines_{year} PARTITION OF sheet_lines"
            f" FOR VALUES FROM ('{year}-01') TO ('{year + 1}-01')"
        )
    op.execute("CREATE TABLE sheet_lines_other PARTITION OF sheet_lines DEFAULT")


def _create_findings() -> None:
    op.create_table(
        "sheet_findings",
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        *_many(("check_no", "position"), sa.Integer()),
        sa.Column("origin", _codes("origin", "reading", "check"), nullable=False),
        *_text("code"),
        sa.Column("severity", _codes("severity", *SEVERITIES), nullable=False),
        sa.Column("rule", JSON, nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        *_text("sheet"),
        sa.Column("row", sa.Integer(), nullable=False),
        *_text("column", "field"),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("remedy", JSON, nullable=True),
        sa.Column("compared", JSON, nullable=False),
        _refers("sheet_findings", "sheet_id", "sheets.id"),
        sa.PrimaryKeyConstraint("sheet_id", "check_no", "position", name=op.f("pk_sheet_findings")),
    )
    op.create_table(
        "sheet_differences",
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("change", _codes("change", "added", "gone", "changed"), nullable=False),
        *_many(("row", "former_row"), sa.Integer(), nullable=True),
        sa.Column("fields", JSON, nullable=False),
        _refers("sheet_differences", "sheet_id", "sheets.id"),
        sa.PrimaryKeyConstraint("sheet_id", "position", name=op.f("pk_sheet_differences")),
    )


def _create_mappings() -> None:
    op.create_table(
        "column_mappings",
        *_many(("id", "organisation_id"), sa.Uuid()),
        *_text("kind", "header"),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        *_text("told_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_mappings")),
    )
    op.create_index(
        "uq_column_mappings_header",
        "column_mappings",
        ["organisation_id", "kind", "header"],
        unique=True,
    )


def _seed() -> None:
    policies = sa.table(
        "policies",
        sa.column("id", sa.Uuid()),
        sa.column("area_code", sa.Text()),
        sa.column("kind", sa.Text()),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        sa.column("values", postgresql.JSONB()),
        sa.column("basis", sa.Text()),
        sa.column("certainty", sa.Text()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("created_by", sa.Text()),
    )
    made = {"created_at": datetime(2023, 1, 1, tzinfo=UTC), "created_by": "migration:sheets"}
    rows = []
    for row in POLICIES:
        key = f"payroll:policies:{row['area_code']}:{row['kind']}:{row['version']}"
        rows.append({"id": uuid5(NAMESPACE_OID, key), **row, **made})
    op.bulk_insert(policies, rows)
