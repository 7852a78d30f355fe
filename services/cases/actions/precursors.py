"""Forecasts, reminders and requests share one history with the item that they precede (R5.2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import levels, timeline
from services.cases.models import WatchItem
from services.cases.rules.items import TOLD_BESIDE, Happening
from shared.db import Session, same_id
from shared.events.cases import WatchItemStepReached
from shared.outbox import publish


async def keep_precursors(
    session: Session,
    what: Happening,
    told: Mapping[UUID, Mapping[str, Any]],
    cause_id: UUID,
    at: datetime,
) -> None:
    """Keep what one event told of many subjects; an item that is open already shows it at once."""
    await queries.precursors.keep(
        session,
        [
            {
                "id": same_id(at, subject_id, cause_id),
                "subject_id": subject_id,
                "at": at,
                "what": what,
                "cause_id": cause_id,
                "details": dict(details),
            }
            for subject_id, details in told.items()
        ],
    )


async def tell_open_items(
    session: Session,
    subject_id: UUID,
    what: Happening,
    cause_id: UUID,
    at: datetime,
    **details: object,
) -> None:
    """Write on the timelines of open items what happened beside them; no ladder moves.

    Of a limit that somebody let pass people are told, each cause once.
    """
    for item in await queries.precursors.locked_open_items(session, subject_id):
        if what in TOLD_BESIDE:
            # Told on the level on which the item stands by then, whatever is handled first.
            await levels.catch_up(session, item, at)
        is_new = await timeline.note_once(session, item, what, at, cause_id, **details)
        if is_new and what in TOLD_BESIDE:
            said = timeline.card(item) | {"id": same_id(at, item.id, what, cause_id)}
            publish(session, WatchItemStepReached(**said, occurred_at=at, step=what))


async def tell_what_came_before(session: Session, item: WatchItem) -> None:
    """Write on a new item's timeline what was foretold, reminded of and asked for before it."""
    for each in await queries.precursors.precursors(session, item.subject_id):
        await timeline.note_once(
            session, item, each.what, each.at, each.cause_id, **dict(each.details)
        )
