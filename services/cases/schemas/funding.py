"""Orders to fund: reported, approved, ordered, followed up; each step with person, day, paper."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.cases.rules.funding import FundingState, Measure
from services.cases.schemas.fields import AreaCode, Asked, InBody, OutBody, Words
from shared import clock
from shared.workdays import Unit

Named = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
Money = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]


class _Step(InBody):
    done_on: clock.Day
    done_by: Named
    """The office or post that did it, as the paper names it; no person's name."""
    document_number: Named


class ReportIn(InBody):
    """HRSS reports to its own government that its money is not in place."""

    watch_item_id: UUID
    amount: Money | None = None
    """What is to be funded; left out: what the item lacks."""
    done_on: clock.Day
    done_by: Named
    document_number: Named
    reason: Words


class ApprovalIn(_Step):
    """What the government says to the report."""

    approved: bool
    reason: Words


class FundIn(_Step):
    """The order to fund, with its own limit."""

    addressed_to: Named
    served_on: clock.Day
    length: Annotated[int, Field(ge=1, le=400)]
    unit: Literal[Unit.WD, Unit.CD]


class MeasureIn(_Step):
    """What the higher HRSS does about money that was ordered and not paid."""

    measure: Measure
    reason: Words


class FundingFilter(Asked):
    """Which orders to fund."""

    state: FundingState | None = None
    project_id: UUID | None = None
    area_code: AreaCode | None = None
    """This area and all below it."""


class FundingOut(OutBody):
    """An order to fund."""

    id: UUID
    watch_item_id: UUID
    project_id: UUID
    area_code: str
    developer_id: UUID | None
    amount: Decimal
    state: FundingState
    state_since: datetime
    reported_at: datetime
    reported_by: str
    addressed_to: str | None
    unit: Unit | None
    length: int | None
    served_on: date | None
    due_on: date | None
    """The last day on which it is obeyed in time."""
    due_at: datetime | None
    calendar_version: str | None
    funded_at: datetime | None
    changed_at: datetime


class FundingStepOut(OutBody):
    """A step of an order to fund."""

    state: FundingState
    at: datetime
    actor: str
    done_on: date
    done_by: str
    document_number: str | None
    details: dict[str, Any]


class FundingWithStepsOut(FundingOut):
    """An order to fund with every step that was taken."""

    steps: list[FundingStepOut]
