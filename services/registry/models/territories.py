"""Persons in charge of parts of areas, posts in units, and projects that nobody is in charge of."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.registry.models.organisations import Organisation
from services.registry.models.persons import Person
from services.registry.models.projects import Project
from services.registry.models.tables import Base
from services.registry.rules.persons import PersonRole, UnitRole
from shared.areas import Reach
from shared.db import Synced


class Posted:
    """A person in a role from a day until a day (both included) or open; the row is its history."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    registered_at: Mapped[datetime]


class AreaAssignment(Posted, Synced, Base):
    """A person in charge of named towns of an area, of its other towns, or of all of it."""

    __tablename__ = "area_assignments"
    __table_args__ = (Index("ix_area_assignments_area_code", "area_code"),)

    area_code: Mapped[str]
    reach: Mapped[Reach]
    towns: Mapped[list[str]]
    """The codes that are named, in order; empty but for `towns`."""
    role: Mapped[PersonRole]

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


class UnitPost(Posted, Synced, Base):
    """A person as head of a unit, director of an office, or on its duty: a dated role."""

    __tablename__ = "unit_posts"
    __table_args__ = (
        UniqueConstraint("organisation_id", "person_id", "role", "from_on"),
        Index("ix_unit_posts_person_id", "person_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id))
    """The unit that is headed; the person may belong to another one."""
    role: Mapped[UnitRole]

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


class Vacancy(Base):
    """A time in which nobody is in charge of a project in progress."""

    __tablename__ = "vacancies"
    __table_args__ = (
        Index(
            "uq_vacancies_open",
            "project_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey(Project.id))
    since: Mapped[date]
    found_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Why it ended: `person_assigned`, `project_stopped`, `project_closed`."""
