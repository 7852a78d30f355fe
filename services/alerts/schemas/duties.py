"""Bodies of duty patterns, gaps of rosters, and leaves."""

from datetime import date, datetime, time
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.alerts.rules.duties import DutyDays, Turn
from services.alerts.schemas.forms import AreaCode, Asked, Hour, InBody, OutBody
from shared import clock
from shared.problems import TextError
from shared.wording import Text

_ORDER = Text("结束日期早于开始日期", "The last day comes before the first")
# A roster that was last held longer ago than this was given up, and has no gaps.
DAYS_AHEAD, MOST_DAYS = 14, 92


class DutyPatternIn(InBody):
    """Duties that come again. They close on the day after where they close no later than open."""

    area_code: AreaCode
    days: DutyDays
    opens: Hour
    closes: Hour
    turn: Turn = Turn.DUTY
    recipient_ids: Annotated[list[UUID], Field(min_length=1, max_length=60)]
    from_on: clock.Day
    until_on: clock.Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until_on and self.until_on < self.from_on:
            raise TextError("span", _ORDER)
        return self


class DutyPatternPatch(InBody):
    """When a pattern ends: its last day, none before today."""

    version: int
    until_on: clock.Day


class DutyPatternFilter(Asked):
    """Which patterns."""

    area_code: AreaCode | None = None


class DutyPatternOut(OutBody):
    """Duties that come again, of one recipient or of several in turn."""

    id: UUID
    area_code: str
    days: DutyDays
    turn: Turn
    opens: time
    closes: time
    recipient_ids: list[UUID]
    from_on: date
    until_on: date | None
    version: int
    created_at: datetime
    created_by: str


class GapFilter(Asked):
    """Of which area (all that have a roster), for how many days from now."""

    area_code: AreaCode | None = None
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = DAYS_AHEAD


class GapOut(OutBody):
    """A time in which nobody on the roster of an area can be told."""

    area_code: str
    from_at: datetime
    until_at: datetime
    away: list[UUID]
    """On the roster, but out of office, or on leave with nobody to stand in."""


class GapsOut(OutBody):
    """The gaps in a span of time, by area and in order."""

    from_at: datetime
    until_at: datetime
    areas: list[str]
    """Whose rosters were looked at."""
    items: list[GapOut]


class LeaveIn(InBody):
    """A recipient's days off, the last one included, and who is told in his place."""

    recipient_id: UUID
    from_on: clock.Day
    until_on: clock.Day
    stand_in_id: UUID | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until_on < self.from_on:
            raise TextError("span", _ORDER)
        return self


class LeavePatch(InBody):
    """What changes of a leave; what is not named stays."""

    version: int
    until_on: clock.Day | None = None
    stand_in_id: UUID | None = None
    """null: nobody stands in."""
    cancelled: bool = False


class LeaveFilter(Asked):
    """Which leaves."""

    recipient_id: UUID | None = None
    stand_in_id: UUID | None = None
    on: clock.Day | None = None
    """Only those in which this day lies, and that were not cancelled."""


class LeaveOut(OutBody):
    """A recipient's leave."""

    id: UUID
    recipient_id: UUID
    area_code: str
    from_on: date
    until_on: date
    stand_in_id: UUID | None
    cancelled_at: datetime | None
    version: int
    created_at: datetime
    created_by: str
