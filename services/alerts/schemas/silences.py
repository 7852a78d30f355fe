"""Bodies of silences and of the terms by which they last."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from services.alerts.rules.silences import SilenceState
from services.alerts.schemas.forms import AreaCode, Asked, Code, InBody, Line, OutBody, Word
from shared import clock

# Why people are not told, in a person's words; never empty.
Why = Annotated[str, StringConstraints(min_length=4, max_length=1000, pattern=r"^[^\x00]*$")]


class SilenceIn(InBody):
    """Which alerts of an area are not sent to persons for a while, and why; empty: any.

    What is major is sent all the same, and webhooks are. A level that needs two persons makes it
    a proposal until another person approves it.
    """

    area_code: AreaCode
    kinds: Annotated[list[Code], Field(max_length=100)] = []
    levels: Annotated[list[Word], Field(max_length=100)] = []
    areas: Annotated[list[AreaCode], Field(max_length=500)] = []
    projects: Annotated[list[UUID], Field(max_length=500)] = []
    watch_item_id: UUID | None = None
    from_at: clock.Instant | None = None
    """Now, if nothing is said."""
    until_at: clock.Instant
    reason: Why


class ApprovalIn(InBody):
    """The second person's word."""

    version: int


class SilenceEndIn(InBody):
    """Why a silence is over before its time."""

    version: int
    reason: Why


class SilenceFilter(Asked):
    """Which silences."""

    area_code: AreaCode | None = None
    state: SilenceState | None = None


class SilenceOut(OutBody):
    """A silence: what it takes, from when until when, on whose word."""

    id: UUID
    area_code: str
    kinds: list[str]
    levels: list[str]
    areas: list[str]
    projects: list[UUID]
    watch_item_id: UUID | None
    from_at: datetime
    until_at: datetime
    reason: str
    author: str
    state: SilenceState
    approved_by: str | None
    approved_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    end_reason: str | None
    version: int
    created_at: datetime


class SilenceTermsIn(InBody):
    """A version of an area's terms of silences, valid from a day."""

    area_code: AreaCode
    valid_from: clock.Day
    longest: Annotated[dict[Code, Annotated[int, Field(ge=1, le=8760)]], Field(max_length=30)]
    """Hours by role; a role that is not named may not silence."""
    two_persons: list[Word] = ["red"]
    source: Line
    certainty: Literal["A", "B", "C"] = "C"


class SilenceTermsFilter(Asked):
    """Which terms."""

    area_code: AreaCode | None = None


class SilenceTermsOut(OutBody):
    """A version of an area's terms of silences."""

    id: UUID
    area_code: str
    version: int
    valid_from: date
    longest: dict[str, int]
    two_persons: list[str]
    source: str
    certainty: str
    created_at: datetime
