"""The roster of a project: crews, who is on the site from when until when, contracts, findings."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.payroll.models.lists import FilledList
from services.payroll.models.tables import Base, of
from services.payroll.models.workers import Worker
from services.payroll.rules.roster import Movement, RosterFindingKind, Spell
from services.payroll.rules.trades import ContractForm, IdType, PayUnit, PeriodType, WorkerRole


class Crew(Base):
    """People who work together for one employer at a project."""

    __tablename__ = "crews"
    __table_args__ = (
        Index("uq_crews_number", "project_id", "number", unique=True),
        Index("uq_crews_name", "project_id", "employer_id", "name", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    employer_id: Mapped[UUID]
    number: Mapped[int]
    """Given by the platform, from 1 on at each project."""
    name: Mapped[str]
    leader_entry_id: Mapped[UUID | None]
    from_on: Mapped[date]
    until_on: Mapped[date | None]


class RosterEntry(Base):
    """One spell of a worker with an employer at a project."""

    __tablename__ = "roster_entries"
    __table_args__ = (
        Index(
            "uq_roster_entries_open",
            "project_id",
            "employer_id",
            "worker_id",
            unique=True,
            postgresql_where=text("left_on IS NULL"),
        ),
        Index("ix_roster_entries_project", "project_id", "worker_id"),
        Index("ix_roster_entries_order", "project_id", "id"),
        Index("ix_roster_entries_worker", "worker_id"),
        Index("ix_roster_entries_crew", "crew_id"),
        CheckConstraint("left_on IS NULL OR left_on >= entered_on", name="spell"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    employer_id: Mapped[UUID]
    crew_id: Mapped[UUID | None] = mapped_column(of("crews.id"))
    worker_id: Mapped[UUID] = mapped_column(of("workers.id"))
    role: Mapped[WorkerRole]
    trade: Mapped[str | None]
    is_leader: Mapped[bool]
    name_index: Mapped[str]
    """Of the name that this employer told."""
    entered_on: Mapped[date]
    left_on: Mapped[date | None]
    leave_reason: Mapped[str | None]
    insured: Mapped[bool | None]
    """In a social insurance, as told last; None: not told."""
    injury_insured: Mapped[bool | None]
    told_at: Mapped[datetime]
    told_by: Mapped[str]

    worker: Mapped[Worker] = relationship(lazy="raise", viewonly=True)

    @property
    def spell(self) -> Spell:
        """Give its days as rules take them."""
        return Spell(self.entered_on, self.left_on)

    @property
    def name(self) -> str:
        """Give the worker's name."""
        return self.worker.name

    @property
    def id_type(self) -> IdType:
        """Give the type of the worker's document."""
        return self.worker.id_type

    @property
    def id_number(self) -> str:
        """Give the number of the worker's document."""
        return self.worker.id_number

    @property
    def phone(self) -> str | None:
        """Give the worker's phone number."""
        return self.worker.phone


class SiteMovement(Base):
    """That somebody entered or left; a later word of the same corrects the day."""

    __tablename__ = "site_movements"
    __table_args__ = (Index("ix_site_movements_entry", "entry_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(of("roster_entries.id"))
    kind: Mapped[Movement]
    day: Mapped[date]
    told_at: Mapped[datetime]
    told_by: Mapped[str]


class InsuranceWord(Base):
    """What was told of somebody's insurances from a day on; the last word of a day counts."""

    __tablename__ = "insurance_words"
    __table_args__ = (Index("ix_insurance_words_entry", "entry_id", "from_on", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(of("roster_entries.id"))
    from_on: Mapped[date]
    insured: Mapped[bool | None]
    injury_insured: Mapped[bool | None]
    told_at: Mapped[datetime]
    told_by: Mapped[str]


class LabourContract(Base):
    """What a worker and an employer signed for a project."""

    __tablename__ = "labour_contracts"
    __table_args__ = (
        Index(
            "uq_labour_contracts_start",
            "project_id",
            "employer_id",
            "worker_id",
            "start_on",
            unique=True,
        ),
        Index("ix_labour_contracts_order", "project_id", "id"),
        Index("ix_labour_contracts_worker", "project_id", "worker_id"),
        CheckConstraint("end_on IS NULL OR end_on >= start_on", name="term"),
        CheckConstraint("unit_price IS NULL OR unit_price > 0", name="unit_price"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    employer_id: Mapped[UUID]
    worker_id: Mapped[UUID] = mapped_column(of("workers.id"))
    form: Mapped[ContractForm]
    period_type: Mapped[PeriodType]
    start_on: Mapped[date]
    end_on: Mapped[date | None]
    unit: Mapped[PayUnit | None]
    unit_price: Mapped[Decimal | None]
    file_id: Mapped[UUID | None]
    sha256: Mapped[str | None]
    told_at: Mapped[datetime]
    told_by: Mapped[str]


class RosterFinding(Base):
    """What was found of somebody on a roster, until it is so no more."""

    __tablename__ = "roster_findings"
    __table_args__ = (
        Index(
            "uq_roster_findings_open",
            "kind",
            "entry_id",
            "other_entry_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_roster_findings_worker", "worker_id"),
        Index("ix_roster_findings_other", "other_worker_id"),
        Index("ix_roster_findings_order", "found_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[RosterFindingKind]
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    entry_id: Mapped[UUID] = mapped_column(of("roster_entries.id"))
    worker_id: Mapped[UUID] = mapped_column(of("workers.id"))
    other_project_id: Mapped[UUID | None] = mapped_column(of("projects.id"))
    other_entry_id: Mapped[UUID | None] = mapped_column(of("roster_entries.id"))
    other_worker_id: Mapped[UUID | None] = mapped_column(of("workers.id"))
    since: Mapped[date]
    """The first day for which it was so."""
    found_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    worker: Mapped[Worker] = relationship(lazy="raise", viewonly=True, foreign_keys=worker_id)

    @property
    def name(self) -> str:
        """Give the worker's name."""
        return self.worker.name

    @property
    def id_number(self) -> str:
        """Give the number of the worker's document."""
        return self.worker.id_number


class RosterList(FilledList):
    """A roster in a file as it came; `area_code` is its project's."""

    __tablename__ = "roster_lists"
    __table_args__ = (
        Index("uq_roster_lists_digest", "project_id", "employer_id", "digest", unique=True),
    )

    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    employer_id: Mapped[UUID]
    warnings: Mapped[list[Any]]
    """What is odd in it and refuses nothing, at its cells."""
