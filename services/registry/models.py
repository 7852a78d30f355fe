"""Tables of registry: areas, calendars, organisations, projects, contracts, persons."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from services.registry.rules.areas import AreaFact
from services.registry.rules.calendars import Year, digest
from services.registry.rules.contracts import LabourCostBasis, LabourCostTerms, TransferMonth
from services.registry.rules.persons import PersonRole
from services.registry.rules.projects import InvestmentType, ProjectStatus
from shared import db
from shared.db import Synced
from shared.workdays import DueShift


class Base(DeclarativeBase):
    """The tables of this service."""

    metadata = db.metadata()
    type_annotation_map = db.COLUMN_TYPES


class Area(Base):
    """A dated row of an area; the one that began last, on a day, counts."""

    __tablename__ = "areas"
    __table_args__ = (
        UniqueConstraint("code", "valid_from"),
        Index("ix_areas_parent_code", "parent_code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    parent_code: Mapped[str | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """The last day, included; None while it stands, or until a later row replaces it."""
    path: Mapped[str | None]
    """Codes from the nation down, as last in force; None before the row's first day."""

    @property
    def fact(self) -> AreaFact:
        """Give the row as the rules take it."""
        return AreaFact(self.code, self.name, self.parent_code, self.valid_from, self.valid_to)


class Calendar(Base):
    """One version of a year's days in an area; the highest version counts, none is changed."""

    __tablename__ = "calendars"
    __table_args__ = (UniqueConstraint("area_code", "year", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    year: Mapped[int]
    version: Mapped[int]
    exceptions: Mapped[dict[str, Any]]
    provisional: Mapped[bool]
    source: Mapped[str]
    published_at: Mapped[datetime]

    @property
    def content(self) -> Year:
        """Give what this version says."""
        return Year(self.exceptions, self.provisional, self.source)

    @property
    def digest(self) -> str:
        """Give the hash of these days alone."""
        return digest(self.area_code, self.year, self.exceptions, provisional=self.provisional)


class Organisation(Synced, Base):
    """An organisation of any trade, builder or not, with its roles and tags."""

    __tablename__ = "organisations"
    __table_args__ = (
        UniqueConstraint("credit_code"),
        Index("ix_organisations_area_code", "area_code"),
        Index("ix_organisations_roles", "roles", postgresql_using="gin"),
        Index("ix_organisations_trades", "trades", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    credit_code: Mapped[str]
    name: Mapped[str]
    area_code: Mapped[str]
    roles: Mapped[list[str]]
    trades: Mapped[list[str]]
    hardship: Mapped[list[Any]]
    """Dated tags, `{"tag", "from_on", "until_on"}`; both days are included."""
    version: Mapped[int] = mapped_column(default=1)
    registered_at: Mapped[datetime]


class Project(Synced, Base):
    """A construction project."""

    __tablename__ = "projects"
    __table_args__ = (
        UniqueConstraint("code"),
        Index("ix_projects_area_code", "area_code"),
        Index("ix_projects_developer_id", "developer_id"),
        Index("ix_projects_contractor_id", "contractor_id"),
        Index("ix_projects_sector_authority_id", "sector_authority_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    area_code: Mapped[str]
    investment_type: Mapped[InvestmentType]
    funding_source: Mapped[str | None]
    developer_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id))
    contractor_id: Mapped[UUID | None] = mapped_column(ForeignKey(Organisation.id))
    sector_authority_id: Mapped[UUID | None] = mapped_column(ForeignKey(Organisation.id))
    status: Mapped[ProjectStatus]
    category: Mapped[str | None]
    size: Mapped[str | None]
    supervised_since: Mapped[date | None]
    started_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    registered_at: Mapped[datetime]

    developer: Mapped[Organisation] = relationship(foreign_keys=[developer_id], lazy="raise")
    contractor: Mapped[Organisation | None] = relationship(
        foreign_keys=[contractor_id], lazy="raise"
    )

    @property
    def developer_name(self) -> str:
        """Give the developer's name."""
        return self.developer.name

    @property
    def contractor_name(self) -> str | None:
        """Give the contractor's name, if there is one yet."""
        return self.contractor.name if self.contractor else None


class WorksContract(Synced, Base):
    """A works contract between developer and contractor, with its labour-cost terms."""

    __tablename__ = "works_contracts"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        Index("ix_works_contracts_contractor_id", "contractor_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey(Project.id))
    number: Mapped[str]
    contractor_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id))
    signed_on: Mapped[date]
    contract_amount: Mapped[Decimal]
    basis: Mapped[LabourCostBasis]
    amount: Mapped[Decimal | None]
    share: Mapped[Decimal | None]
    first_period: Mapped[str]
    last_period: Mapped[str]
    cycle_months: Mapped[int]
    transfer_day: Mapped[int]
    transfer_month: Mapped[TransferMonth]
    due_shift: Mapped[DueShift]
    registered_at: Mapped[datetime]

    @property
    def labour_cost(self) -> LabourCostTerms:
        """Give the terms of labour cost as the contract has them."""
        return LabourCostTerms(
            self.basis,
            self.amount,
            self.share,
            self.first_period,
            self.last_period,
            self.cycle_months,
            self.transfer_day,
            self.transfer_month,
            self.due_shift,
        )


class Person(Base):
    """A person who answers for projects: name and post stand on the site's notice board."""

    __tablename__ = "persons"
    __table_args__ = (UniqueConstraint("unit_id", "name", "post"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id))
    name: Mapped[str]
    post: Mapped[str]


class Assignment(Synced, Base):
    """A person in a role at a project, from a day until a day (both included) or open."""

    __tablename__ = "assignments"
    __table_args__ = (
        UniqueConstraint("project_id", "person_id", "role", "from_on"),
        Index("ix_assignments_person_id", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey(Project.id))
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    role: Mapped[PersonRole]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    registered_at: Mapped[datetime]

    person: Mapped[Person] = relationship(lazy="raise")

    @property
    def name(self) -> str:
        """Give the person's name."""
        return self.person.name

    @property
    def post(self) -> str:
        """Give the person's post."""
        return self.person.post

    @property
    def unit_id(self) -> UUID:
        """Give the unit that the person belongs to."""
        return self.person.unit_id
