"""What must be true of alerts' rows at rest."""

from collections.abc import Sequence

from sqlalchemy import func, select

from services.alerts.models import Delivery
from services.alerts.queries import alerts
from services.alerts.rules.deliveries import Channel, DeliveryState
from shared.db import Session
from shared.service import Offender

_MOST = 1_000_000


async def sent_twice(session: Session) -> Sequence[Offender]:
    """Give notices that reached a person twice by one channel; webhooks come again on request."""
    rows = await session.execute(
        select(Delivery.notice_id, Delivery.channel)
        .where(Delivery.state == DeliveryState.DELIVERED, Delivery.channel != Channel.WEBHOOK)
        .group_by(Delivery.notice_id, Delivery.channel)
        .having(func.count() > 1)
        .order_by(Delivery.notice_id)
    )
    return [Offender(row.notice_id, f"delivered more than once by {row.channel}") for row in rows]


async def without_timer(session: Session) -> Sequence[Offender]:
    """Give alerts that wait for an answer and that no timer will repeat."""
    found = await alerts.alerts_without_timer(session, _MOST)
    return [Offender(row.id, f"{row.kind} {row.level} since {row.raised_at}") for row in found]
