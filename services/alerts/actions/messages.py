"""What is pushed: one message per event, queued for each endpoint that asks for it."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.alerts import queries
from services.alerts.models import Delivery, Endpoint, Message
from services.alerts.queries.endpoints import Subscriber
from services.alerts.rules import catalogue
from services.alerts.rules.deliveries import Channel, DeliveryState, Payload
from services.alerts.schemas.endpoints import ReplayIn, WebhookBody
from shared import clock, known, sets
from shared.areas import CANARY
from shared.auth import Caller
from shared.db import Session, new_id, record
from shared.events.base import Event

MINUTE = timedelta(minutes=1)


async def queue_webhooks(
    session: Session, event: Event, area_code: str, organisations: set[UUID]
) -> None:
    """Queue an event for each endpoint that asks for its type, area, project and parties; once.

    Messages of a project are numbered as they come; what a restored database hears again gets
    the numbers that it had, and is sent to nobody: subscribers had it before.

    The project's number is held until the transaction ends, so no alert may be waited for any more.
    """
    if area_code == CANARY:
        return
    project_id: UUID | None = getattr(event, "project_id", None)
    number: int | None = None
    if project_id:
        number = await queries.messages.next_number(session, project_id, event.id)
        is_queued = number is None
    else:
        is_queued = await queries.deliveries.is_queued(session, event.id)
    if is_queued or session.info.get("replayed"):
        return
    lineage = await known.lineage(session, area_code)
    subscribed = await queries.endpoints.subscribed(
        session, event.type, lineage, organisations=organisations, project_id=project_id
    )
    message = {
        "id": event.id, "type": event.type, "area_code": area_code, "project_id": project_id,
        "sequence": number, "organisations": sorted(map(str, organisations)),
        "occurred_at": event.occurred_at, "body": _body(event, project_id, number),
    }  # fmt: skip
    sets.put(session, Message, message)
    if subscribed:
        await session.flush()  # What it is delivered by refers to it.
    for endpoint in subscribed:
        sets.put(session, Delivery, _delivery(endpoint, message, event.occurred_at))


def _body(event: Event, project_id: UUID | None, number: int | None) -> str:
    data = json.loads(event.body())
    return WebhookBody(
        id=event.id, source=f"/{event.type.partition('.')[0]}", type=event.type,
        time=event.occurred_at, subject=project_id,
        sequence=None if number is None else f"{number:010d}",
        dataref=catalogue.found_at(event.type, data), data=data,
    ).model_dump_json(exclude_none=True)  # fmt: skip


def said(message: Message, payload: Payload) -> str:
    """Give what an endpoint is sent of a message."""
    if payload is Payload.FULL:
        return message.body
    body = json.loads(message.body)
    return json.dumps(body | {"data": catalogue.thin(body["data"])}, ensure_ascii=False)


def delivery_to(endpoint: Endpoint, message: Message, at: datetime) -> Delivery:
    """Make what brings an endpoint a message."""
    named = ("id", "type", "area_code", "project_id", "sequence")
    return Delivery(**_delivery(endpoint, {name: getattr(message, name) for name in named}, at))


def _delivery(
    endpoint: Endpoint | Subscriber, message: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    return {
        "id": new_id(), "key": f"{endpoint.id}:{message['id']}", "lane": str(endpoint.id),
        "channel": Channel.WEBHOOK, "type": message["type"], "area_code": message["area_code"],
        "org_id": endpoint.org_id, "endpoint_id": endpoint.id, "message_id": message["id"],
        "project_id": message["project_id"], "sequence": message["sequence"], "created_at": at,
        "state": DeliveryState.WAITING, "made_attempts": 0, "next_at": clock.wall(),
    }  # fmt: skip


async def try_endpoint(
    session: Session, caller: Caller, endpoint_id: UUID, now: datetime
) -> Delivery:
    """Send an endpoint a message that means nothing, for its owner to see it arrive.

    It goes at once, even to one that rests. Raises NotFound, EndpointOff.
    """
    endpoint = await queries.endpoints.locked_active(session, endpoint_id, caller.scope)
    endpoint.resting_until = None
    data = {"endpoint_id": str(endpoint.id), "area_code": endpoint.areas[0]}
    body = WebhookBody(
        id=new_id(), source="/alerts", type="alerts.endpoint_test.v1", time=now, data=data
    )
    message = Message(
        id=body.id, type=body.type, area_code=endpoint.areas[0], project_id=None, sequence=None,
        organisations=[], occurred_at=now, body=body.model_dump_json(exclude_none=True),
    )  # fmt: skip
    delivery = delivery_to(endpoint, message, now)
    session.add_all([message, delivery])
    return delivery


async def resend(session: Session, caller: Caller, delivery_id: UUID) -> Delivery:
    """Send a webhook message once more, under the same id, even to an endpoint that rests.

    Raises NotFound, EndpointOff.
    """
    delivery = await queries.deliveries.locked_webhook(session, delivery_id, caller.scope)
    if delivery.endpoint_id:
        for endpoint in await queries.endpoints.locked_endpoints(session, {delivery.endpoint_id}):
            endpoint.resting_until = None
    delivery.send_again(clock.wall())
    return delivery


async def replay(
    session: Session, caller: Caller, endpoint_id: UUID, asked: ReplayIn, now: datetime
) -> tuple[UUID, int, datetime | None]:
    """Send an endpoint again what it asks for now of a time, spread by its rate, in their order.

    The messages keep their ids, so that a subscriber that has one drops it. Gives the id of the
    replay, how many messages it has and when the last of them goes. Raises NotFound, EndpointOff.
    """
    endpoint = await queries.endpoints.locked_active(session, endpoint_id, caller.scope)
    replay_id, wall = new_id(), clock.wall()
    step = MINUTE / asked.per_minute
    found = await queries.messages.queue_again(
        session, endpoint, f":{replay_id}", since=asked.since, until=asked.until or now,
        first_at=wall, step=step, now=now,
    )  # fmt: skip
    record(
        session, "replay", "endpoints", endpoint.id,
        after={"since": asked.since.isoformat(), "messages": found},
    )  # fmt: skip
    return replay_id, found, wall + step * (found - 1) if found else None
