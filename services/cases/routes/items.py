"""Watch items over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.cases import queries
from services.cases.errors import (
    WatchItemUnknown,
)
from services.cases.models import WatchItem
from services.cases.routes.router import SYNC, router
from services.cases.schemas.items import (
    WatchItemCountsOut,
    WatchItemFilter,
    WatchItemOut,
    WatchItemWithTimelineOut,
)
from shared import paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises


@router.get(
    "/v1/watch-items",
    dependencies=[may("cases:read")],
    summary="Watch items, as a list or a sync",
    response_model=Page[WatchItemOut],
    responses=raises(*SYNC),
)
async def watch_items(
    session: Transaction,
    who: Who,
    *,
    filters: Annotated[WatchItemFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> Found[WatchItem]:
    return await queries.items.watch_items(
        session, filters, who.scope, cursor=cursor, changed_after=changed_after, limit=limit
    )


@router.get(
    "/v1/watch-items/counts",
    dependencies=[may("cases:read")],
    summary="How many watch items there are, by level and state",
    response_model=WatchItemCountsOut,
    responses=raises(Invalid),
)
async def watch_item_counts(
    session: Transaction, who: Who, filters: Annotated[WatchItemFilter, Query()]
) -> queries.items.Counts:
    return await queries.items.watch_item_counts(session, filters, who.scope)


# Before the route of one item, which would take the word for an id.
@router.get(
    "/v1/watch-items/whole",
    dependencies=[may("cases:read")],
    summary="Watch items, each with its timeline",
    response_model=Page[WatchItemWithTimelineOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def whole_watch_items(
    session: Transaction,
    who: Who,
    *,
    filters: Annotated[WatchItemFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[WatchItem]:
    return await queries.items.whole_watch_items(
        session, filters, who.scope, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/watch-items/{item_id}",
    dependencies=[may("cases:read")],
    summary="A watch item with its timeline",
    response_model=WatchItemWithTimelineOut,
    responses=raises(WatchItemUnknown, Invalid),
)
async def watch_item(session: Transaction, who: Who, item_id: UUID) -> WatchItem:
    return await queries.items.watch_item(session, item_id, who.scope)
