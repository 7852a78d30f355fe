"""What of the platform's canary is under way; no list of any interface reads it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from services.alerts.models import Delivery
from services.alerts.rules.deliveries import DeliveryState
from shared import asking
from shared.db import Session


async def locked_waiting(session: Session, message_id: UUID) -> Sequence[Delivery]:
    """Give what of a message is not delivered yet, for changing."""
    waits = Delivery.state == asking.code(DeliveryState.WAITING)
    rows = await session.scalars(
        select(Delivery)
        .where(Delivery.message_id == message_id, waits)
        .order_by(Delivery.id)
        .with_for_update()
    )
    return rows.all()
