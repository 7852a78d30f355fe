"""Who was seen at a site's gates, and when."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of
from services.payroll.rules.attendance import AttendType, Passage
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
