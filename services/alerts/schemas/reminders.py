"""Bodies of reminders."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class AheadOut(BaseModel):
    """A transfer that lies ahead, as it was told."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    obligation_id: UUID
    project_id: UUID
    name: str
    """The project's."""
    period: str
    due_on: date
    due_amount: Decimal
    lacking: Decimal
    projected: Decimal
    """What will be lacking on the due day, if finance keeps its word."""
    basis: str
    promised_on: date | None
    reasons: list[str]


class ReminderOut(BaseModel):
    """What a unit was told before its transfers were due."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)

    id: UUID
    unit_id: UUID
    area_code: str
    step: str
    """`forecast` or `reminder`."""
    workdays: int
    """How many working days before the due day."""
    transfers: list[AheadOut]
    recipient_ids: list[str]
    """Posts of the unit that were told."""
    told_at: datetime
