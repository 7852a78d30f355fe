"""What tests of alerts look at: rows, in order."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.alerts.models import Alert, Delivery, Notice, Sign, Silence, TimelineEntry
from services.alerts.rules.notices import Entry, Reason
from shared.db import Session
from shared.timers import ARMED, Timer


async def alerts(session: Session, **having: object) -> list[Alert]:
    """Give the alerts with some values, in order of level and birth."""
    await session.flush()  # What the test's session wrote must be seen by its own query.
    statement = select(Alert).order_by(Alert.level_rank, Alert.raised_at, Alert.id)
    return list((await session.scalars(statement.filter_by(**having))).all())


async def alert(session: Session, **having: object) -> Alert:
    """Give the one alert with some values."""
    found = await alerts(session, **having)
    assert len(found) == 1, [(each.kind, each.level, each.state) for each in found]
    return found[0]


async def told(session: Session, alert_id: UUID) -> list[tuple[Reason, UUID]]:
    """Give who was told of an alert and why, in order."""
    await session.flush()  # As above.
    found = await session.execute(
        select(Notice.reason, Notice.recipient_id)
        .where(Notice.alert_id == alert_id)
        .order_by(Notice.told_at, Notice.id)
    )
    return [(reason, recipient) for reason, recipient in found]


async def entries(session: Session, alert_id: UUID) -> list[tuple[Entry, dict[str, Any]]]:
    """Give the timeline of an alert."""
    await session.flush()  # As above.
    found = await session.scalars(
        select(TimelineEntry)
        .where(TimelineEntry.alert_id == alert_id)
        .order_by(TimelineEntry.at, TimelineEntry.id)
    )
    return [(entry.entry, entry.details) for entry in found]


async def actors(session: Session, alert_id: UUID) -> list[tuple[Entry, str]]:
    """Give who wrote each entry of an alert's timeline."""
    await session.flush()  # As above.
    found = await session.execute(
        select(TimelineEntry.entry, TimelineEntry.actor)
        .where(TimelineEntry.alert_id == alert_id)
        .order_by(TimelineEntry.at, TimelineEntry.id)
    )
    return [(entry, actor) for entry, actor in found]


async def armed(session: Session, subject_id: UUID) -> list[Timer]:
    """Give the armed limits of an alert."""
    await session.flush()  # As above.
    found = await session.scalars(
        select(Timer)
        .where(Timer.subject_id == subject_id, Timer.state == ARMED)
        .order_by(Timer.due_at)
    )
    return list(found.all())


async def deliveries(session: Session, **having: object) -> list[Delivery]:
    """Give deliveries with some values, in order of making."""
    await session.flush()  # As above.
    statement = select(Delivery).order_by(Delivery.id).filter_by(**having)
    return list((await session.scalars(statement)).all())


async def sign(session: Session, sign_id: str) -> Sign:
    """Give a sign of a group dispute."""
    return await session.get_one(Sign, UUID(sign_id))


async def notices(session: Session, alert_id: UUID) -> list[Notice]:
    """Give the notices of an alert, in order."""
    await session.flush()  # As above.
    statement = select(Notice).where(Notice.alert_id == alert_id)
    return list((await session.scalars(statement.order_by(Notice.told_at, Notice.id))).all())


async def silence(session: Session) -> Silence:
    """Give the one silence that there is."""
    return (await session.scalars(select(Silence))).one()
