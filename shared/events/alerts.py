"""What alerts tells: acknowledgements, and deliveries that were given up."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events.base import Event


class AlertAcknowledged(Event, type="alerts.alert_acknowledged.v1", key="watch_item_id"):
    """A receiver answered for an alert and promised a day."""

    watch_item_id: UUID
    alert_id: UUID
    area_code: str
    acknowledged_by: str
    """The caller's subject: an id, never a name."""
    acknowledged_at: datetime
    promised_on: date | None = None


class DeliveryExhausted(Event, type="alerts.delivery_exhausted.v1", key="endpoint_id"):
    """A webhook message could not be delivered within the whole retry schedule."""

    endpoint_id: UUID
    delivery_id: UUID
    message_id: UUID
    attempts: int


class SupervisionProposed(Event, type="alerts.supervision_proposed.v1", key="watch_item_id"):
    """Nobody answered for so long that listed supervision (挂牌督办) is proposed."""

    watch_item_id: UUID
    alert_id: UUID
    kind: str
    level: str
    area_code: str
    project_id: UUID | None = None
    unit_id: UUID | None = None
    """Who answers for the item."""
    raised_at: datetime
    """Since when nobody answers."""


class NoticeArrived(BaseModel):
    """One notice that reached its receiver by one channel."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    delivery_id: UUID
    notice_id: UUID
    recipient_id: UUID
    """Of alerts; no name, no address."""
    channel: str
    reason: str
    """Why he was told: `raised`, `escalated`, `repeated` …"""
    told_at: datetime
    delivered_at: datetime
    attempts: int


class NoticesDelivered(Event, type="alerts.notices_delivered.v1", key="watch_item_id"):
    """Notices of a watch item arrived: what shows later that people were told, and when."""

    watch_item_id: UUID
    alert_id: UUID
    area_code: str
    level: str
    notices: list[NoticeArrived]
