"""Closings by hand, for reading and locked for changing; and the terms in force."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from services.cases.errors import ClosingUnknown
from services.cases.models import Closing, ClosingTerms, WatchItem
from services.cases.queries import items, rows
from services.cases.rules import policies
from services.cases.rules.closings import ClosingState, takes_documents
from services.cases.rules.items import WatchKind
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.paging import Found


async def closings(
    session: Session, item_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> Found[Closing]:
    """Give a page of an item's closings by hand, the oldest first; raise WatchItemUnknown."""
    await items.watch_item(session, item_id, scope)
    statement = select(Closing).where(Closing.watch_item_id == item_id)
    return await paging.page(session, statement, by=(Closing.id,), cursor=cursor, limit=limit)


async def find_closing_terms(
    session: Session, kind: WatchKind, area_code: str, day: date
) -> ClosingTerms | None:
    """Give the nearest area's terms of a kind in force on a day; None for what data close alone."""
    if not takes_documents(kind):
        return None
    lineage = await known.lineage(session, area_code)
    statement = select(ClosingTerms).where(
        ClosingTerms.kind == kind, ClosingTerms.area_code.in_(lineage)
    )
    return policies.in_force((await session.scalars(statement)).all(), lineage, day)


async def find_asked_closing(session: Session, item_id: UUID) -> Closing | None:
    """Give an item's closing that waits for a second person, or None."""
    statement = select(Closing).where(
        Closing.watch_item_id == item_id, Closing.state == ClosingState.ASKED
    )
    return (await session.scalars(statement)).one_or_none()


async def locked_closing(
    session: Session, closing_id: UUID, scope: Scope
) -> tuple[Closing, WatchItem]:
    """Give a closing and its item for changing, or raise ClosingUnknown."""
    found = await items.locked_beside_item(session, Closing, closing_id, scope)
    if found is None:
        raise ClosingUnknown
    return found


async def locked_last_closing(session: Session, item_id: UUID) -> Closing | None:
    """Give the closing by hand that closed an item last, for changing, or None."""
    statement = select(Closing).where(
        Closing.watch_item_id == item_id, Closing.state == ClosingState.CLOSED
    )
    return await rows.locked_first(session, statement.order_by(Closing.id.desc()))
