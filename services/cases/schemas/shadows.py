"""What shadow policies would have done, and what was done."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.cases.rules.items import Happening, WatchKind
from services.cases.schemas.fields import Asked, OutBody
from shared import clock
from shared.problems import TextError
from shared.wording import Text


class ShadowFilter(Asked):
    """Which lines of a shadow policy's record."""

    what: Happening | None = None
    key: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] | None = None
    project_id: UUID | None = None


class ShadowStepOut(OutBody):
    """What a shadow policy would have done: a line of an item that it would have opened."""

    id: UUID
    kind: WatchKind
    key: str
    """The item's; the same as that of the one that did open, if one did."""
    subject_id: UUID
    project_id: UUID | None
    area_code: str
    period: str
    opened_at: datetime
    what: Happening
    """`opened`, `raised`, `lowered`, `step_reached`, `closed`, `reversed` (its proof fell)."""
    step: str
    level: str
    at: datetime
    recorded_at: datetime


class DaysAsked(Asked):
    """Items that opened on these days, here or there."""

    from_on: clock.Day
    to_on: clock.Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to_on < self.from_on:
            raise TextError("span", Text("结束早于开始", "The last day comes before the first"))
        return self


class ReachedOut(OutBody):
    """A rung, the level on it, and since when."""

    step: str
    level: str
    at: datetime


class CourseOut(OutBody):
    """How an item went, or would have gone."""

    opened_at: datetime
    reached: list[ReachedOut]
    closed_at: datetime | None


class MatterOut(OutBody):
    """A matter that went otherwise than it would have."""

    key: str
    recorded: CourseOut | None
    """What really happened; null: nothing was opened."""
    shadowed: CourseOut | None
    """What the shadow policy would have done; null: nothing."""


class DifferenceOut(OutBody):
    """A shadow policy beside what really happened."""

    policy_id: UUID
    from_on: date
    to_on: date
    recorded: int
    """How many items opened on these days."""
    shadowed: int
    """How many the shadow policy would have opened."""
    same: int
    """How many of them went the same way, rung by rung, to the instant."""
    otherwise: list[MatterOut]
    """The others, the earliest first, at most 500."""
    left_off: int
    """How many more there are."""
