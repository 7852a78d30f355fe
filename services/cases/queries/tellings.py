"""What was told, in order; each piece of news is kept once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import selectinload

from services.cases.models import CalendarTelling, Telling, WatchItem
from services.cases.queries import rows
from services.cases.rules.history import Told
from services.cases.rules.items import WatchKind
from shared import asking, db, known, sets, turns
from shared.areas import Scope
from shared.db import Session


async def record(session: Session, **values: Any) -> None:
    """Keep a piece of news; the same again changes nothing."""
    await rows.insert_new(session, Telling, **values)


async def record_all(session: Session, news: Sequence[Mapping[str, Any]]) -> None:
    """Keep many pieces of news in one statement; the same again changes nothing."""
    if news:
        names, records = await sets.bound(session, Telling, news)
        await sets.merged(session, Telling, names, records)
        after = await turns.aside(sets.digest, Telling, news)
        db.record(session, "copy", Telling.__tablename__, news[0]["id"], after=after)


async def record_calendar(session: Session, **values: Any) -> None:
    """Keep a year's working days as told; the same again changes nothing."""
    await rows.insert_new(session, CalendarTelling, **values)


_END_AFTER = (
    select(Telling.at, Telling.body["reason"].astext)
    .where(
        Telling.key == bindparam("key"),
        Telling.what == Told.ENDED,
        Telling.at > bindparam("at"),
        # What documents have closed, its finder may still tell of.
        Telling.body["by_hand"].astext.is_(None),
    )
    .order_by(Telling.at.desc())
    .limit(1)
)


async def end_after(session: Session, key: str, at: datetime) -> tuple[datetime, str] | None:
    """Give when the last end that a finder told of a matter was, and why, if it was after that."""
    ends = await asking.told(session, _END_AFTER, {"key": key, "at": at})
    return (ends[0][0], ends[0][1]) if ends else None


async def was_ended(session: Session, key: str) -> bool:
    """Say whether a finder has ever told the end of a matter."""
    ends = exists().where(Telling.key == key, Telling.what == Told.ENDED)
    return bool(await session.scalar(select(ends)))


async def told(
    session: Session, kind: WatchKind, area_code: str, until: datetime
) -> Sequence[Telling]:
    """Give what was told of a kind in an area and below, up to an instant, in order."""
    inside = known.in_scope(Telling.area_code, Scope(frozenset({area_code})))
    statement = select(Telling).where(Telling.kind == kind, inside, Telling.known_at < until)
    ordered = statement.order_by(Telling.known_at, Telling.at, Telling.id)
    return (await session.scalars(ordered)).all()


async def calendars_told(
    session: Session, lineage: Collection[str], until: datetime
) -> Sequence[CalendarTelling]:
    """Give the years' working days of some areas as they were told, in order."""
    statement = select(CalendarTelling).where(
        CalendarTelling.area_code.in_(lineage), CalendarTelling.at < until
    )
    ordered = statement.order_by(CalendarTelling.at, CalendarTelling.id)
    return (await session.scalars(ordered)).all()


async def items_of(
    session: Session, kind: WatchKind, area_code: str, until: datetime, scope: Scope | None = None
) -> Sequence[WatchItem]:
    """Give the items of a kind that had opened in an area by an instant, with their timelines.

    With a scope only those in it.
    """
    inside = known.in_scope(WatchItem.area_code, Scope(frozenset({area_code})))
    statement = select(WatchItem).where(WatchItem.kind == kind, inside, WatchItem.opened_at < until)
    if scope is not None:
        statement = statement.where(known.in_scope(WatchItem.area_code, scope))
    with_timeline = statement.options(selectinload(WatchItem.timeline))
    return (await session.scalars(with_timeline.order_by(WatchItem.opened_at))).all()
