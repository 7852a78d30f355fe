"""Bodies of the list of transfers that fall due, and of what people ask for beside it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.payroll.rules.dues import DueGrouping
from services.payroll.rules.obligations import Noted, ObligationStatus
from services.payroll.rules.requests import AddOnState, FundingState
from services.payroll.rules.standings import InvestmentType
from services.payroll.schemas.fields import AreaCode, Body, Filter, Money, Name, Reason, Row
from shared import clock


class DueFilter(Filter):
    """Which transfers that fall due are looked at: those of supervised projects."""

    days: Annotated[int | None, Field(ge=0, le=366)] = None
    """How many days ahead, today included; left out: as the area decides (30)."""
    area_code: AreaCode | None = None
    """This area and what lies in it."""
    developer_id: UUID | None = None
    investment_type: InvestmentType | None = None
    funding_source: Name | None = None


class DueSummaryFilter(DueFilter):
    """The same transfers, and by what they are added up."""

    by: DueGrouping = DueGrouping.FUNDING_SOURCE


class DueSumsOut(Row):
    """What falls due, in yuan."""

    projects: int
    transfers: int
    due_amount: Decimal
    credited_amount: Decimal
    """What of it is there already."""
    lacking: Decimal


class DueGroupOut(DueSumsOut):
    """What falls due of one funding source, investment type or developer."""

    key: str | None
    """Null: of projects that name none."""
    name: str | None
    """The developer's name; null of the others."""


class DueSummaryOut(Row):
    """The transfers that fall due from today on, added up."""

    from_on: date
    until_on: date
    by: DueGrouping
    items: list[DueGroupOut]
    """Most lacking first."""
    total: DueSumsOut


class DueOut(Row):
    """One transfer that falls due."""

    id: UUID
    project_id: UUID
    project_name: str
    area_code: str
    developer_id: UUID
    developer_name: str
    investment_type: str
    funding_source: str | None
    period: str
    due_on: date
    due_amount: Decimal
    credited_amount: Decimal
    lacking: Decimal
    status: ObligationStatus
    funding_state: FundingState | None
    """How the developer's last request to finance stands; null: it asked for nothing."""
    promised_on: date | None
    """The day that finance named; the transfer is due on its own day all the same."""


class FundingRequestIn(Body):
    """A developer asks finance for the money of an obligation."""

    amount: Money
    reason: Reason


class FundingAnswerIn(Body):
    """Finance names a day and an amount, or says why not."""

    promised_on: clock.Day | None = None
    """Left out: refused."""
    promised_amount: Money | None = None
    answer: Reason


class FundingRequestFilter(Filter):
    """Which requests a list shows."""

    state: FundingState | None = None
    obligation_id: UUID | None = None


class FundingRequestOut(Row):
    """A developer's request to finance, and the answer."""

    id: UUID
    obligation_id: UUID
    amount: Decimal
    reason: str
    asked_by: str
    asked_at: datetime
    state: FundingState
    promised_on: date | None
    promised_amount: Decimal | None
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None
    changed_at: datetime


class AddOnIn(Body):
    """A contractor proposes more labour cost for a period, because more people work."""

    amount: Money
    workers: Annotated[int | None, Field(ge=1, le=100_000)] = None
    reason: Reason


class AddOnDecisionIn(Body):
    """The developer's decision."""

    approve: bool
    reason: Reason


class AddOnOut(Row):
    """A proposal of more labour cost, and what the developer decided."""

    id: UUID
    obligation_id: UUID
    amount: Decimal
    workers: int | None
    reason: str
    proposed_by: str
    proposed_at: datetime
    state: AddOnState
    decided_by: str | None
    decided_at: datetime | None
    decision: str | None
    changed_at: datetime


class ObligationNoteOut(Row):
    """One thing that happened to an obligation before or beside its money."""

    id: UUID
    at: datetime
    what: Noted
    actor: str
    details: dict[str, Any]
