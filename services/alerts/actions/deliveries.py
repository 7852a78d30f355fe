"""Deliveries: claimed with a lease at the pace of each subscriber, recorded in sets."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.models import Attempt, Delivery, Endpoint, Robot
from services.alerts.rules import deliveries, routing
from services.alerts.rules.deliveries import Answer, Channel, DeliveryState, Parcel, Verdict
from services.alerts.rules.duties import quiet_until
from services.alerts.rules.endpoints import pace
from services.alerts.rules.ways import OF_THE_PROVIDER, OF_THE_RECEIVER
from services.alerts.settings import settings
from shared import sets
from shared.areas import CANARY
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
    going = [
        delivery for delivery in claimed
        if delivery.id in allowed and not _is_put_off(delivery, now)
    ]  # fmt: skip
    packed = await actions.packing.pack(session, going, now)
    parcels = []
    for delivery in going:
        parcel = packed.get(delivery.id)
        if parcel is None:
            delivery.give_up(DeliveryState.STOPPED)
            continue
        delivery.lease(now + timedelta(seconds=said.send_lease))
        parcels.append(parcel)
    await sets.change(session, claimed)
    return parcels


async def _paced(session: Session, claimed: Sequence[Delivery], now: datetime) -> set[UUID]:
    """Give what may go by the pace of its endpoint or robot; what may not is left for later."""
    slow: dict[UUID, list[Delivery]] = defaultdict(list)
    robots = set()
    for delivery in claimed:
        if delivery.endpoint and delivery.endpoint.per_minute:
            slow[delivery.endpoint.id].append(delivery)
        elif delivery.robot_id:
            robots.add(delivery.robot_id)
            slow[delivery.robot_id].append(delivery)
    allowed = {delivery.id for delivery in claimed}
    if not slow:
        return allowed
    paced: list[Endpoint | Robot] = []
    if endpoints := set(slow) - robots:
        paced += await queries.endpoints.locked_endpoints(session, endpoints)
    if robots:
        paced += await queries.robots.locked_free_robots(session, robots)
    for busy in set(slow) - {one.id for one in paced}:
        allowed -= {delivery.id for delivery in slow[busy]}
    for one in paced:
        if one.per_minute:
            waiting = slow[one.id]
            room, one.free_at = pace(one.free_at, one.per_minute, now, len(waiting))
            allowed -= {delivery.id for delivery in waiting[room:]}
    return allowed


def _is_put_off(delivery: Delivery, now: datetime) -> bool:
    """Let a notice wait in its receiver's quiet hours; red and major wait for nobody."""
    notice = delivery.notice
    if notice is None or notice.alert.is_urgent:
        return False
    until = quiet_until(notice.recipient.quiet, delivery.channel, now)
    if until:
        delivery.put_off(until)
    return until is not None


