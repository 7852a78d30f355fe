"""What must be true of alerts' rows at rest."""

from collections.abc import Sequence

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.orm import aliased

from services.alerts.models import (
    Alert,
    Bundle,
    Carried,
    Delivery,
    Notice,
    ProjectFact,
    Silence,
    TimelineEntry,
)
from services.alerts.queries import alerts
from services.alerts.rules.bundles import BUNDLE
from services.alerts.rules.deliveries import Channel, DeliveryState
from services.alerts.rules.notices import AlertState, Entry
from services.alerts.rules.silences import RETELLING
from shared.db import Session
from shared.service import Offender
from shared.timers import IS_ARMED, Timer

_MOST = 1_000_000


async def sent_twice(session: Session) -> Sequence[Offender]:
    """Give notices that reached a person twice by one channel; webhooks come again on request."""
    rows = await session.execute(
        select(Delivery.notice_id, Delivery.channel)
        .where(
            Delivery.state == DeliveryState.DELIVERED,
            Delivery.channel != Channel.WEBHOOK,
            Delivery.bundle_id.is_(None),
        )
        .group_by(Delivery.notice_id, Delivery.channel)
        .having(func.count() > 1)
        .order_by(Delivery.notice_id)
    )
    twice = await session.execute(
        select(Carried.notice_id, Carried.channel)
        .join(
            Delivery,
            (Carried.notice_id == Delivery.notice_id) & (Carried.channel == Delivery.channel),
        )
        .where(Delivery.bundle_id.is_(None))
        .order_by(Delivery.notice_id)
    )
    return [
        *(Offender(row.notice_id, f"delivered more than once by {row.channel}") for row in rows),
        *(Offender(row[0], f"sent by {row[1]} and carried by a bundle, too") for row in twice),
    ]


async def without_timer(session: Session) -> Sequence[Offender]:
    """Give alerts that wait for an answer and that no timer will repeat."""
    found = await alerts.alerts_without_timer(session, _MOST)
    return [Offender(row.id, f"{row.kind} {row.level} since {row.raised_at}") for row in found]


async def unsaid(session: Session) -> Sequence[Offender]:
    """Give notices that suppression lost: in no inbox, or muted and not told again after it."""
    kept = select(Delivery.id).where(
        Delivery.notice_id == Notice.id, Delivery.channel == Channel.INBOX
    )
    nowhere = await session.scalars(select(Notice.id).where(~kept.exists()).order_by(Notice.id))
    return [
        *(Offender(notice_id, "stands in no inbox") for notice_id in nowhere),
        *await _muted_in_vain(session),
        *await _stuck(session),
    ]


async def _stuck(session: Session) -> Sequence[Offender]:
    """Give bundles that carry notices and will never leave, or have left without a delivery."""
    has = select(Carried.id).where(Carried.bundle_id == Bundle.id)
    timed = select(Timer.id).where(Timer.subject_id == Bundle.id, Timer.kind == BUNDLE, IS_ARMED)
    leaves = select(Delivery.id).where(Delivery.bundle_id == Bundle.id)
    rows = await session.execute(
        select(Bundle.id, Bundle.kind)
        .where(
            has.exists(),
            or_(
                Bundle.sealed_at.is_(None) & ~timed.exists(),
                Bundle.sealed_at.is_not(None) & ~leaves.exists(),
            ),
        )
        .order_by(Bundle.id)
    )
    return [Offender(row[0], f"a {row[1]} that never leaves") for row in rows]


async def _muted_in_vain(session: Session) -> Sequence[Offender]:
    """Give open alerts of which a silence, or a fact, that is over keeps people from hearing."""
    later = aliased(Notice)
    told_again = select(TimelineEntry.id).where(
        TimelineEntry.alert_id == Notice.alert_id,
        or_(
            TimelineEntry.details["silence_id"].astext == cast(Notice.silenced_by, String),
            TimelineEntry.details["fact_id"].astext == cast(Notice.inhibited_by, String),
        ),
        TimelineEntry.entry.in_((Entry.SILENCE_ENDED, Entry.INHIBITION_ENDED)),
    )
    coming = select(Timer.id).where(
        Timer.subject_id == Notice.alert_id, Timer.kind == RETELLING, IS_ARMED
    )
    ended_at = func.coalesce(Silence.ended_at, ProjectFact.ended_at)
    told_since = select(later.id).where(
        later.alert_id == Notice.alert_id, later.told_at >= ended_at
    )
    rows = await session.execute(
        select(Notice.alert_id, func.coalesce(Silence.id, ProjectFact.id))
        .join(Alert, Alert.id == Notice.alert_id)
        .outerjoin(Silence, Silence.id == Notice.silenced_by)
        .outerjoin(ProjectFact, ProjectFact.id == Notice.inhibited_by)
        .where(
            Alert.state.in_((AlertState.RAISED, AlertState.SENT)),
            ended_at.is_not(None),
            ~told_since.exists(),
            ~told_again.exists(),
            ~coming.exists(),
        )
        .distinct()
        .order_by(Notice.alert_id)
    )
    return [Offender(row[0], f"muted by {row[1]}, which is over") for row in rows]
