"""What arrived is told, so that it can be shown later that people knew."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from services.alerts import queries
from services.alerts.models import Alert
from services.alerts.rules.deliveries import Channel, DeliveryState
from shared import clock
from shared.db import Session
from shared.events.alerts import NoticeArrived, NoticesDelivered
from shared.outbox import publish


def tell_inbox(
    session: Session,
    alert: Alert,
    notices: Sequence[Mapping[str, Any]],
    deliveries: Sequence[Mapping[str, Any]],
) -> None:
    """Tell what is in the inboxes of receivers as soon as it is written."""
    there = {one["notice_id"]: one for one in deliveries if one["channel"] is Channel.INBOX}
    arrived = [
        NoticeArrived(
            delivery_id=there[one["id"]]["id"], notice_id=one["id"], channel=Channel.INBOX,
            recipient_id=one["recipient_id"], reason=one["reason"], told_at=one["told_at"],
            delivered_at=one["told_at"], attempts=0,
        )
        for one in notices
        if one["id"] in there
    ]  # fmt: skip
    _tell(session, alert, arrived)


async def tell_delivered(session: Session, deliveries: Collection[Any]) -> None:
    """Tell of each alert what has just arrived of it, those in a digest too."""
    came = {
        one.id: one
        for one in deliveries
        if one.state is DeliveryState.DELIVERED and (one.notice_id or one.bundle_id)
    }
    if not came:
        return
    arrived: dict[UUID, list[NoticeArrived]] = defaultdict(list)
    alerts: dict[UUID, Alert] = {}
    for delivery_id, notice, alert in await queries.deliveries.notices_of(session, came):
        one = came[delivery_id]
        alerts[alert.id] = alert
        arrived[alert.id].append(
            NoticeArrived(
                delivery_id=delivery_id, notice_id=notice.id, recipient_id=notice.recipient_id,
                channel=one.channel, reason=notice.reason, told_at=notice.told_at,
                delivered_at=one.delivered_at or notice.told_at, attempts=one.made_attempts,
            )
        )  # fmt: skip
    for alert_id, found in arrived.items():
        _tell(session, alerts[alert_id], found)


def _tell(session: Session, alert: Alert, arrived: list[NoticeArrived]) -> None:
    if alert.watch_item_id is None or not arrived or session.info.get("replayed"):
        return
    at = max(one.delivered_at for one in arrived)
    publish(
        session,
        NoticesDelivered(
            occurred_at=at or clock.now(), watch_item_id=alert.watch_item_id, alert_id=alert.id,
            area_code=alert.area_code, level=alert.level, notices=arrived,
        ),
    )  # fmt: skip
