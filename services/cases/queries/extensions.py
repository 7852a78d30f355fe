"""Requests for more time, for reading and locked for changing; and the terms in force."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from services.cases.errors import ExtensionTermsMissing, ExtensionUnknown
from services.cases.models import Extension, ExtensionTerms, WatchItem
from services.cases.queries import items, rows
from services.cases.rules import policies
from services.cases.rules.extensions import ANY_KIND, ExtensionState
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.paging import Found


async def extensions(
    session: Session, item_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> Found[Extension]:
    """Give a page of an item's requests, the oldest first; raise WatchItemUnknown."""
    await items.watch_item(session, item_id, scope)
    statement = select(Extension).where(Extension.watch_item_id == item_id)
    return await paging.page(session, statement, by=(Extension.id,), cursor=cursor, limit=limit)


async def terms(session: Session, kind: str, area_code: str, day: date) -> ExtensionTerms:
    """Give the terms of the nearest area, of the kind before those of any; or raise."""
    lineage = await known.lineage(session, area_code)
    statement = select(ExtensionTerms).where(
        ExtensionTerms.kind.in_((kind, ANY_KIND)), ExtensionTerms.area_code.in_(lineage)
    )
    found = (await session.scalars(statement)).all()
    own = policies.in_force([row for row in found if row.kind == kind], lineage, day)
    any_kind = policies.in_force([row for row in found if row.kind == ANY_KIND], lineage, day)
    theirs = [row for row in (own, any_kind) if row is not None]
    if not theirs:
        raise ExtensionTermsMissing
    # Of one area the kind's own counts, for it stands first.
    return min(theirs, key=lambda row: lineage.index(row.area_code))


async def number_granted(session: Session, item_id: UUID) -> int:
    """Give how often an item was extended."""
    statement = select(func.count()).where(
        Extension.watch_item_id == item_id, Extension.state == ExtensionState.GRANTED
    )
    return int(await session.scalar(statement) or 0)


async def extension_is_new(session: Session, **values: Any) -> bool:
    """Write a request; False if the item has one that waits."""
    return await rows.insert_new(session, Extension, **values)


async def find_asked_extension(session: Session, item_id: UUID) -> Extension | None:
    """Give an item's request that waits for a decision, or None."""
    statement = select(Extension).where(
        Extension.watch_item_id == item_id, Extension.state == ExtensionState.ASKED
    )
    return (await session.scalars(statement)).one_or_none()


async def asked_extension(session: Session, item_id: UUID) -> Extension:
    """Give the item's request that waits for a decision."""
    statement = select(Extension).where(
        Extension.watch_item_id == item_id, Extension.state == ExtensionState.ASKED
    )
    return (await session.scalars(statement)).one()


async def locked_extension(
    session: Session, extension_id: UUID, scope: Scope
) -> tuple[Extension, WatchItem]:
    """Give a request and its item for changing, or raise ExtensionUnknown."""
    found = await items.locked_beside_item(session, Extension, extension_id, scope)
    if found is None:
        raise ExtensionUnknown
    return found
