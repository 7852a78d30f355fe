"""Alerts, their timelines and notices."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import contains_eager, selectinload

from services.alerts.models import Alert, Carried, Notice, Recipient
from services.alerts.rules import routing
from services.alerts.rules.ladders import ESCALATION, PROMISE
from services.alerts.rules.notices import AlertState
from services.alerts.schemas.alerts import AlertFilter
from shared import asking, known, paging, remembered
from shared.areas import NATION, Scope
from shared.db import Session
from shared.known import KnownArea
from shared.problems import NotFound
from shared.timers import IS_ARMED, Timer


def _visible(scope: Scope) -> ColumnElement[bool]:
    return known.in_scope(
        Alert.area_code, scope,
        Alert.developer_id, Alert.contractor_id, Alert.sector_authority_id, Alert.unit_id,
    )  # fmt: skip


def _filtered(scope: Scope, asked: AlertFilter) -> Select[Alert]:
    statement = select(Alert).where(_visible(scope))
    for name, value in asked.model_dump(exclude_none=True).items():
        statement = statement.where(getattr(Alert, name) == value)
    return statement


async def alerts(
    session: Session,
    scope: Scope,
    asked: AlertFilter,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> paging.Found[Any]:
    """Give a page of the alerts that a caller may see, or of their sync."""
    return await paging.sync(
        session, _filtered(scope, asked), model=Alert, by=(Alert.raised_at, Alert.id),
        cursor=cursor, changed_after=changed_after, limit=limit,
    )  # fmt: skip


def _whole(statement: Select[Alert]) -> Select[Alert]:
    """Let each come with timeline and notices, read for all of them together."""
    return statement.options(
        selectinload(Alert.timeline),
        selectinload(Alert.notices).selectinload(Notice.deliveries),
        selectinload(Alert.notices).selectinload(Notice.carried).selectinload(Carried.bundle),
    ).execution_options(populate_existing=True)


async def whole_alerts(
    session: Session, scope: Scope, asked: AlertFilter, *, cursor: str | None, limit: int
) -> paging.Found[Any]:
    """Give a page of the alerts that a caller may see, each with timeline and notices."""
    return await paging.page(
        session, _whole(_filtered(scope, asked)), by=(Alert.raised_at, Alert.id), cursor=cursor,
        limit=limit,
    )  # fmt: skip


async def alert(session: Session, alert_id: UUID, scope: Scope) -> Alert:
    """Give an alert with timeline and notices; NotFound outside the scope."""
    found = await session.scalar(_whole(select(Alert).where(Alert.id == alert_id, _visible(scope))))
    if found is None:
        raise NotFound
    return found


async def locked_alert(session: Session, alert_id: UUID, scope: Scope) -> Alert:
    """Give an alert for changing; NotFound outside the scope."""
    found = await session.scalar(
        select(Alert).where(Alert.id == alert_id, _visible(scope)).with_for_update()
    )
    if found is None:
        raise NotFound
    return found


async def ids_in_scope(
    session: Session, alert_ids: Collection[UUID], scope: Scope
) -> Sequence[UUID]:
    """Give which of some alerts a caller may see, none of them locked."""
    found = await session.scalars(select(Alert.id).where(Alert.id.in_(alert_ids), _visible(scope)))
    return found.all()


async def locked_alerts(
    session: Session, alert_ids: Collection[UUID], scope: Scope
) -> dict[UUID, Alert]:
    """Give those of some alerts that a caller may see, for changing."""
    found = await session.scalars(
        select(Alert)
        .where(Alert.id.in_(alert_ids), _visible(scope))
        .order_by(Alert.id)
        .with_for_update()
    )
    return {alert.id: alert for alert in found}


class Standing(NamedTuple):
    """Where an alert stands, who takes part in what it is about, and whether it heard an event."""

    state: AlertState
    has_heard: bool
    parties: tuple[UUID | None, ...]


async def find_standing(session: Session, dedupe_key: str, event_id: UUID) -> Standing | None:
    """Give where the one alert of a kind, subject, period and level stands; it is not locked."""
    for state, has_heard, *parties in await asking.rows(session, _STANDING, dedupe_key, event_id):
        return Standing(AlertState(state), has_heard, tuple(parties))
    return None


_STANDING = """
    SELECT state, EXISTS (
        SELECT FROM timeline_entries WHERE alert_id = alerts.id AND event_id = $2),
        developer_id, contractor_id, sector_authority_id, unit_id, person_id
    FROM alerts WHERE dedupe_key = $1
