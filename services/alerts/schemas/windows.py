"""Bodies of maintenance windows."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.alerts.schemas.forms import AreaCode, Asked, InBody, Line, OutBody
from shared import clock
from shared.problems import TextError
from shared.wording import Text

# All that leaves the house.
Outward = Literal["webhook", "mail", "sms", "wecom", "dingtalk", "feishu"]


class MaintenanceWindowIn(InBody):
    """In which span nothing is sent by some channels; what is due then waits for its end."""

    area_code: AreaCode
    channels: Annotated[list[Outward], Field(min_length=1, max_length=6)]
    from_at: clock.Instant
    until_at: clock.Instant
    reason: Line

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until_at <= self.from_at:
            raise TextError("span", Text("结束须晚于开始", "A window ends after it begins"))
        return self


class MaintenanceWindowEndIn(InBody):
    """The work is done, or not done at all: what waits goes now."""

    version: int


class MaintenanceWindowFilter(Asked):
    """Which windows."""

    area_code: AreaCode | None = None


class MaintenanceWindowOut(OutBody):
    """A span in which nothing is sent by some channels."""

    id: UUID
    area_code: str
    channels: list[str]
    from_at: datetime
    until_at: datetime
    reason: str
    version: int
    created_at: datetime
    created_by: str
    ended_by: str | None
