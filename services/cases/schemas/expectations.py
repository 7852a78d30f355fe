"""Expected feeds as they are set, ended and listed."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.cases.schemas.fields import AreaCode, Asked, InBody, OutBody, Words
from shared import clock
from shared.expectations import ExpectationState, FeedKind


class ExpectationIn(InBody):
    """A feed that has to be heard of; the same again changes nothing.

    How often and by when, the terms of its area say (`/cases/v1/terms/feeds`). A provincial system
    is heard of when it pushes leads or reads what became of them: one that has nothing to push
    calls all the same.
    """

    kind: FeedKind
    source_id: UUID
    """The API key by which it calls, or the organisation whose keys it calls by."""
    area_code: AreaCode
    """Where it is expected."""
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
    """What people call it; no person's name."""
    unit_id: UUID
    """The organisation that answers for its silence."""
    valid_from: clock.Day
    valid_to: clock.Day | None = None
    """The last day on which it is expected."""


class EndIn(InBody):
    """Why it is expected no longer."""

    reason: Words


class ExpectationFilter(Asked):
    """Which expected feeds."""

    kind: FeedKind | None = None
    state: ExpectationState | None = None
    area_code: AreaCode | None = None
    """This area itself."""


class ExpectationOut(OutBody):
    """An expected feed: when it was heard of last, and by when it has to be."""

    id: UUID
    kind: FeedKind
    source: str
    """Who is expected."""
    area_code: str
    name: str
    unit_id: UUID
    valid_from: date
    valid_to: date | None
    state: ExpectationState
    expected_by: datetime | None
    """The last instant in time; of a silent one that which passed; null: none lies ahead."""
    arrived_at: datetime | None
    """When it was heard of last, to the hour."""
    silent_since: datetime | None
    ended_at: datetime | None
    end_reason: str | None