@dataclass
class Came:
    """What came of attempts, by whom they went to."""

    gone: set[UUID] = field(default_factory=set)
    """Endpoints that want no more."""
    faring: dict[UUID, list[bool]] = field(default_factory=lambda: defaultdict(list))
    lost: set[UUID] = field(default_factory=set)
    """Robots that are not there any more."""
    held: dict[UUID, float] = field(default_factory=dict)
    """Robots to which it was too much, and for how many seconds."""
    faults: dict[Channel, str] = field(default_factory=dict)
    """Channels whose provider takes nothing before people put something right."""
    arrived: list[Delivery] = field(default_factory=list)
    ways: dict[tuple[UUID, Channel], str | None] = field(default_factory=dict)
    """Ways of notices that failed, with why; None: it reached its receiver, as it did not last."""

    def note(self, delivery: Delivery, parcel: Parcel, answer: Answer, found: Verdict) -> None:
        """Take one outcome; of the canary nothing follows but its alarm, which is payroll's."""
        if delivery.area_code == CANARY:
            return
        never = found in {Verdict.REFUSED, Verdict.GONE}
        if delivery.notice_id and found is Verdict.DELIVERED:
            self.arrived.append(delivery)
        if delivery.endpoint_id and found is Verdict.GONE:
            self.gone.add(delivery.endpoint_id)
        elif delivery.endpoint_id and (parcel.is_troubled or found is Verdict.AGAIN):
            self.faring[delivery.endpoint_id].append(found is Verdict.DELIVERED)
        if delivery.robot_id and found is Verdict.GONE:
            self.lost.add(delivery.robot_id)
        elif delivery.robot_id and found is Verdict.AGAIN and answer.retry_after:
            self.held[delivery.robot_id] = answer.retry_after
        if delivery.notice_id and found is Verdict.AGAIN and answer.error in OF_THE_PROVIDER:
            self.faults[delivery.channel] = answer.error
        if delivery.notice_id and never and answer.error in OF_THE_RECEIVER:
            self.ways[delivery.notice_id, delivery.channel] = answer.error
        elif delivery.notice_id and parcel.is_troubled and found is Verdict.DELIVERED:
            self.ways[delivery.notice_id, delivery.channel] = None


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
    came = Came()
    attempts: list[dict[str, Any]] = []
    rows = await queries.deliveries.locked_deliveries(session, list(by_id))
    for delivery in rows:
        parcel, answer = by_id[delivery.id]
        attempts.append(_attempt(delivery, parcel, answer, wall))
        if delivery.state is not DeliveryState.WAITING:
            continue  # Another process sent it too, or the gateway has reported already.
        found = deliveries.verdict(delivery.channel, answer)
        came.note(delivery, parcel, answer, found)
        if found is Verdict.DELIVERED:
            delivery.deliver(now)
        elif found is Verdict.ACCEPTED:
            delivery.hand_over(wall)
        elif found is Verdict.REFUSED and answer.error in OF_THE_RECEIVER:
            delivery.give_up(DeliveryState.REFUSED)
        elif found is Verdict.REFUSED:
            await exhaust(session, delivery, now, DeliveryState.REFUSED)
        elif found is Verdict.GONE:
            delivery.give_up(DeliveryState.STOPPED)
        elif (wait := _wait(delivery, answer, roll)) is not None:
            delivery.put_off(wall + wait)
        else:
            await exhaust(session, delivery, now)
    await sets.change(session, rows)
    await sets.add(session, Attempt, attempts)
    await _follow(session, came, now=now, wall=wall)


async def _follow(session: Session, came: Came, *, now: datetime, wall: datetime) -> None:
    """Take what attempts say of those whom they went to."""
    await actions.delivered.tell_delivered(session, came.arrived)
    if came.gone:
        await actions.endpoints.disable_endpoints(session, came.gone, "gone", now)
    if came.faring:
        await actions.endpoints.note_health(session, came.faring, now=now, wall=wall)
    if came.lost:
        await actions.robots.lose_robots(session, came.lost, now)
    for robot in await queries.robots.locked_robots(session, came.held) if came.held else ():
        robot.hold(wall + timedelta(seconds=came.held[robot.id]))
    for channel, error in came.faults.items():
        await actions.channels.tell_of_failing(session, channel, error, now)
    if came.ways:
        await actions.ways.note_ways(session, came.ways, now)


def _wait(delivery: Delivery, answer: Answer, roll: float) -> timedelta | None:
    said = settings()
    return deliveries.retry_delay(
        delivery.made_attempts, said.retry_after, said.retry_jitter, roll, answer.retry_after
    )


def _attempt(delivery: Delivery, parcel: Parcel, answer: Answer, wall: datetime) -> dict[str, Any]:
    """Give a line of the delivery log."""
    delivery.made_attempts += 1
    secrets = parcel.secrets
    if parcel.channel is not Channel.WEBHOOK:
        secrets = (*secrets, parcel.address)
    return {
        "id": new_id(), "delivery_id": delivery.id, "number": delivery.made_attempts,
        "at": wall - answer.took, "took_ms": round(answer.took.total_seconds() * 1000),
        "status": answer.status, "error": answer.error, "parts": parcel.parts,
        "answer": deliveries.scrub(answer.body, secrets),
    }  # fmt: skip


async def exhaust(
    session: Session,
    delivery: Delivery,
    now: datetime,
    state: DeliveryState = DeliveryState.EXHAUSTED,
) -> None:
    """Give a delivery up and say so; operators hear of it once a day for each endpoint or channel.

    Of what is the receiver's own they hear by `report_failing_ways`.
    """
    delivery.give_up(state)
    if delivery.area_code == CANARY:
        return
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


async def stop_robots(session: Session, robot_ids: Collection[UUID]) -> None:
    """Let go of what still waits for robots that are disabled."""
    for delivery in await queries.deliveries.locked_waiting_of_robots(session, robot_ids):
        delivery.give_up(DeliveryState.STOPPED)
