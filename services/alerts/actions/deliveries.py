"""Deliveries: queued for each subscriber, claimed with a lease, recorded in sets."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.models import Attempt, Delivery, Message
from services.alerts.rules import deliveries, notices, routing
from services.alerts.rules.deliveries import (
    Answer,
    Channel,
    DeliveryState,
    Parcel,
    Verdict,
)
from services.alerts.schemas.endpoints import WebhookBody
from services.alerts.settings import settings
from shared import known
from shared.db import Session, new_id
from shared.events.alerts import DeliveryExhausted
from shared.events.base import Event
from shared.outbox import publish


async def queue_webhooks(
    session: Session, event: Event, area_code: str, organisations: set[UUID]
) -> None:
    """Queue an event for each endpoint that asks for its type, area and parties; once per event."""
    if await queries.deliveries.find_message(session, event.id):
        return
    if session.info.get("replayed"):
        return  # Subscribers had it before the database was lost, with the log of it.
    lineage = await known.lineage(session, area_code)
    subscribed = await queries.endpoints.subscribed(session, event.type, lineage, organisations)
    body = WebhookBody.model_validate({
        "id": event.id, "source": f"/{event.type.partition('.')[0]}", "type": event.type,
        "time": event.occurred_at, "data": json.loads(event.body()),
    })  # fmt: skip
    session.add(
        Message(
            id=event.id, type=event.type, area_code=area_code, occurred_at=event.occurred_at,
            body=body.model_dump_json(),
        )
    )  # fmt: skip
    session.add_all(
        Delivery(
            id=new_id(), key=f"{endpoint.id}:{event.id}", lane=str(endpoint.id),
            channel=Channel.WEBHOOK, type=event.type, area_code=area_code, org_id=endpoint.org_id,
            endpoint_id=endpoint.id, message_id=event.id, created_at=event.occurred_at,
        )
        for endpoint in subscribed
    )  # fmt: skip


async def claim_deliveries(
    session: Session, now: datetime, under_way: Mapping[str, int]
) -> list[Parcel]:
    """Claim what is due at the machine's instant and fits beside what this process sends now.

    The lease outlives the longest wait for an answer; when it ends unrecorded (the process was
    killed), the delivery is due again under the same id.
    """
    said = settings()
    room = {lane: said.send_at_once_per_lane - sending for lane, sending in under_way.items()}
    limit = said.send_at_once - sum(under_way.values())
    if limit <= 0:
        return []
    claimed = await queries.deliveries.locked_due_deliveries(
        session, now, room=room, lane_room=said.send_at_once_per_lane, limit=limit
    )
    parcels = []
    for delivery in claimed:
        parcel = _parcel(delivery)
        if parcel is None:
            delivery.give_up(DeliveryState.STOPPED)
            continue
        delivery.lease(now + timedelta(seconds=said.send_lease))
        parcels.append(parcel)
    return parcels


def _parcel(delivery: Delivery) -> Parcel | None:
    """Pack a delivery with all that sending needs; None if its receiver has no address now."""
    if delivery.endpoint and delivery.message:
        return Parcel(
            delivery_id=delivery.id, lane=delivery.lane, channel=Channel.WEBHOOK,
            address=delivery.endpoint.url, secret=delivery.endpoint.secret,
            message_id=delivery.message.id, body=delivery.message.body,
            told_at=delivery.created_at,
        )  # fmt: skip
    notice = delivery.notice
    if notice is None or not notice.recipient.mail:
        return None
    alert = notice.alert
    waits = alert.contractor_id is not None and notice.recipient.org_id == alert.contractor_id
    waiting = alert.waiting if waits else None
    return Parcel(
        delivery_id=delivery.id, lane=delivery.lane, channel=delivery.channel,
        address=notice.recipient.mail, message_id=delivery.id, told_at=delivery.created_at,
        subject=notices.title(alert, notice.reason).zh,
        body=notices.letter(alert, notice.reason, waiting).zh,
    )  # fmt: skip


async def record_attempts(
    session: Session,
    outcomes: Iterable[tuple[Parcel, Answer]],
    *,
    now: datetime,
    wall: datetime,
    roll: float,
) -> None:
    """Write down what came of attempts: delivered, again later, given up, or the endpoint is gone.

    `wall` is the machine's instant, by which retries wait; `now` the domain's.
    """
    by_id = {parcel.delivery_id: (parcel, answer) for parcel, answer in outcomes}
    gone: set[UUID] = set()
    for delivery in await queries.deliveries.locked_deliveries(session, list(by_id)):
        parcel, answer = by_id[delivery.id]
        _log(session, delivery, parcel, answer, wall)
        if delivery.state is not DeliveryState.WAITING:
            continue  # Another process sent it too, after our lease ran out.
        found = deliveries.verdict(delivery.channel, answer)
        if found is Verdict.DELIVERED:
            delivery.deliver(now)
        elif found is Verdict.GONE and delivery.endpoint_id:
            delivery.give_up(DeliveryState.STOPPED)
            gone.add(delivery.endpoint_id)
        elif (wait := _wait(delivery, answer, roll)) is not None:
            delivery.put_off(wall + wait)
        else:
            await _exhaust(session, delivery, now)
    if gone:
        await actions.endpoints.disable_endpoints(session, gone, "gone", now)


def _wait(delivery: Delivery, answer: Answer, roll: float) -> timedelta | None:
    said = settings()
    return deliveries.retry_delay(
        delivery.made_attempts, said.retry_after, said.retry_jitter, roll, answer.retry_after
    )


def _log(
    session: Session, delivery: Delivery, parcel: Parcel, answer: Answer, wall: datetime
) -> None:
    """Write a line of the delivery log."""
    delivery.made_attempts += 1
    secrets = [parcel.secret] if parcel.channel is Channel.WEBHOOK else [parcel.address]
    session.add(
        Attempt(
            id=new_id(), delivery_id=delivery.id, number=delivery.made_attempts,
            at=wall - answer.took, took_ms=round(answer.took.total_seconds() * 1000),
            status=answer.status, error=answer.error,
            answer=deliveries.scrub(answer.body, secrets),
        )
    )  # fmt: skip


async def _exhaust(session: Session, delivery: Delivery, now: datetime) -> None:
    """Give a delivery up and say so; operators hear of it once a day for each endpoint."""
    delivery.give_up(DeliveryState.EXHAUSTED)
    details: dict[str, str | int] = {
        "delivery_id": str(delivery.id), "channel": delivery.channel.value,
        "attempts": delivery.made_attempts,
    }  # fmt: skip
    about_id = routing.platform_subject("delivery_exhausted", delivery.lane)
    if delivery.endpoint_id and delivery.message_id:
        about_id = delivery.endpoint_id
        publish(
            session,
            DeliveryExhausted(
                endpoint_id=delivery.endpoint_id, delivery_id=delivery.id, occurred_at=now,
                message_id=delivery.message_id, attempts=delivery.made_attempts,
            ),
        )  # fmt: skip
    await actions.alerts.raise_platform_alert(
        session, "delivery_exhausted", about_id, details, at=now
    )


async def stop_deliveries(session: Session, endpoint_ids: Sequence[UUID]) -> None:
    """Let go of what still waits for endpoints that are disabled."""
    for delivery in await queries.deliveries.locked_waiting_deliveries(session, endpoint_ids):
        delivery.give_up(DeliveryState.STOPPED)
