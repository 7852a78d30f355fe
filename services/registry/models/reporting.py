"""The duty to report as rows, reports per half-year, what others saw, and the gaps between."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.registry.models.organisations import Organisation
from services.registry.models.projects import Project
from services.registry.models.tables import Base
from services.registry.rules.reporting import Duty, GapReason, WorksKind
from services.registry.rules.sightings import SightingSource, SightingState, Traits


class ReportingDuty(Base):
    """A version of what must be reported of works of a kind in an area; none is ever changed."""

    __tablename__ = "reporting_duties"
    __table_args__ = (UniqueConstraint("area_code", "works_kind", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    works_kind: Mapped[WorksKind]
    version: Mapped[int]
    valid_from: Mapped[date]
    above: Mapped[Decimal | None]
    """Yuan, not included; None: at any amount."""
    required: Mapped[list[str]]
    basis: Mapped[str]
    certainty: Mapped[str]
    entered_at: Mapped[datetime]

    @property
    def duty(self) -> Duty:
        """Give the row as the rules take it."""
        return Duty(
            self.area_code,
            self.works_kind,
            self.version,
            self.valid_from,
            self.above,
            tuple(self.required),
        )


class ProjectReport(Base):
    """That a project was reported in a half-year: first when, what lacked, and since when none."""

    __tablename__ = "project_reports"
    __table_args__ = (
        UniqueConstraint("half_year", "project_id"),
        Index("ix_project_reports_project_id", "project_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey(Project.id))
    half_year: Mapped[str]
    reported_on: Mapped[date]
    missing: Mapped[list[str]]
    complete_on: Mapped[date | None]
    """The first day on which the report had all that its duty asks for."""
    received_at: Mapped[datetime]

    def complete(self, missing: list[str], today: date) -> bool:
        """Take what still lacks; say whether that is news."""
        if self.missing == missing and (self.complete_on is not None) == (not missing):
            return False
        self.missing = missing
        if not missing and self.complete_on is None:
            self.complete_on = today
        return True


class Sighting(Base):
    """A project that others saw: a row of a list of approvals, or an inspector's finding."""

    __tablename__ = "sightings"
    __table_args__ = (
        UniqueConstraint("source", "key"),
        Index("ix_sightings_area_code", "area_code"),
        Index("ix_sightings_project_id", "project_id"),
        Index("ix_sightings_same_as_id", "same_as_id"),
        Index("ix_sightings_developer_key", "developer_key"),
        Index("ix_sightings_code", "code"),
        Index("ix_sightings_approval_key", "approval_key"),
        Index("ix_sightings_permit_key", "permit_key"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[SightingSource]
    key: Mapped[str]
    """What the row is known by: its number, else its name, developer and area."""
    seen_on: Mapped[date]
    received_at: Mapped[datetime]
    received_from: Mapped[str]
    name: Mapped[str]
    area_code: Mapped[str]
    developer_name: Mapped[str]
    developer_code: Mapped[str | None]
    developer_key: Mapped[str]
    """The developer's credit code, else its name without what lists write differently."""
    developer_id: Mapped[UUID | None] = mapped_column(ForeignKey(Organisation.id))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id))
    """Who should report it."""
    works_kind: Mapped[WorksKind]
    code: Mapped[str | None]
    approval_number: Mapped[str | None]
    approval_key: Mapped[str | None]
    permit_number: Mapped[str | None]
    permit_key: Mapped[str | None]
    investment_amount: Mapped[Decimal | None]
    started_on: Mapped[date | None]
    fields: Mapped[dict[str, Any]]
    """What else of a report it tells, by the codes of the fields."""
    note: Mapped[str | None]
    state: Mapped[SightingState]
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey(Project.id))
    same_as_id: Mapped[UUID | None] = mapped_column(ForeignKey("sightings.id"))
    """The earlier sighting of the same project, which stands for both."""
    candidate_id: Mapped[UUID | None]
    """The project or sighting that it may be, while a person is asked."""
    refused: Mapped[list[str]]
    """Ids of what it is not, as a person said."""
    decided_by: Mapped[str | None]

    developer: Mapped[Organisation | None] = relationship(foreign_keys=[developer_id], lazy="raise")

    @property
    def traits(self) -> Traits:
        """Give what it is known by."""
        return Traits(
            self.id,
            self.name,
            self.developer_code or self.developer_key,
            self.developer_name,
            self.code,
            self.approval_number,
            self.permit_number,
            registered=False,
        )

    @property
    def said(self) -> dict[str, Any]:
        """Give what it tells of a report, by the codes of the fields."""
        return self.fields | {
            "area_code": self.area_code,
            "approval_number": self.approval_number,
            "permit_number": self.permit_number,
            "investment_amount": self.investment_amount,
            "started_on": self.started_on,
        }


class ReportingGap(Base):
    """A project that should be reported and is not, or not in full (应报未报), while it is so."""

    __tablename__ = "reporting_gaps"
    __table_args__ = (
        Index(
            "uq_reporting_gaps_open_project", "project_id", unique=True,
            postgresql_where=text("ended_on IS NULL"),
        ),
        Index("uq_reporting_gaps_sighting", "sighting_id", unique=True),
        Index("ix_reporting_gaps_area_code", "area_code"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey(Project.id))
    sighting_id: Mapped[UUID | None] = mapped_column(ForeignKey(Sighting.id))
    area_code: Mapped[str]
    name: Mapped[str]
    developer_id: Mapped[UUID | None]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id))
    """Who should report it."""
    works_kind: Mapped[WorksKind]
    reason: Mapped[GapReason]
    missing: Mapped[list[str]]
    since: Mapped[date]
    duty_version: Mapped[int | None]
    told: Mapped[int] = mapped_column(default=0)
    """How often others were told of it: no two tellings are the same event."""
    ended_on: Mapped[date | None]
    end_reason: Mapped[str | None]

    unit: Mapped[Organisation] = relationship(foreign_keys=[unit_id], lazy="raise")

    @property
    def unit_name(self) -> str:
        """Give the name of the unit that should report."""
        return self.unit.name
