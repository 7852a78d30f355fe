"""Payroll sheets, their lines and findings, and how a contractor's columns were understood."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of
from services.payroll.rules.sheets import ArchiveCause, Change, Origin, Severity, SheetStatus
from shared.pii import Sealed


class Sheet(Base):
    """A payroll sheet of an employer at a project for a period; a correction is another version."""

    __tablename__ = "sheets"
    __table_args__ = (
        Index(
            "uq_sheets_version",
            "project_id",
            "employer_id",
            "period",
            "run",
            "version",
            unique=True,
            postgresql_where=text("status <> 'refused'"),
        ),
        # The same file again gives the first result, unless that was sent back meanwhile.
        Index(
            "uq_sheets_content",
            "project_id",
            "period",
            "digest",
            unique=True,
            postgresql_where=text("status <> 'archived'"),
        ),
        Index(
            "uq_sheets_standing",
            "project_id",
            "employer_id",
            "period",
            "run",
            unique=True,
            postgresql_where=text("status IN ('submitted', 'reviewed', 'approved', 'sent')"),
        ),
        Index("ix_sheets_order", "made_at", "id"),
        CheckConstraint("run > 0", name="run"),
        CheckConstraint("accepted + rejected = rows", name="rows"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    employer_id: Mapped[UUID]
    """Whose workers they are: the contractor or a subcontractor."""
    period: Mapped[str]
    run: Mapped[int]
    version: Mapped[int]
    """From 1; 0 of a file that cannot be read as a sheet."""
    status: Mapped[SheetStatus]
    file_id: Mapped[UUID | None]
    """Of the kept file; None of lines that came as JSON."""
    digest: Mapped[str]
    """A keyed digest of the content: a bare one of a few lines could be guessed back."""
    size: Mapped[int]
    """In bytes."""
    columns: Mapped[list[Any]]
    """The columns as they were read: sheet, column, title, field."""
    said_periods: Mapped[list[str]]
    """Months that title rows name."""
    said_project: Mapped[str | None]
    rows: Mapped[int]
    accepted: Mapped[int]
    rejected: Mapped[int]
    row_counts: Mapped[dict[str, Any]]
    """All rows that are not blank, by class."""
    totals: Mapped[list[Any]]
    """Rows of totals: sheet, row, field, amount, and the lines it may sum up."""
    gross: Mapped[Decimal]
    net: Mapped[Decimal]
    checks: Mapped[int]
    """How often it was checked; the findings of the last check count."""
    checked_at: Mapped[datetime]
    rules: Mapped[dict[str, Any]]
    """Area and version of the rows of policy that it was checked by."""
    errors: Mapped[int]
    warnings: Mapped[int]
    hints: Mapped[int]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    submitted_by: Mapped[str | None]
    submitted_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    archived_by: Mapped[str | None]
    archived_at: Mapped[datetime | None]
    archive_cause: Mapped[ArchiveCause | None]
    archive_reason: Mapped[str | None]
    replaces_id: Mapped[UUID | None] = mapped_column(of("sheets.id"))
    moved_from_id: Mapped[UUID | None] = mapped_column(of("sheets.id"))


class SheetLine(Base):
    """One worker's line of a sheet.

    Written as one set with its sheet and never changed, so that it needs no key to the sheet's row
    and no audit row of its own.
    """

    __tablename__ = "sheet_lines"
    __table_args__ = (
        Index("ix_sheet_lines_sheet", "sheet_id", "position"),
        Index("ix_sheet_lines_person", "id_index"),
        Index("ix_sheet_lines_card", "card_index"),
        {"postgresql_partition_by": "RANGE (period)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    sheet_id: Mapped[UUID]
    position: Mapped[int]
    """In the order of the sheet, from 1."""
    sheet: Mapped[str]
    """The sheet of the workbook."""
    row: Mapped[int]
    id_type: Mapped[str | None]
    id_number: Mapped[str | None] = mapped_column(Sealed)
    id_index: Mapped[str | None]
    name: Mapped[str | None] = mapped_column(Sealed)
    name_index: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(Sealed)
    card_no: Mapped[str | None] = mapped_column(Sealed)
    card_index: Mapped[str | None]
    bank_name: Mapped[str | None]
    bank_code: Mapped[str | None]
    crew: Mapped[str | None]
    trade: Mapped[str | None]
    days: Mapped[Decimal | None]
    hours: Mapped[Decimal | None]
    items: Mapped[dict[str, Any]]
    """What gross and deductions are made of, by field, in yuan as text."""
    earned: Mapped[Decimal | None]
    """The sum of the items of gross; None where the sheet has no such items."""
    withheld: Mapped[Decimal | None]
    """The sum of the items of deductions; None where it has none."""
    late: Mapped[Decimal | None]
    """The sum of items that come on top of gross."""
    unpaid: Mapped[Decimal | None]
    """What of it is left for later."""
    gross: Mapped[Decimal | None]
    deductions: Mapped[Decimal | None]
    net: Mapped[Decimal | None]
    paid_on: Mapped[date | None]


class SheetFinding(Base):
    """Something found in a sheet at one of its checks; those of former checks stay."""

    __tablename__ = "sheet_findings"

    sheet_id: Mapped[UUID] = mapped_column(of("sheets.id"), primary_key=True)
    check_no: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    origin: Mapped[Origin]
    code: Mapped[str]
    severity: Mapped[Severity]
    rule: Mapped[dict[str, Any]]
    """Area and version of the row of policy that it was found by; empty of the reader's own."""
    line: Mapped[int | None]
    """The position of the line, where it is about one."""
    sheet: Mapped[str]
    row: Mapped[int]
    """In the file; 0 where it is about the sheet as a whole."""
    column: Mapped[str]
    """In letters; empty where it is the whole row."""
    field: Mapped[str]
    detail: Mapped[dict[str, Any]]
    remedy: Mapped[dict[str, Any] | None]
    compared: Mapped[dict[str, Any]]
    """Amounts, days and ids that were compared; never a personal value."""

    @property
    def place(self) -> str:
        """Name the cell as spreadsheets do, `明细!E12`; the sheet as a whole is `sheet`."""
        where = f"{self.column}{self.row}" if self.row else ""
        return "!".join(each for each in (self.sheet, where) if each) or "sheet"


class SheetDifference(Base):
    """How a line of a version differs from the version before."""

    __tablename__ = "sheet_differences"

    sheet_id: Mapped[UUID] = mapped_column(of("sheets.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    change: Mapped[Change]
    row: Mapped[int | None]
    former_row: Mapped[int | None]
    fields: Mapped[dict[str, Any]]


class ColumnMapping(Base):
    """How a contractor's columns are to be read where their titles do not say it."""

    __tablename__ = "column_mappings"
    __table_args__ = (
        Index("uq_column_mappings_header", "organisation_id", "kind", "header", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID]
    """Who sends files with this header."""
    kind: Mapped[str]
    header: Mapped[str]
    """The digest of the titles in their order."""
    fields: Mapped[dict[str, Any]]
    """Column (in letters) by field."""
    told_at: Mapped[datetime]
    told_by: Mapped[str]
