"""Bodies of routes and their notification ladders."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.alerts.rules.ladders import WaitUnit
from services.alerts.rules.routing import Receiver
from services.alerts.schemas.forms import (
    AreaCode,
    Asked,
    Code,
    InBody,
    InvestmentType,
    Line,
    OutBody,
    Word,
)
from shared import clock
from shared.problems import TextError
from shared.wording import Text


class EscalationStepIn(InBody):
    """A rung of the notification ladder: silence of so long, then these receivers are told."""

    wait: Annotated[int, Field(ge=1, le=500)]
    unit: WaitUnit
    """`wh` working hours, `wd` working days (at the opening hour), `h` hours day and night."""
    receivers: list[Receiver] = []
    again: bool = False
    repeats: bool = False

    @model_validator(mode="after")
    def _tells_somebody(self) -> Self:
        if not self.receivers and not self.again:
            raise TextError(
                "tells_nobody",
                Text(
                    "该级既无新接收人也不再次通知",
                    "This rung tells nobody: name receivers or `again`",
                ),
            )
        return self


class RouteIn(InBody):
    """A version of a route, valid from a day; the next version of the same code replaces it."""

    area_code: AreaCode
    code: Code
    valid_from: clock.Day
    enabled: bool = True
    priority: Annotated[int, Field(ge=1, le=1000)] = 100
    kinds: list[Code] = []
    levels: list[Word] = []
    investment_types: list[InvestmentType] = []
    receivers: Annotated[list[Receiver], Field(min_length=1)]
    on_steps: dict[Code, list[Receiver]] = {}
    steps: Annotated[list[EscalationStepIn], Field(min_length=1, max_length=20)]
    opens: time = time(9)
    closes: time = time(17, 30)
    source: Line
    certainty: Literal["A", "B", "C"] = "C"

    @model_validator(mode="after")
    def _never_falls_silent(self) -> Self:
        if not self.steps[-1].repeats or any(step.repeats for step in self.steps[:-1]):
            raise TextError(
                "last_repeats",
                Text("最后一级（且仅最后一级）须重复", "The last rung, and no other, must repeat"),
            )
        if self.opens.tzinfo or self.closes.tzinfo or self.opens >= self.closes:
            raise TextError(
                "hours",
                Text(
                    "上班时间须早于下班时间，按北京时间",
                    "The day opens before it closes, Beijing time",
                ),
            )
        return self


class RouteFilter(Asked):
    """Which routes."""

    area_code: AreaCode | None = None
    code: Code | None = None


class RouteOut(OutBody):
    """A version of a route."""

    id: UUID
    area_code: str
    code: str
    version: int
    valid_from: date
    enabled: bool
    priority: int
    kinds: list[str]
    levels: list[str]
    investment_types: list[str]
    receivers: list[str]
    on_steps: dict[str, list[str]]
    steps: list[dict[str, Any]]
    opens: time
    closes: time
    source: str
    certainty: str
    created_at: datetime
