"""Closings by hand, their confirmation, and reopening."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.cases.rules.closings import ClosingState
from services.cases.schemas.fields import Code, InBody, OutBody, Words


class ClosingIn(InBody):
    """An officer closes an item: by which proof, shown by which documents."""

    proof: Code
    """One of those that `GET …/why` says are taken as documents."""
    reason: Words
    evidence_ids: Annotated[list[UUID], Field(max_length=50)] = []
    """Files that were brought for this item before; at least one."""


class ClosingDecisionIn(InBody):
    """What a second person says to it."""

    enough: bool
    reason: Words


class ReopeningIn(InBody):
    """Why the documents do not hold."""

    reason: Words


class ClosingOut(OutBody):
    """A closing by hand, and what became of it."""

    id: UUID
    watch_item_id: UUID
    state: ClosingState
    """`asked`: a second person has to confirm it."""
    proof: str
    reason: str
    evidence_ids: list[UUID]
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None
    decided_by: str | None
    decision: str | None
