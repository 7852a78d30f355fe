"""Deliveries: claimed with a lease at the pace of each subscriber, recorded in sets."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.models import Attempt, Delivery
from services.alerts.rules import deliveries, notices, routing
from services.alerts.rules.deliveries import (
    Answer,
    Channel,
    DeliveryState,
    Parcel,
    Payload,
    Verdict,
)
from services.alerts.rules.endpoints import pace
from services.alerts.settings import settings
from shared import sets
from shared.db import Session, new_id
from shared.events.alerts import DeliveryExhausted
from shared.outbox import publish


async def claim_deliveries(
    session: Session, now: datetime, under_way: Mapping[str, int]
) -> list[Parcel]:
    """Claim what is due at the machine's instant and fits beside what this process sends now.

    The lease outlives the longest wait for an answer; when it ends unrecorded (the process was
    killed), the delivery is due again under the same id.
    """
    said = settings()
    limit = said.send_at_once - sum(under_way.values())
    if limit <= 0:
        return []
    claimed = await queries.deliveries.locked_due_deliveries(
        session, now, under_way=under_way, lane_room=said.send_at_once_per_lane, limit=limit
    )
    allowed = await _paced(session, claimed, now)
    made: dict[tuple[UUID, Payload], str] = {}
    parcels = []
    for delivery in claimed:
        if delivery.id not in allowed:
            continue
        parcel = _parcel(delivery, now, made)
        if parcel is None:
            delivery.give_up(DeliveryState.STOPPED)
            continue
        delivery.lease(now + timedelta(seconds=said.send_lease))
        parcels.append(parcel)
    await sets.change(session, claimed)
    return parcels


async def _paced(session: Session, claimed: Sequence[Delivery], now: datetime) -> set[UUID]:
    """Give what may go by the pace of its endpoint; what may not is left for a later claim."""
    slow: dict[UUID, list[Delivery]] = defaultdict(list)
    for delivery in claimed:
        if delivery.endpoint and delivery.endpoint.per_minute:
            slow[delivery.endpoint.id].append(delivery)
    allowed = {delivery.id for delivery in claimed}
    for endpoint in await queries.endpoints.locked_endpoints(session, set(slow)) if slow else ():
        if endpoint.per_minute:
            waiting = slow[endpoint.id]
            room, endpoint.free_at = pace(endpoint.free_at, endpoint.per_minute, now, len(waiting))
            allowed -= {delivery.id for delivery in waiting[room:]}
    return allowed


def _parcel(
    delivery: Delivery, now: datetime, made: dict[tuple[UUID, Payload], str]
) -> Parcel | None:
    """Pack a delivery with all that sending needs; None if its receiver has no address now.

    `made` keeps what is sent of a message, made once however many receive it.
    """
    endpoint, message = delivery.endpoint, delivery.message
    if endpoint and message:
        form = message.id, endpoint.payload
        if form not in made:
            made[form] = actions.messages.said(message, endpoint.payload)
        return Parcel(
            delivery_id=delivery.id, lane=delivery.lane, channel=Channel.WEBHOOK,
            address=endpoint.url, secrets=endpoint.secrets_at(now), message_id=message.id,
            body=made[form], told_at=delivery.created_at, type=message.type,
            is_troubled=endpoint.failures > 0,
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
    faring: dict[UUID, list[bool]] = defaultdict(list)
    attempts: list[dict[str, Any]] = []
    rows = await queries.deliveries.locked_deliveries(session, list(by_id))
    for delivery in rows:
        parcel, answer = by_id[delivery.id]
        attempts.append(_attempt(delivery, parcel, answer, wall))
        if delivery.state is not DeliveryState.WAITING:
            continue  # Another process sent it too, after our lease ran out.
        found = deliveries.verdict(delivery.channel, answer)
        if delivery.endpoint_id and (parcel.is_troubled or found is Verdict.AGAIN):
            faring[delivery.endpoint_id].append(found is Verdict.DELIVERED)
        if found is Verdict.DELIVERED:
            delivery.deliver(now)
        elif found is Verdict.GONE and delivery.endpoint_id:
            delivery.give_up(DeliveryState.STOPPED)
            gone.add(delivery.endpoint_id)
        elif (wait := _wait(delivery, answer, roll)) is not None:
            delivery.put_off(wall + wait)
        else:
            await _exhaust(session, delivery, now)
    await sets.change(session, rows)
    await sets.add(session, Attempt, attempts)
    if gone:
        await actions.endpoints.disable_endpoints(session, gone, "gone", now)
    if faring:
        await actions.endpoints.note_health(session, faring, now=now, wall=wall)


def _wait(delivery: Delivery, answer: Answer, roll: float) -> timedelta | None:
    said = settings()
    return deliveries.retry_delay(
        delivery.made_attempts, said.retry_after, said.retry_jitter, roll, answer.retry_after
    )


def _attempt(delivery: Delivery, parcel: Parcel, answer: Answer, wall: datetime) -> dict[str, Any]:
    """Give a line of the delivery log."""
    delivery.made_attempts += 1
    secrets = parcel.secrets if parcel.channel is Channel.WEBHOOK else (parcel.address,)
    return {
        "id": new_id(), "delivery_id": delivery.id, "number": delivery.made_attempts,
        "at": wall - answer.took, "took_ms": round(answer.took.total_seconds() * 1000),
        "status": answer.status, "error": answer.error,
        "answer": deliveries.scrub(answer.body, secrets),
    }  # fmt: skip


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
