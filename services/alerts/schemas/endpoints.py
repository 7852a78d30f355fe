"""Bodies of webhook endpoints, of deliveries, and of what is pushed."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, HttpUrl

from services.alerts.rules.deliveries import Channel, DeliveryState, EndpointState
from services.alerts.schemas.forms import AreaCode, Asked, Code, InBody, OutBody, Remark

EventType = Literal[
    "cases.watch_item_opened.v1",
    "cases.watch_item_raised.v1",
    "cases.watch_item_lowered.v1",
    "cases.watch_item_step_reached.v1",
    "cases.watch_item_closed.v1",
    "cases.correction_order_moved.v1",
    "cases.funding_order_moved.v1",
    "cases.case_proposed.v1",
    "cases.arrears_case_opened.v1",
]


class EndpointIn(InBody):
    """Where to push which events, signed as Standard Webhooks asks."""

    url: Annotated[HttpUrl, Field(max_length=2000)]
    description: Remark = ""
    types: Annotated[list[EventType], Field(min_length=1, max_length=20)]
    areas: Annotated[list[AreaCode], Field(min_length=1, max_length=100)]
    org_id: UUID | None = None
    """Only events in which this organisation takes part; a company's is always its own."""


class EndpointPatch(InBody):
    """What changes of an endpoint; what is not named stays."""

    version: int
    url: Annotated[HttpUrl, Field(max_length=2000)] | None = None
    description: Remark | None = None
    types: Annotated[list[EventType], Field(min_length=1, max_length=20)] | None = None
    areas: Annotated[list[AreaCode], Field(min_length=1, max_length=100)] | None = None
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
    org_id: UUID | None
    state: EndpointState
    state_reason: str | None
    version: int
    created_at: datetime
    changed_at: datetime


class EndpointMadeOut(EndpointOut):
    """A new endpoint with the secret of its signatures, shown this once."""

    secret: str


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
    state: DeliveryState
    made_attempts: int
    created_at: datetime
    next_at: datetime
    delivered_at: datetime | None


class AttemptOut(OutBody):
    """One try and what came of it."""

    number: int
    at: datetime
    took_ms: int
    status: int | None
    error: str | None
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
    type: EventType
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any]
    """The event's own body; its schema by type stands in the AsyncAPI document."""
