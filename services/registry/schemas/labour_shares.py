"""Bodies of an area's share of labour cost."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.registry.schemas.fields import AreaCode, Body, Filter, Name, Row
from shared import clock


class LabourShareIn(Body):
    """The share of an area from a day on; a new version, none is changed."""

    area_code: AreaCode
    valid_from: clock.Day
    share: Annotated[
        Decimal,
        Field(
            max_digits=5, decimal_places=2, description="Per cent of the contract, above 0 to 100"
        ),
    ]
    basis: Name
    certainty: Annotated[str, Field(pattern="^[ABC]$")]
    """A: official wording read; B: secondary text; C: to be verified, and taken for no contract."""


class LabourShareFilter(Filter):
    """Which shares a list shows."""

    area_code: AreaCode | None = None


class LabourShareOut(Row):
    """A version of an area's share; the highest in force counts, of the nearest area."""

    id: UUID
    area_code: str
    version: int
    valid_from: date
    share: Decimal
    basis: str
    certainty: str
    entered_at: datetime
