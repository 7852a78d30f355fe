"""Bodies of routes and their notification ladders."""

from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.alerts.rules import routing
from services.alerts.rules.bundles import GroupBy
from services.alerts.rules.foresight import HeldBy
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


def _receiver(text: str) -> str:
    """Refuse a receiver that routing does not know."""
    role = routing.above(text)
    if role is not None and role in routing.BY_AREA:
        return text
    if text == routing.DUTY_ROSTER or text in list(Receiver):
        return text
    try:
        if (one := routing.one_recipient(text)) is not None:
            return f"{routing.RECIPIENT}{one}"
    except ValueError:
        pass
    raise TextError(
        "receiver_unknown",
        Text(
            "不是可通知的接收人：角色、duty_roster、above:机关角色、recipient:接收人编号",
            "No receiver: a role, duty_roster, above:<office's role> or recipient:<id>",
        ),
    )


ReceiverName = Annotated[str, StringConstraints(max_length=60), AfterValidator(_receiver)]


# Lists are as long as somebody can mean; thousands would be more than one statement takes.
Receivers = Annotated[list[ReceiverName], Field(max_length=100)]


class EscalationStepIn(InBody):
    """A rung of the notification ladder: silence of so long, then these receivers are told."""

    wait: Annotated[int, Field(ge=1, le=500)]
    unit: WaitUnit
    """`wh` working hours, `wd` working days (at the opening hour), `h` hours day and night."""
    receivers: Receivers = []
    """Roles; `above:<role>` the office of the level above; `duty_roster`; `recipient:<id>`."""
    again: bool = False
    repeats: bool = False
    propose_supervision: bool = False
    """Listed supervision (挂牌督办) is proposed, once for an alert."""

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
    """A version of a route, valid from a day; the next version of the same code replaces it.

    Under a `parent` (a route of the same area) it takes only what that one takes, and may leave
    receivers, rungs and hours to it.
    """

    area_code: AreaCode
    code: Code
    valid_from: clock.Day
    enabled: bool = True
    parent: Code | None = None
    priority: Annotated[int, Field(ge=1, le=1000)] = 100
    continues: bool = False
    """Where it matches, those after it are tried all the same, and then the area above."""
    areas: Annotated[list[AreaCode], Field(max_length=500)] = []
    kinds: Annotated[list[Code], Field(max_length=100)] = []
    levels: Annotated[list[Word], Field(max_length=100)] = []
    investment_types: list[InvestmentType] = []
    sector_authorities: Annotated[list[UUID], Field(max_length=500)] = []
    amount_from: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2)] | None = None
    """Yuan that are lacking, at least."""
    major: bool | None = None
    receivers: Receivers = []
    on_steps: Annotated[dict[Code, Receivers], Field(max_length=20)] = {}
    steps: Annotated[list[EscalationStepIn], Field(max_length=20)] = []
    group_by: Annotated[list[GroupBy], Field(max_length=3)] = []
    group_wait_minutes: Annotated[int, Field(ge=0, le=1440)] | None = None
    """How long the first notice of a group waits for others, which go in one message with it; 0:
    not at all. What is major, and red, never waits."""
    opens: time | None = None
    closes: time | None = None
    source: Line
    certainty: Literal["A", "B", "C"] = "C"

    def recipients(self) -> set[UUID]:
        """Give the recipients whom it names by id."""
        rungs = (step.receivers for step in self.steps)
        named = chain(self.receivers, *self.on_steps.values(), *rungs)
        return {one for each in named if (one := routing.one_recipient(each))}

    @model_validator(mode="after")
    def _stands_alone(self) -> Self:
        """A route under no other says everything itself."""
        if self.parent is None:
            if not self.receivers or not self.steps:
                raise TextError(
                    "says_too_little",
                    Text(
                        "无上级路由的，须自行写明接收人和逐级通知步骤",
                        "A route under no other names receivers and steps itself",
                    ),
                )
            self.opens, self.closes = self.opens or time(9), self.closes or time(17, 30)
        return self

    @model_validator(mode="after")
    def _never_falls_silent(self) -> Self:
        if self.steps and (
            not self.steps[-1].repeats or any(step.repeats for step in self.steps[:-1])
        ):
            raise TextError(
                "last_repeats",
                Text("最后一级（且仅最后一级）须重复", "The last rung, and no other, must repeat"),
            )
        opens, closes = self.opens, self.closes
        if opens is None and closes is None:
            return self
        if opens is None or closes is None or opens.tzinfo or closes.tzinfo or opens >= closes:
            raise TextError(
                "hours",
                Text(
                    "上下班时间须同时填写，上班早于下班，按北京时间",
                    "Give both hours; the day opens before it closes, Beijing time",
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
    parent: str | None
    priority: int
    continues: bool
    areas: list[str]
    kinds: list[str]
    levels: list[str]
    investment_types: list[str]
    sector_authorities: list[UUID]
    amount_from: Decimal | None
    major: bool | None
    receivers: list[str]
    on_steps: dict[str, list[str]]
    steps: list[dict[str, Any]]
    group_by: list[str]
    group_wait_minutes: int | None
    opens: time | None
    closes: time | None
    source: str
    certainty: str
    created_at: datetime


class RehearsalIn(InBody):
    """An alert that there is, or one that might be: whom it would reach is asked."""

    alert_id: UUID | None = None
    """Routed anew as if it were raised at `at`; the other fields are then its own."""
    kind: Code | None = None
    level: Word | None = None
    area_code: AreaCode | None = None
    investment_type: InvestmentType | None = None
    lacking: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2)] | None = None
    major: bool = False
    developer_id: UUID | None = None
    contractor_id: UUID | None = None
    sector_authority_id: UUID | None = None
    unit_id: UUID | None = None
    person_id: UUID | None = None
    project_id: UUID | None = None
    """Whose facts, such as a frozen account, may mute it."""
    at: clock.Instant | None = None
    """When it would be raised; now, if nothing is said."""
    rungs: Annotated[int, Field(ge=0, le=20)] = 6
    """How many rungs of each ladder are shown."""

    @model_validator(mode="after")
    def _about_something(self) -> Self:
        if not self.alert_id and not (self.kind and self.level and self.area_code):
            raise TextError(
                "about_nothing",
                Text(
                    "请给出 alert_id，或同时给出 kind、level、area_code",
                    "Give alert_id, or kind, level and area_code",
                ),
            )
        return self


