"""Requests for more time, and what becomes of them."""

from datetime import date, datetime
from uuid import UUID

from services.cases.rules.extensions import ExtensionState
from services.cases.schemas.evidence import EvidenceIds
from services.cases.schemas.fields import InBody, OutBody, Words
from shared import clock


class ExtensionIn(InBody):
    """A request for more time."""

    until_on: clock.Day
    """The last day that is asked for."""
    reason: Words
    evidence_ids: EvidenceIds = []


class ExtensionDecisionIn(InBody):
    """The decision on a request, by another person."""

    granted: bool
    until_on: clock.Day | None = None
    """Less than was asked for; left out: all of it."""
    reason: Words


class ExtensionOut(OutBody):
    """A request for more time."""

    id: UUID
    watch_item_id: UUID
    state: ExtensionState
    asked_at: datetime
    asked_by: str
    org_id: UUID | None
    until_on: date
    reason: str
    evidence_ids: list[UUID]
    decided_at: datetime | None
    decided_by: str | None
    granted_until_on: date | None
    decision: str | None
