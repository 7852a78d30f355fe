"""Who is responsible for a project, or for the part of an area in which it lies."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base


class ProjectPerson(Base):
    """A person's duty for a project, as registry told it last: ids and days, no name."""

    __tablename__ = "project_persons"
    __table_args__ = (Index("ix_project_persons_project_id", "project_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    area_code: Mapped[str]
    person_id: Mapped[UUID]
    unit_id: Mapped[UUID]
    role: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date | None]


class AreaPerson(Base):
    """A person's duty for a part of an area, as registry told it last: ids and days, no name."""

    __tablename__ = "area_persons"
    __table_args__ = (Index("ix_area_persons_area_code", "area_code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    reach: Mapped[str]
    """`towns`, `other_towns` or `area`."""
    towns: Mapped[list[str]]
    person_id: Mapped[UUID]
    unit_id: Mapped[UUID]
    role: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
