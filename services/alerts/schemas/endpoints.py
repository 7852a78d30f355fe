"""Bodies of webhook endpoints, of deliveries, and of what is pushed."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, HttpUrl, model_validator

from services.alerts.rules.deliveries import (
    Channel,
    DeliveryState,
    EndpointState,
    Payload,
    Scheme,
)
from services.alerts.rules.sms import Fate
from services.alerts.schemas.forms import AreaCode, Asked, Code, InBody, OutBody, Remark
from shared.clock import Instant
from shared.problems import TextError
from shared.wording import Text

EventType = Literal[
    "cases.watch_item_opened.v1",
    "cases.watch_item_raised.v1",
    "cases.watch_item_lowered.v1",
    "cases.watch_item_step_reached.v1",
    "cases.watch_item_closed.v1",
    "cases.correction_order_moved.v1",
    "cases.funding_order_moved.v1",
    "cases.case_proposed.v1",
    "cases.restriction_changed.v1",
    "cases.arrears_case_opened.v1",
    "alerts.supervision_proposed.v1",
]

PerMinute = Annotated[int, Field(ge=1, le=100_000)]


class EndpointIn(InBody):
    """Where to push which events, signed as Standard Webhooks asks."""

    url: Annotated[HttpUrl, Field(max_length=2000)]
    description: Remark = ""
    types: Annotated[list[EventType], Field(min_length=1, max_length=20)]
    areas: Annotated[list[AreaCode], Field(min_length=1, max_length=100)]
    projects: Annotated[list[UUID], Field(max_length=1000)] = []
    """Only events of these projects; empty: of all in the areas, and of what has no project."""
    org_id: UUID | None = None
    """Only events in which this organisation takes part; a company's is always its own."""
    scheme: Scheme = Scheme.V1
    """`v1`: by a secret that both sides keep; `v1a`: by our key, which you verify by its public
    half."""
    payload: Payload = Payload.THIN
    """`thin`: what names it and where to ask for it; `full`: the whole event."""
    per_minute: PerMinute | None = None
    """How many you take in a minute; more of them wait. None: as many as come."""
    ordered: bool = False
    """Of each project the next comes only when the one before has arrived or was given up."""


class EndpointPatch(InBody):
    """What changes of an endpoint; what is not named stays."""

    version: int
    url: Annotated[HttpUrl, Field(max_length=2000)] | None = None
    description: Remark | None = None
    types: Annotated[list[EventType], Field(min_length=1, max_length=20)] | None = None
    areas: Annotated[list[AreaCode], Field(min_length=1, max_length=100)] | None = None
    projects: Annotated[list[UUID], Field(max_length=1000)] | None = None
    payload: Payload | None = None
    per_minute: PerMinute | None = None
    ordered: bool | None = None
    state: EndpointState | None = None


class EndpointFilter(Asked):
    """Which endpoints."""

    state: EndpointState | None = None


class EndpointOut(OutBody):
    """An endpoint, without its secret."""

    id: UUID
    url: str
    description: str
    types: list[str]
    areas: list[str]
    projects: list[UUID]
    org_id: UUID | None
    payload: Payload
    per_minute: int | None
    ordered: bool
    former_until: datetime | None
    """While the secret before the last rotation signs as well."""
    state: EndpointState
    state_reason: str | None
    failures: int
    """In a row, by now."""
    failing_since: datetime | None
    resting_until: datetime | None
    """Not tried before; more messages wait meanwhile."""
    version: int
    created_at: datetime
    changed_at: datetime


class EndpointMadeOut(EndpointOut):
    """A new endpoint with the secret of its signatures, shown this once."""

    secret: str | None
    """Of `v1`."""
    public_key: str | None
    """Of `v1a`."""


class RotationIn(InBody):
    """How long the secret before signs as well, so that you change it without a gap."""

    grace_hours: Annotated[int, Field(ge=0, le=168)] = 24


class ReplayIn(InBody):
    """Which time to send again, and how fast."""

    since: Instant
    until: Instant | None = None
    per_minute: PerMinute = 600

    @model_validator(mode="after")
    def _is_a_time(self) -> Self:
        if self.until and self.until <= self.since:
            raise TextError(
                "replay_span", Text("结束时间须晚于开始时间", "The end comes after the beginning")
            )
        return self


class ReplayOut(OutBody):
    """What will be sent again, and by when the last of it."""

    replay_id: UUID
    messages: int
    last_at: datetime | None


class DeliveryFilter(Asked):
    """Which deliveries."""

    channel: Channel | None = None
    state: DeliveryState | None = None
    endpoint_id: UUID | None = None
    message_id: UUID | None = None
    type: Code | None = None


class DeliveryOut(OutBody):
    """A message or notice on its way to one address."""

    id: UUID
    channel: Channel
    type: str
    area_code: str
    endpoint_id: UUID | None
    message_id: UUID | None
    notice_id: UUID | None
    robot_id: UUID | None
    state: DeliveryState
    made_attempts: int
    created_at: datetime
    next_at: datetime
    delivered_at: datetime | None
    report: Fate | None
    """What the SMS gateway said became of it."""
    bounced_at: datetime | None
    bounce_status: str | None
    """When and why a mail came back that a mail server had taken: `5.1.1` (RFC 3463)."""


class AttemptOut(OutBody):
    """One try and what came of it."""

    number: int
    at: datetime
    took_ms: int
    status: int | None
    error: str | None
    parts: int
    """How many messages an SMS makes."""
    answer: str


class DeliveryDetailOut(DeliveryOut):
    """A delivery with its attempts."""

    attempts: list[AttemptOut]


class WebhookBody(BaseModel):
    """What an endpoint is sent: an event as CloudEvents 1.0, structured mode.

    The headers `webhook-id`, `webhook-timestamp` and `webhook-signature` are those of Standard
    Webhooks; `webhook-id` is the event's id and stays the same over retries.
    """

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: EventType | Literal["alerts.endpoint_test.v1"]
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    subject: UUID | None = None
    """The project."""
    sequence: str | None = None
    """Its place among all messages of the project, of ten digits: the greater is the later."""
    dataref: str | None = None
    """Where the thing is asked for as it stands now."""
    data: dict[str, Any]
    """The event's own body, or what names it; its schema by type: `GET /v1/event-types`."""
