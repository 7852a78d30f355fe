"""Deliveries: what is due, what is claimed, what was tried."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Select,
    String,
    Subquery,
    any_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased, selectinload

from services.alerts.errors import EndpointOff
from services.alerts.models import Alert, Carried, Delivery, Endpoint, Notice, Robot
from services.alerts.queries import endpoints, windows
from services.alerts.rules.deliveries import (
    MAIL_LANE,
    SMS_LANE,
    Channel,
    DeliveryState,
    EndpointState,
)
from services.alerts.schemas.endpoints import DeliveryFilter
from shared import asking, clock, known, paging
from shared.areas import CANARY, Scope
from shared.db import Session, Sessions
from shared.problems import NotFound


def _visible(scope: Scope) -> ColumnElement[bool]:
    own = select(Endpoint.id).where(endpoints.visible(scope))
    return known.in_scope(Delivery.area_code, scope, Delivery.org_id) & or_(
        Delivery.endpoint_id.is_(None), Delivery.endpoint_id.in_(own)
    )


async def deliveries(
    session: Session, scope: Scope, asked: DeliveryFilter, *, cursor: str | None, limit: int
) -> paging.Found[Any]:
    """Give a page of the deliveries that a caller may see, the newest first."""
    statement = select(Delivery).where(_visible(scope))
    for name, value in asked.model_dump(exclude_none=True).items():
        statement = statement.where(getattr(Delivery, name) == value)
    return await paging.page(
        session, statement, by=(Delivery.created_at, Delivery.id), cursor=cursor, limit=limit,
        descending=True,
    )  # fmt: skip


async def notices_of(
    session: Session, delivery_ids: Collection[UUID]
) -> Sequence[tuple[UUID, Notice, Alert]]:
    """Give the notices that deliveries carry, one or a whole bundle, with their alerts."""
    alone = select(Delivery.id, Notice, Alert).join(Notice, Notice.id == Delivery.notice_id)
    bundled = (
        select(Delivery.id, Notice, Alert)
        .join(Carried, Carried.bundle_id == Delivery.bundle_id)
        .join(Notice, Notice.id == Carried.notice_id)
    )
    found: list[tuple[UUID, Notice, Alert]] = []
    for statement, of_bundle in ((alone, False), (bundled, True)):
        about = Delivery.bundle_id.is_not(None) if of_bundle else Delivery.bundle_id.is_(None)
        wanted = statement.join(Alert, Alert.id == Notice.alert_id).where(
            Delivery.id.in_(delivery_ids), about
        )
        rows = await session.execute(wanted.order_by(Notice.told_at, Notice.id))
        found += [(row[0], row[1], row[2]) for row in rows]
    return found


async def delivery(session: Session, delivery_id: UUID, scope: Scope) -> Delivery:
    """Give a delivery with its attempts; NotFound outside the scope."""
    found = await session.scalar(
        select(Delivery)
        .where(Delivery.id == delivery_id, _visible(scope))
        .options(selectinload(Delivery.attempts))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


async def is_queued(session: Session, event_id: UUID) -> bool:
    """Say whether what is pushed of an event was queued before."""
    return bool(await asking.rows(session, "SELECT id FROM messages WHERE id = $1", event_id))


_WAITING = asking.code(DeliveryState.WAITING)
_NOW: ColumnElement[datetime] = bindparam("now", type_=DateTime(timezone=True))


def _free() -> ColumnElement[bool]:
    unclaimed = or_(Delivery.leased_until.is_(None), Delivery.leased_until <= _NOW)
    return (Delivery.state == _WAITING) & (Delivery.next_at <= _NOW) & unclaimed


def _has_earlier() -> ColumnElement[bool]:
    earlier = aliased(Delivery)
    return (
        exists()
        .where(
            earlier.endpoint_id == Delivery.endpoint_id,
            earlier.project_id == Delivery.project_id,
            earlier.sequence < Delivery.sequence,
            earlier.state == _WAITING,
        )
        .correlate(Delivery)
    )


def _lanes(lane_room: ColumnElement[int]) -> Subquery:
    """Select what is sent to now, each with how many may be under way to it."""
    return union_all(
        select(
            cast(Endpoint.id, String).label("lane"),
            case((Endpoint.failures > 0, 1), else_=lane_room).label("width"),
            Endpoint.ordered,
        ).where(
            Endpoint.state == EndpointState.ACTIVE,
            or_(Endpoint.resting_until.is_(None), Endpoint.resting_until <= _NOW),
        ),
        # What goes to a robot that is off is claimed, too, to be let go of.
        select(cast(Robot.id, String), literal(1), literal(value=False)).where(
            or_(Robot.free_at.is_(None), Robot.free_at <= _NOW)
        ),
        select(literal(MAIL_LANE), lane_room, literal(value=False)),
        select(literal(SMS_LANE), lane_room, literal(value=False)),
    ).subquery()


async def locked_webhook(session: Session, delivery_id: UUID, scope: Scope) -> Delivery:
    """Give a webhook's delivery for changing; raise NotFound, or EndpointOff."""
    found = await session.scalar(
        select(Delivery)
        .where(Delivery.id == delivery_id, Delivery.channel == Channel.WEBHOOK, _visible(scope))
        .options(selectinload(Delivery.endpoint))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None or found.endpoint is None:
        raise NotFound
    if found.endpoint.state is not EndpointState.ACTIVE:
        raise EndpointOff
    return found


# All that sending a delivery needs.
_NEEDED = (
    selectinload(Delivery.endpoint),
    selectinload(Delivery.message),
    selectinload(Delivery.robot),
    selectinload(Delivery.bundle),
    selectinload(Delivery.notice).selectinload(Notice.alert),
    selectinload(Delivery.notice).selectinload(Notice.recipient),
)


async def locked_due_deliveries(
    session: Session, now: datetime, *, under_way: Mapping[str, int], lane_room: int, limit: int
) -> Sequence[Delivery]:
    """Give deliveries to be sent now, with all that sending them needs; others' are skipped.

    Each lane (an endpoint, a robot, the mail server, the SMS gateway) gives at most `lane_room`
    beside what this process sends to it now, so that a long queue of a slow one leaves space for
    the others; one that failed last gives one at a time, and one that rests none. Of an endpoint
    that keeps the order only the first of each project is given.
    """
    kept_back = await windows.kept_back(session, now)
    statement = _locked_due() if kept_back is None else _locked_due_of(_free() & ~kept_back)
    asked = {"now": now, "busy": dict(under_way), "room": lane_room, "limit": limit}
    return (await session.scalars(statement, asked)).all()


@cache
def _locked_due() -> Select[Delivery]:
    """Make the statement once, as it is while no window lasts: it is asked all the time."""
    return _locked_due_of(_free())


def _locked_due_of(free: ColumnElement[bool]) -> Select[Delivery]:
    room: ColumnElement[int] = bindparam("room", type_=Integer)
    lanes = _lanes(room)
    head = (
        select(Delivery.id, Delivery.next_at)
        .where(Delivery.lane == lanes.c.lane, free, or_(~lanes.c.ordered, ~_has_earlier()))
        .order_by(Delivery.next_at)
        .limit(room)
        .lateral()
    )
    place = func.row_number().over(partition_by=lanes.c.lane, order_by=head.c.next_at)
    busy: ColumnElement[Any] = bindparam("busy", type_=JSONB)
    under_way = func.coalesce(cast(busy.op("->>")(lanes.c.lane), Integer), 0)
    fits = (place <= lanes.c.width - under_way).label("fits")
    heads = select(head.c.id, fits).join_from(lanes, head, true()).subquery()
    # As an array they are worked out once, whatever the planner takes a burst for.
    going = func.array(select(heads.c.id).where(heads.c.fits).scalar_subquery())
    return (
        select(Delivery)
        .where(Delivery.id == any_(going), free)
        .order_by(Delivery.next_at, Delivery.id)
        .limit(bindparam("limit", type_=Integer))
        .options(*_NEEDED)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


async def locked_deliveries(session: Session, delivery_ids: Collection[UUID]) -> Sequence[Delivery]:
    """Give deliveries whose attempts are to be recorded."""
    return (await session.scalars(_locked_some(), {"ids": list(delivery_ids)})).all()


@cache
def _locked_some() -> Select[Delivery]:
    some = asking.one_of(Delivery.id, "ids")
    return select(Delivery).where(some).order_by(Delivery.id).with_for_update()


async def locked_waiting_deliveries(
    session: Session, endpoint_ids: Collection[UUID]
) -> Sequence[Delivery]:
    """Give what still waits for endpoints that want no more."""
    found = await session.scalars(
        select(Delivery)
        .where(Delivery.endpoint_id.in_(endpoint_ids), Delivery.state == _WAITING)
        .order_by(Delivery.id)
        .with_for_update()
    )
    return found.all()


async def locked_waiting_of_robots(
    session: Session, robot_ids: Collection[UUID]
) -> Sequence[Delivery]:
    """Give what still waits for robots that are sent nothing more."""
    found = await session.scalars(
        select(Delivery)
        .where(Delivery.robot_id.in_(robot_ids), Delivery.state == _WAITING)
        .order_by(Delivery.id)
        .with_for_update()
    )
    return found.all()


async def locked_sms(session: Session, delivery_ids: Collection[UUID]) -> Sequence[Delivery]:
    """Give those of some SMS that have not ended, for what is reported of them."""
    found = await session.scalars(
        select(Delivery)
        .where(
            Delivery.id.in_(delivery_ids),
            Delivery.channel == Channel.SMS,
            Delivery.state.in_([DeliveryState.WAITING, DeliveryState.SENT]),
        )
        .order_by(Delivery.id)
        .with_for_update()
    )
    return found.all()


async def locked_unreported(session: Session, before: datetime, limit: int) -> Sequence[Delivery]:
    """Give what a gateway took before an instant of the machine and has not reported on."""
    found = await session.scalars(
        select(Delivery)
        .where(Delivery.state == DeliveryState.SENT, Delivery.next_at <= before)
        .order_by(Delivery.next_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return found.all()


_WALL = bindparam("wall", type_=Delivery.next_at.type)
# What rests, keeps its pace, or comes after another in its order is not due.
_HELD = exists().where(
    Endpoint.id == Delivery.endpoint_id,
    or_(
        Endpoint.resting_until > _WALL,
        Endpoint.free_at > _WALL,
        Endpoint.ordered & _has_earlier(),
    ),
)
_PACED = exists().where(Robot.id == Delivery.robot_id, Robot.free_at > _WALL)
_KEPT_BACK = windows.any_lasts(_WALL)
_LATE = (Delivery.state == _WAITING) & (Delivery.next_at <= _WALL)
_DUE = _LATE & ~_HELD & ~_PACED & ~_KEPT_BACK
_UNCLAIMED = or_(Delivery.leased_until.is_(None), Delivery.leased_until <= _WALL)
WAITS = select(Delivery.id).where(_DUE, _UNCLAIMED).exists()
"""Whether something is to be sent by the machine's clock (`wall`) that nobody sends yet."""
_ANY_WAITS = select(WAITS)
DUE = select(func.count()).where(_DUE)
"""Counts what is due by the machine's clock (`wall`), claimed or not: the manifest's `pending`."""


async def any_waits(sessions: Sessions) -> bool:
    """Say whether something is to be sent that nobody sends yet; it is a look, no transaction."""
    return await sessions.finds(_ANY_WAITS, {"wall": clock.wall()})


async def due_counts(session: Session) -> dict[Channel, int]:
    """Count what is due now by the machine's clock, claimed or not, by channel."""
    real = _DUE & (Delivery.area_code != CANARY)
    statement = select(Delivery.channel, func.count()).where(real).group_by(Delivery.channel)
    rows = await session.execute(statement, {"wall": clock.wall()})
    return {row[0]: row[1] for row in rows}
