"""What is pushed: numbered by project, found again for those who ask for it once more."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Integer, String, cast, func, insert, literal, select

from services.alerts.models import Delivery, Endpoint, Message
from services.alerts.queries.endpoints import asks_for
from services.alerts.rules.deliveries import Channel, DeliveryState
from shared import asking, known
from shared.areas import Scope
from shared.changes import note_written
from shared.db import Session

_AGAIN = [
    "id", "key", "lane", "channel", "type", "area_code", "org_id", "project_id", "sequence",
    "endpoint_id", "message_id", "state", "made_attempts", "created_at", "next_at",
]  # fmt: skip


async def next_number(session: Session, project_id: UUID, event_id: UUID) -> int | None:
    """Give the next number of a project's messages, held until this transaction ends.

    None if the event for which it is has one.
    """
    for row in await asking.rows(session, _NEXT, project_id, event_id):
        return int(row[0])
    return None


_NEXT = """
    INSERT INTO project_sequences AS known (project_id, last)
    SELECT $1::uuid, 1 WHERE NOT EXISTS (SELECT FROM messages WHERE id = $2::uuid)
    ON CONFLICT (project_id) DO UPDATE SET last = known.last + 1 RETURNING last
"""


async def queue_again(
    session: Session,
    endpoint: Endpoint,
    again: str,
    *,
    since: datetime,
    until: datetime,
    first_at: datetime,
    step: timedelta,
    now: datetime,
) -> int:
    """Queue for an endpoint what it asks for of a time, one `step` after the other; give how many.

    All in one statement, whatever number there are.
    """
    place = func.row_number().over(order_by=(Message.occurred_at, Message.id)) - 1
    lane = str(endpoint.id)
    rows = select(
        func.gen_random_uuid(),
        literal(f"{lane}:") + cast(Message.id, String) + literal(again),
        literal(lane), literal(Channel.WEBHOOK.value), Message.type, Message.area_code,
        literal(endpoint.org_id, Delivery.org_id.type), Message.project_id, Message.sequence,
        literal(endpoint.id), Message.id, literal(DeliveryState.WAITING.value), literal(0, Integer),
        literal(now), literal(first_at) + place * literal(step),
    ).where(
        Message.occurred_at >= since,
        Message.occurred_at < until,
        Message.type.in_(endpoint.types),
        known.in_scope(Message.area_code, Scope(frozenset(endpoint.areas))),
        *asks_for(endpoint),
    )  # fmt: skip
    statement = insert(Delivery).from_select(_AGAIN, rows).returning(Delivery.id)
    done = await session.execute(statement)
    note_written(session, Delivery.__tablename__)
    return len(done.all())
