"""Bodies of sources."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.payroll.schemas.fields import AreaCode, Body, Code, Name, Row
from shared import clock

HourMinute = Annotated[
    str,
    StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    Field(description="Beijing time of day, HH:MM"),
]


class SourceIn(Body):
    """A bank, or one of its sending branches, that owes a feed for every calendar day."""

    code: Code
    name: Name
    bank_id: UUID
    """An organisation with the role `bank`."""
    area_code: AreaCode
    expected_by: HourMinute = "10:00"
    expected_after_wd: int = Field(default=1, ge=0, le=10)
    """The closing batch of a day is owed so many working days after it."""
    from_day: clock.Day
    """The first day for which a feed is owed."""


class SourceOut(Row):
    """A source, and how far its data are complete."""

    id: UUID
    code: str
    name: str
    bank_id: UUID
    area_code: str
    expected_by: str
    expected_after_wd: int
    from_day: date
    fed_until: date
    """The last day up to which every day from `from_day` on is complete or waived."""
