"""Persons in charge, and what of."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.registry.models.organisations import Organisation
from services.registry.models.projects import Project
from services.registry.models.tables import Base
from services.registry.rules.persons import PersonRole
from shared.db import Synced


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
