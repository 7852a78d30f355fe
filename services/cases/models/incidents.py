"""Mass and extreme incidents, their timelines, and the sizes that areas go by."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.incidents import (
    IncidentEntryKind,
    IncidentGrade,
    IncidentKind,
    IncidentState,
)
from services.cases.rules.policies import Certainty


class Incident(Base):
    """An incident over unpaid wages at a project, or of an employer."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index("ix_incidents_area_code", "area_code", "id"),
        Index("ix_incidents_project_id", "project_id"),
        Index("ix_incidents_employer_id", "employer_id"),
        CheckConstraint("persons > 0", name="persons"),
        CheckConstraint("project_id IS NOT NULL OR employer_id IS NOT NULL", name="about"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    area_code: Mapped[str]
    kind: Mapped[IncidentKind]
    grade: Mapped[IncidentGrade]
    state: Mapped[IncidentState]
    project_id: Mapped[UUID | None]
    project_name: Mapped[str | None]
    employer_id: Mapped[UUID | None]
    employer_name: Mapped[str | None]
    place: Mapped[str]
    persons: Mapped[int]
    """About how many."""
    happened_at: Mapped[datetime]
    proposal: Mapped[str | None]
    """What whoever records it proposes to the level above."""
    terms_id: Mapped[UUID] = mapped_column(ForeignKey("incident_terms.id"))
    """By whose sizes it was judged."""
    unit_id: Mapped[UUID | None]
    """The body that recorded it."""
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class IncidentEntry(Base):
    """A line of an incident's timeline, to the minute."""

    __tablename__ = "incident_entries"
    __table_args__ = (Index("ix_incident_entries_incident_id", "incident_id", "at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    at: Mapped[datetime]
    """When it was, by the minute."""
    kind: Mapped[IncidentEntryKind]
    text: Mapped[str]
    written_at: Mapped[datetime]
    written_by: Mapped[str]


class IncidentTerms(Base):
    """From how many persons on an area speaks of an incident; a version never changes."""

    __tablename__ = "incident_terms"
    __table_args__ = (
        Index("uq_incident_terms_version", "area_code", "version", unique=True),
        CheckConstraint(
            "version > 0 AND mass_persons > 1 AND major_persons >= mass_persons", name="numbers"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    version: Mapped[int]
    valid_from: Mapped[date]
    mass_persons: Mapped[int]
    major_persons: Mapped[int]
    basis: Mapped[str]
    certainty: Mapped[Certainty]
