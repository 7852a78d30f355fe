"""What was told is kept as it was told, so that the past can be rehearsed by another policy."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pydantic_core import to_jsonable_python

from services.cases import queries
from services.cases.models import Condition, WatchItem
from services.cases.rules.conditions import Ended, Found
from services.cases.rules.history import Told
from services.cases.rules.items import Opening
from shared.db import Session
from shared.events.registry import CalendarPublished


async def record_found(session: Session, found: Found, item: WatchItem | None) -> None:
    """Keep what a finder told of a condition."""
    await queries.tellings.record(session, **_found(found, _known_at(item, found.at)))


async def record_moved(session: Session, news: Sequence[Found]) -> None:
    """Keep what was told of many conditions that wait."""
    await queries.tellings.record_all(session, [_found(one, one.at) for one in news])


def _found(found: Found, known_at: datetime) -> dict[str, object]:
    body = {
        "due_on": found.since,
        "facts": found.facts,
        "value": found.value,
        "muted_by": found.muted_by,
        "unit_id": found.unit_id,
    }
    said = _said(found, Told.FOUND, body)
    return {"id": found.id, "at": found.at, "known_at": known_at, **said}


async def record_opening(session: Session, opening: Opening, told_id: UUID) -> None:
    """Keep what told of a miss or of a late feed."""
    body = {
        "due_on": opening.due_on,
        "due_at": opening.due_at,
        "unit_id": opening.unit_id,
        "works_contract_id": opening.works_contract_id,
        "previous_period": opening.previous_period,
    }
    at = opening.opened_at
    said = _said(opening, Told.FOUND, body)
    await queries.tellings.record(session, id=told_id, at=at, known_at=at, **said)


async def record_ended(
    session: Session, condition: Condition | None, ended: Ended, item: WatchItem | None
) -> None:
    """Keep what a finder told of a condition's end, also of one that nobody here knows yet."""
    known_at = _known_at(item, ended.at)
    said = _said(condition or ended, Told.ENDED, {"reason": ended.reason})
    await queries.tellings.record(session, id=ended.id, at=ended.at, known_at=known_at, **said)


async def record_closing(
    session: Session,
    item: WatchItem,
    reason: str,
    told_id: UUID,
    at: datetime,
    *,
    by_hand: bool = False,
) -> None:
    """Keep what told that a miss or a late feed is put right, or that documents closed an item."""
    known_at = _known_at(item, at)
    said = _said(item, Told.ENDED, {"reason": reason} | ({"by_hand": True} if by_hand else {}))
    await queries.tellings.record(session, id=told_id, at=at, known_at=known_at, **said)


async def record_calendar(session: Session, event: CalendarPublished) -> None:
    """Keep a year's working days as they were told at this time."""
    await queries.tellings.record_calendar(
        session,
        id=event.id,
        area_code=event.area_code,
        year=event.year,
        at=event.occurred_at,
        exceptions={day.isoformat(): kind for day, kind in event.exceptions.items()},
        provisional=event.provisional,
    )


def _known_at(item: WatchItem | None, at: datetime) -> datetime:
    """Give the place of news among the rungs: late if one was reached since what it tells of."""
    return at if item is None else max(at, item.step_at)


def _said(
    about: Found | Ended | Opening | Condition | WatchItem, what: Told, body: Mapping[str, object]
) -> dict[str, object]:
    same = ("kind", "key", "subject_id", "project_id", "area_code", "period")
    said = {name: getattr(about, name) for name in same}
    return said | {"what": what, "body": to_jsonable_python(body)}
