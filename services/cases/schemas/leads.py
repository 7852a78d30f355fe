"""Leads as they are pushed, concluded and read back."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.cases.rules.leads import Conclusion, LeadSource, LeadState
from services.cases.schemas.fields import AreaCode, Asked, InBody, OutBody, Words
from shared import clock

ExternalId = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x20]+$")]
Money = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
Workers = Annotated[int, Field(ge=1, le=1_000_000)]


class LeadIn(InBody):
    """A lead; its source and its id there name it, the same again changes nothing."""

    source: LeadSource
    external_id: ExternalId
    area_code: AreaCode
    """Of the place of arrears."""
    place: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
    """The site or the employer; no person's name or number."""
    text: Words
    """What was reported; kept sealed, for it tells of persons."""
    project_id: UUID | None = None
    workers: Workers | None = None
    amount: Money | None = None
    received_at: clock.Instant


class ResultIn(InBody):
    """What became of a lead."""

    conclusion: Conclusion
    result: Words
    """What was found and done; no personal data, for the sender reads it."""
    workers_found: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    amount_found: Money | None = None
    amount_paid: Money | None = None


class LeadFilter(Asked):
    """Which leads."""

    source: LeadSource | None = None
    external_id: ExternalId | None = None
    state: LeadState | None = None
    area_code: AreaCode | None = None
    """This area and all below it."""


class LeadOut(OutBody):
    """A lead without its words, and what became of it."""

    id: UUID
    source: LeadSource
    external_id: str
    area_code: str
    place: str
    project_id: UUID | None
    workers: int | None
    amount: Decimal | None
    received_at: datetime
    pushed_at: datetime
    state: LeadState
    conclusion: Conclusion | None
    result: str | None
    workers_found: int | None
    amount_found: Decimal | None
    amount_paid: Decimal | None
    concluded_at: datetime | None
    changed_at: datetime


class RevealIn(InBody):
    """Why the clear words are needed; it is recorded with the caller."""

    purpose: Words


class RevealedLeadOut(OutBody):
    """What a lead says in clear words. The reading is recorded."""

    id: UUID
    text: str
