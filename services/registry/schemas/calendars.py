"""Bodies of working-day calendars."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.registry.schemas.fields import AreaCode, Body, Filter, Name, Row
from shared import clock
from shared.workdays import DayKind

Year = Annotated[int, Field(ge=2000, le=2100)]


class CalendarIn(Body):
    """A year's days in an area that differ from Monday to Friday, and who decided them."""

    area_code: AreaCode = "0"
    """`0` is the nation; any other area lays its own days over those above it."""
    year: Year
    exceptions: dict[clock.Day, DayKind] | None = Field(default=None, max_length=200)
    """Days to `holiday` or `makeup_workday`. Left out for the nation: the days of the yearly
    notice of 国务院办公厅, provisional for a year that has none."""
    source: Name | None = None
    """The notice. Days given without one are provisional."""


class CalendarFilter(Filter):
    """Which calendars a list shows."""

    area_code: AreaCode | None = None
    year: Year | None = None


class CalendarOut(Row):
    """One version of a year's days; the highest version of an area and year counts."""

    id: UUID
    area_code: str
    year: int
    version: int
    digest: str
    """A hash of these days."""
    provisional: bool
    source: str
    exceptions: dict[date, DayKind]
    published_at: datetime
