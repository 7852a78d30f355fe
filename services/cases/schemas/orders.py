"""Correction orders: asked for, signed, served, answered, decided on."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.cases.rules.orders import OrderState, ServedHow
from services.cases.schemas.evidence import EvidenceIds
from services.cases.schemas.fields import AreaCode, Asked, Code, InBody, OutBody, Words
from shared import clock
from shared.workdays import Unit

System = Literal[
    "wage_account",
    "roster",
    "disbursement",
    "deposit",
    "notice_board",
    "payment_guarantee",
    "separate_accounts",
    "wage_officer",
]
Length = Annotated[int, Field(ge=1, le=400)]


class DraftIn(InBody):
    """An order to be drafted about a watch item."""

    watch_item_id: UUID
    system: System | None = None
    """Which required system is missing, where the item's kind does not say it."""
    facts: Words | None = None


class SignIn(InBody):
    """The inspector's signature; what is left out stays as it was drafted."""

    length: Length | None = None
    """How long the order gives, in the unit and within the bounds of the area's terms."""
    facts: Words | None = None


class ServeIn(InBody):
    """How and when the order reached whom it is addressed to."""

    served_on: clock.Day
    served_how: ServedHow
    evidence_ids: EvidenceIds = []
    """The receipt (送达回证)."""


class ProofIn(InBody):
    """What the addressee says to have done, with what shows it."""

    text: Words
    evidence_ids: Annotated[EvidenceIds, Field(min_length=1)]


class CheckIn(InBody):
    """Whether what was proved is enough."""

    enough: bool
    reason: Words


class PenaltyIn(InBody):
    """The decision on a proposed penalty."""

    penalised: bool
    decision_number: Annotated[Words, Field(max_length=100)] | None = None
    """Of the penalty decision; needed if there is one."""
    reason: Words


class WithdrawalIn(InBody):
    """Why an order is taken back before it is served."""

    reason: Words


class OrderFilter(Asked):
    """Which orders."""

    state: OrderState | None = None
    matter: Code | None = None
    project_id: UUID | None = None
    watch_item_id: UUID | None = None
    unit_id: UUID | None = None
    area_code: AreaCode | None = None
    """This area and all below it."""


class OrderOut(OutBody):
    """A correction order."""

    id: UUID
    number: str | None
    """Given at the signature, in one row for each office and year."""
    matter: str
    """`transfer_missed`, or the required system that is missing."""
    watch_item_id: UUID
    project_id: UUID | None
    area_code: str
    period: str
    unit_id: UUID
    """To whom it is addressed."""
    article: str
    conduct: str
    facts: str | None
    unit: Unit
    length: int
    state: OrderState
    state_since: datetime
    drafted_at: datetime
    drafted_by: str
    signed_at: datetime | None
    signed_by: str | None
    served_on: date | None
    served_how: ServedHow | None
    due_on: date | None
    """The last day on which it is obeyed in time."""
    due_at: datetime | None
    """What is waited for until when: the signature, the service, the correction."""
    put_right_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    decision_number: str | None
    reason: str | None
    calendar_version: str | None
    changed_at: datetime


class OrderStepOut(OutBody):
    """A line of an order's history."""

    id: UUID
    at: datetime
    actor: str
    what: str
    details: dict[str, Any]


class OrderWithStepsOut(OrderOut):
    """A correction order with everything that happened to it."""

    steps: list[OrderStepOut]
