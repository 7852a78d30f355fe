"""Areas and working-day calendars."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.models.tables import Base
from services.registry.rules.areas import AreaFact
from services.registry.rules.calendars import Year, digest


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
