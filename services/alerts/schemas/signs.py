"""Bodies of signs of a group dispute."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.alerts.schemas.forms import AreaCode, Asked, InBody, Line, OutBody
from shared import clock

# What was seen, in a person's words; never empty.
Told = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")]


class SignIn(InBody):
    """What was seen: people gather, or are about to, over unpaid wages. No names of workers."""

    area_code: AreaCode
    project_id: UUID | None = None
    project_name: Line | None = None
    persons: Annotated[int, Field(ge=1, le=100_000)]
    seen_at: clock.Instant
    what: Told


class PlanIn(InBody):
    """The decision whether the emergency plan is started, and why."""

    version: int
    starts: bool
    reason: Told


class OutcomeIn(InBody):
    """What came of it; this ends the alert."""

    version: int
    outcome: Told


class SignFilter(Asked):
    """Which signs."""

    area_code: AreaCode | None = None
    project_id: UUID | None = None
    plan_started: bool | None = None


class SignOut(OutBody):
    """A sign of a group dispute, what was decided on it, and what came of it."""

    id: UUID
    alert_id: UUID
    area_code: str
    project_id: UUID | None
    project_name: str | None
    persons: int
    seen_at: datetime
    what: str
    reported_by: str
    reported_at: datetime
    plan_started: bool | None
    plan_reason: str | None
    decided_by: str | None
    decided_at: datetime | None
    outcome: str | None
    ended_by: str | None
    ended_at: datetime | None
    version: int