class StopOut(OutBody):
    """A version of a route on the way to the one that is taken."""

    area_code: str
    code: str
    version: int


class HoldOut(OutBody):
    """What would keep a notice back: until when, if that is known, and whose word it is."""

    by: HeldBy
    until_at: datetime | None
    reason: str
    cause_id: UUID | None


class HeldOut(OutBody):
    """What would keep it from leaving by a channel; of several on one channel each in turn."""

    channel: str
    hold: HoldOut


class ReachedOut(OutBody):
    """Who would be told, by which ways, and why."""

    recipient_id: UUID
    title: str
    channels: list[str]
    held: list[HeldOut]
    """What would delay it, by channel; the inbox has it at once."""
    trace: dict[str, Any]


class RungOut(OutBody):
    """What would happen at an instant if nobody answered before; 0 is the alert's birth."""

    rung: int
    at: datetime
    reached: list[ReachedOut]
    unfilled: list[str]
    """Roles that nobody holds on that day."""
    is_dead_end: bool
    muted: HoldOut | None
    """Why it would lie in the inbox alone; at its end it is told again, if nobody answered."""


class TakenOut(OutBody):
    """A route that would be taken, the tree's root first, and its ladder in time."""

    path: list[StopOut]
    rungs: list[RungOut]


class LookOut(StopOut):
    """A route that was looked at, and the first matcher that refused."""

    refused: str | None


class RehearsalOut(OutBody):
    """Whom an alert would reach and when; nobody was told, and nothing was kept."""

    at: datetime
    lineage: list[str]
    taken: list[TakenOut]
    looks: list[LookOut]
