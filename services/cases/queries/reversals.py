"""Misses of an obligation, open or closed, and how they stood before they were closed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from services.cases.models import WatchItem, WatchItemEntry
from services.cases.queries import rows
from services.cases.rules.items import Happening, ItemState, WatchKind
from shared import asking
from shared.db import Session


async def locked_last_miss(session: Session, obligation_id: UUID) -> WatchItem | None:
    """Give the last item about an obligation's miss, open or closed, for changing; or None."""
    statement = (
        select(WatchItem)
        .where(WatchItem.kind == WatchKind.TRANSFER_MISSED, WatchItem.subject_id == obligation_id)
        .order_by(WatchItem.opened_at.desc(), WatchItem.id.desc())
    )
    return await rows.locked_first(session, statement)


async def last_miss(session: Session, obligation_id: UUID) -> WatchItem | None:
    """Give the last item about an obligation's miss, to write on its timeline; or None."""
    statement = (
        select(WatchItem)
        .where(WatchItem.kind == WatchKind.TRANSFER_MISSED, WatchItem.subject_id == obligation_id)
        .order_by(WatchItem.opened_at.desc(), WatchItem.id.desc())
        .limit(1)
    )
    return (await session.scalars(statement)).one_or_none()


async def open_one_of_key(session: Session, key: str) -> bool:
    """Say whether an item of a key is open."""
    found = select(WatchItem.id).where(
        WatchItem.key == key, WatchItem.state != asking.code(ItemState.CLOSED)
    )
    return (await session.scalar(found)) is not None


async def times_reversed(session: Session, item_id: UUID) -> int:
    """Give how often a proof of an item was taken back."""
    return (
        await session.scalars(
            select(func.count()).where(
                WatchItemEntry.watch_item_id == item_id,
                WatchItemEntry.what == Happening.REVERSED,
            )
        )
    ).one()


async def state_before_closing(
    session: Session, item_id: UUID
) -> tuple[str | None, datetime | None]:
    """Give the state in which an item was closed last, and since when it was in it."""
    statement = (
        select(WatchItemEntry.details)
        .where(WatchItemEntry.watch_item_id == item_id, WatchItemEntry.what == Happening.CLOSED)
        .order_by(WatchItemEntry.at.desc(), WatchItemEntry.id.desc())
        .limit(1)
    )
    details = await session.scalar(statement) or {}
    since = details.get("state_since")
    return details.get("state_before"), datetime.fromisoformat(since) if since else None