"""


async def locked_find_alert(
    session: Session, dedupe_key: str, *, is_there: bool = False
) -> Alert | None:
    """Give the one alert of a kind, subject, period and level, if it was raised.

    Whoever raises the same at this moment is waited for: the index would refuse the second, and
    with it all else that its transaction did. If it `is_there` already, its row is enough for that.
    """
    if not is_there:
        await asking.wait_for(session, dedupe_key)
    return await session.scalar(_locked_of_key(), {"key": dedupe_key})


# Built once, each of them: nearly every event asks for one.
@cache
def _locked_of_key() -> Select[Alert]:
    return select(Alert).where(Alert.dedupe_key == bindparam("key")).with_for_update()


@cache
def _locked_of_item() -> Select[Alert]:
    of_item = Alert.watch_item_id == bindparam("watch_item_id")
    return select(Alert).where(of_item).order_by(Alert.level_rank, Alert.id).with_for_update()


@cache
def _locked_of_timer() -> Select[Alert]:
    return select(Alert).where(Alert.id == bindparam("id")).with_for_update()


@cache
def _locked_of_timers() -> Select[Alert]:
    ids = func.unnest(bindparam("ids", type_=ARRAY(Uuid())))
    named = ids.table_valued("id", with_ordinality="place", name="named").render_derived()
    due = select(Alert).join(named, named.c.id == Alert.id).order_by(named.c.place)
    return due.with_for_update(of=Alert)


async def locked_alerts_of_timers(session: Session, alert_ids: Collection[UUID]) -> list[Alert]:
    """Give the alerts whose time limits fell due, locked in this order: others wait in it, too."""
    wanted = {"ids": list(dict.fromkeys(alert_ids))}
    found = (await session.scalars(_locked_of_timers(), wanted)).all()
    remembered.locked(session, Alert.__tablename__).update({each.id: each for each in found})
    return list(found)


async def locked_alert_of_timer(session: Session, alert_id: UUID) -> Alert | None:
    """Give the alert whose time limit fell due."""
    if held := remembered.locked(session, Alert.__tablename__).get(alert_id):
        alert: Alert = held
        return alert
    return await session.scalar(_locked_of_timer(), {"id": alert_id})


async def locked_alerts_of_item(session: Session, watch_item_id: UUID) -> Sequence[Alert]:
    """Give all alerts of a watch item, the lowest level first."""
    of_item = {"watch_item_id": watch_item_id}
    return (await session.scalars(_locked_of_item(), of_item)).all()


async def ids_of_item(session: Session, watch_item_id: UUID) -> Sequence[UUID]:
    """Give the ids of all alerts of a watch item, none of them locked."""
    return [row[0] for row in await asking.rows(session, _OF_ITEM, watch_item_id)]


_OF_ITEM = "SELECT id FROM alerts WHERE watch_item_id = $1"


_ENTRY = "SELECT id FROM timeline_entries WHERE alert_id = $1 AND event_id = $2"


async def has_entry(session: Session, alert_id: UUID, event_id: UUID) -> bool:
    """Say whether an event left its trace on an alert: it was handled before."""
    return bool(await asking.rows(session, _ENTRY, alert_id, event_id))


async def told_of_item(session: Session, watch_item_id: UUID) -> Sequence[UUID]:
    """Give the recipients who were told of any alert of a watch item."""
    found = await session.scalars(
        select(Notice.recipient_id)
        .join(Alert, Alert.id == Notice.alert_id)
        .where(Alert.watch_item_id == watch_item_id)
        .distinct()
        .order_by(Notice.recipient_id)
    )
    return found.all()


async def inbox(
    session: Session,
    scope: Scope,
    *,
    subject: str,
    roles: frozenset[str],
    cursor: str | None,
    limit: int,
) -> paging.Found[Any]:
    """Give a page of what the caller was told, the newest first."""
    statement = (
        select(Notice)
        .join(Notice.recipient)
        .join(Notice.alert)
        .where(of_caller(scope, subject, roles))
        .options(
            contains_eager(Notice.alert),
            selectinload(Notice.carried).selectinload(Carried.bundle),
        )
    )
    return await paging.page(
        session, statement, by=(Notice.told_at, Notice.id), cursor=cursor, limit=limit,
        descending=True,
    )  # fmt: skip


def of_caller(scope: Scope, subject: str, roles: frozenset[str]) -> ColumnElement[bool]:
    """Give the predicate that a notice is the caller's; of its recipient and its alert.

    It is if its recipient is he himself, or holds one of his roles: for his organisation and
    about his areas, or (for bodies, not companies) in his areas. A letter that an office above
    sends to his organisation is about all areas below.
    """
    held = or_(false(), *(Recipient.roles.contains([role]) for role in sorted(roles)))
    mine: list[ColumnElement[bool]] = [Recipient.subject == subject]
    if scope.org is not None:
        inside = known.in_scope(Alert.area_code, Scope(scope.areas))
        letter = Alert.kind == routing.WARNING_LETTER
        inside |= letter & known.in_scope(Recipient.area_code, Scope(scope.areas))
        mine.append(and_(held, Recipient.org_id == scope.org, inside))
    else:
        areas = known.in_scope(Recipient.area_code, scope)
        mine.append(and_(held, Recipient.org_id.is_(None), areas))
    return or_(*mine)


def _without_timer() -> Select[Alert]:
    waiting = or_(Alert.state == AlertState.RAISED, Alert.state == AlertState.SENT)
    promised = and_(Alert.state == AlertState.ACKNOWLEDGED, Alert.promised_on.is_not(None))
    kind = or_(Timer.kind == ESCALATION, Timer.kind == PROMISE)
    armed = select(Timer.id).where(Timer.subject_id == Alert.id, IS_ARMED, kind)
    return select(Alert).where(or_(waiting, promised), ~Alert.replayed, ~armed.exists())


_WITHOUT_TIMER = _without_timer()
WITHOUT_TIMER = _WITHOUT_TIMER.exists()
"""Whether an alert waits for an answer, or for a promised day, and has no armed limit."""


async def alerts_without_timer(session: Session, limit: int) -> Sequence[Alert]:
    """Give alerts that wait for an answer, or for a promised day, and have no armed limit."""
    in_order = _WITHOUT_TIMER.order_by(Alert.raised_at, Alert.id)
    return (await session.scalars(in_order.limit(limit))).all()


async def told_of(session: Session, alert_id: UUID) -> Sequence[UUID]:
    """Give the recipients who were told of an alert."""
    found = await session.scalars(
        select(Notice.recipient_id)
        .where(Notice.alert_id == alert_id)
        .distinct()
        .order_by(Notice.recipient_id)
    )
    return found.all()


async def told_at(session: Session, alert_id: UUID, at: datetime) -> Collection[UUID]:
    """Give who was told of an alert at an instant."""
    found = await session.scalars(
        select(Notice.recipient_id).where(Notice.alert_id == alert_id, Notice.told_at == at)
    )
    return set(found)


async def open_ladders(session: Session, area_code: str) -> Sequence[tuple[Timer, Alert]]:
    """Give the armed rungs of the alerts at and below an area, each with its alert."""
    below = select(KnownArea.code).where(KnownArea.path.contains(f"/{area_code}/"))
    found = await session.execute(
        select(Timer, Alert)
        .join(Alert, Alert.id == Timer.subject_id)
        .where(IS_ARMED, Timer.kind == ESCALATION)
        .where(true() if area_code == NATION else Alert.area_code.in_(below))
        .order_by(Timer.due_at, Timer.id)
    )
    return [(timer, alert) for timer, alert in found]
