"""Who was seen at a site's gates, and when."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of
from services.payroll.rules.attendance import AttendType, Passage
from services.payroll.rules.attendance_sheets import AttendanceSheetState
from shared.pii import Sealed


class Attendee(Base):
    """A person as gates of a project know him, on its roster or not.

    Sealed here once, not in each of his records: there are thousands of those, and a rotation of
    keys would have to seal all of them anew.
    """

    __tablename__ = "attendees"
    __table_args__ = (
        Index("uq_attendees_number", "project_id", "id_index", "id_type", unique=True),
        Index("ix_attendees_person", "id_index"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    id_type: Mapped[str]
    id_number: Mapped[str] = mapped_column(Sealed)
    id_index: Mapped[str]
    first_told_at: Mapped[datetime]


class Attendance(Base):
    """Somebody passed a gate, or was marked as present; never changed once it is told.

    Written in sets, so that it needs no keys to the rows of project and person, which are locked
    or written before, and no audit row of its own.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        Index("ix_attendance_days", "project_id", "day", "attendee_id"),
        {"postgresql_partition_by": "RANGE (day)"},
    )

    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    """Whose records: the sender's role and the code of his system, `gate_vendor:A1`."""
    record_key: Mapped[str] = mapped_column(primary_key=True)
    """The sender's own number of the record."""
    day: Mapped[date] = mapped_column(primary_key=True)
    """The Beijing day of `at`."""
    attendee_id: Mapped[UUID]
    at: Mapped[datetime]
    direction: Mapped[Passage | None]
    attend_type: Mapped[AttendType | None]
    units: Mapped[Decimal | None]
    """How much of a day counts, where it was said: 1, 0.5."""
    confidence: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))
    """How sure the device is of the person, 0 to 1."""
    told_at: Mapped[datetime]


class AttendanceSheet(Base):
    """A month's attendance of an employer at a project in a file; a correction is a version."""

    __tablename__ = "attendance_sheets"
    __table_args__ = (
        Index(
            "uq_attendance_sheets_content",
            "project_id",
            "employer_id",
            "period",
            "digest",
            unique=True,
        ),
        Index(
            "uq_attendance_sheets_standing",
            "project_id",
            "employer_id",
            "period",
            unique=True,
            postgresql_where=text("state = 'standing'"),
        ),
        Index("uq_attendance_sheets_source", "source", unique=True),
        Index("ix_attendance_sheets_order", "made_at", "id"),
        CheckConstraint("accepted + rejected = rows", name="rows"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    employer_id: Mapped[UUID]
    period: Mapped[str]
    version: Mapped[int]
    """From 1; 0 of a file of which nothing was taken."""
    state: Mapped[AttendanceSheetState]
    source: Mapped[str]
    """Of its records: `sheet:` and its id; those of a version that was replaced do not count."""
    file_id: Mapped[UUID]
    digest: Mapped[str]
    """A keyed digest of the content."""
    size: Mapped[int]
    columns: Mapped[list[Any]]
    """The columns as they were read: sheet, column, title, field."""
    rows: Mapped[int]
    accepted: Mapped[int]
    rejected: Mapped[int]
    row_counts: Mapped[dict[str, Any]]
    """All rows that are not blank, by class."""
    days: Mapped[Decimal]
    """All days that count, of all people."""
    findings: Mapped[list[Any]]
    """What was found, at its cells."""
    errors: Mapped[int]
    warnings: Mapped[int]
    hints: Mapped[int]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]
    replaces_id: Mapped[UUID | None] = mapped_column(of("attendance_sheets.id"))
