"""What is written down of an item, and what its events say of it to others."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from pydantic_core import to_jsonable_python

from services.cases import queries
from services.cases.models import WatchItem, WatchItemEntry
from services.cases.rules.items import Happening
from shared import sets
from shared.db import Session, new_id
from shared.events.cases import WatchItemDecided
from shared.events.registry import ProjectCard
from shared.outbox import publish


def act_for(session: Session, by: str) -> None:
    """Note whose decision this transaction is: the caller's, or one that is heard back."""
    session.info["on_behalf"] = by


def who(session: Session) -> str:
    """Give whose decision this transaction is; else the actor: an event, a timer."""
    told: str = session.info.get("on_behalf") or session.info.get("actor", "system")
    return told


def tell_decision(
    session: Session, item: WatchItem, decision: str, at: datetime, **said: Any
) -> None:
    """Tell others what somebody decided by hand, so that it can be heard back."""
    publish(
        session,
        WatchItemDecided(
            watch_item_id=item.id,
            area_code=item.area_code,
            decision=decision,
            decided_by=who(session),
            occurred_at=at,
            **said,
        ),
    )


def note(
    session: Session, item: WatchItem, what: Happening, at: datetime, **details: object
) -> None:
    """Write a line of the item's timeline, as the item stands now."""
    sets.put(session, WatchItemEntry, _line(session, item, what, at, details))


def add_line(
    session: Session, item: WatchItem, what: Happening, at: datetime, **details: object
) -> WatchItemEntry:
    """Write a line as `note` does, and give it."""
    entry = WatchItemEntry(**_line(session, item, what, at, details))
    session.add(entry)
    return entry


async def note_once(
    session: Session,
    item: WatchItem,
    what: Happening,
    at: datetime,
    cause_id: UUID,
    **details: object,
) -> bool:
    """Write a line unless this cause has written it before; say whether it is new."""
    line = _line(session, item, what, at, details) | {"cause_id": cause_id}
    return await queries.items.entry_is_new(session, **line)


def cause(*parts: object) -> UUID:
    """Give the id of a cause that is no event: the same parts are the same cause."""
    return uuid5(NAMESPACE_OID, ":".join(map(str, parts)))


def _line(
    session: Session, item: WatchItem, what: Happening, at: datetime, details: dict[str, object]
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "watch_item_id": item.id,
        "at": at,
        "actor": who(session),
        "what": what,
        "level": item.level,
        "step": item.step,
        "policy_version": item.policy_version,
        "calendar_version": item.calendar_version,
        "details": jsonable(details),
    }


def jsonable(details: dict[str, Any]) -> dict[str, Any]:
    """Give what is written down as JSON keeps it."""
    shown: dict[str, Any] = to_jsonable_python(details)
    return shown


def card(item: WatchItem) -> dict[str, Any]:
    """Give what every event says of an item."""
    return {
        "watch_item_id": item.id,
        "kind": item.kind,
        "subject_id": item.subject_id,
        "project_id": item.project_id,
        "project": ProjectCard.model_validate(item.project) if item.project else None,
        "area_code": item.area_code,
        "period": item.period,
        "level": item.level,
        "level_rank": item.level_rank,
        "level_label": item.level_label,
        "unit_id": item.unit_id,
        "person_id": item.person_id,
        "lacking": item.lacking,
        "waiting_for": item.waiting_for,
        "due_on": item.due_on,
        "opened_at": item.opened_at,
        "policy_version": item.policy_version,
        "calendar_version": item.calendar_version,
    }
