"""Bank feeds over HTTP: the days of sources, their batches and waivers."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.payroll import actions, queries
from services.payroll.errors import (
    FeedClosed,
    FeedDayRefused,
    FeedNotLate,
    FeedRefused,
    PersonNeeded,
    SecondPersonNeeded,
    SourceUnknown,
)
from services.payroll.models import BankFeed, FeedBatch, Waiver
from services.payroll.routes.router import router
from services.payroll.schemas.feeds import (
    BankFeedFilter,
    BankFeedIn,
    BankFeedOut,
    FeedBatchFilter,
    FeedBatchOut,
    FeedBatchWithContentOut,
    WaiverIn,
    WaiverOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, raises


@router.post(
    "/v1/bank-feeds",
    status_code=201,
    response_model=BankFeedOut,
    dependencies=[may("payroll:send_feed")],
    responses=raises(SourceUnknown, FeedDayRefused, FeedRefused, FeedClosed),
    summary="Send a batch of a source's day; `final` closes the day",
)
async def receive_bank_feed(session: Transaction, caller: Who, body: BankFeedIn) -> BankFeed:
    return await actions.batches.receive_bank_feed(session, caller, body, clock.now())


@router.get(
    "/v1/bank-feeds",
    response_model=Page[BankFeedOut],
    dependencies=[may("payroll:read_feeds")],
    responses=raises(paging.CursorUnreadable),
    summary="List the days of sources, newest first",
)
async def bank_feeds(
    session: Transaction,
    caller: Who,
    only: Annotated[BankFeedFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[BankFeed]:
    return await queries.feeds.bank_feeds(session, caller.scope, only, cursor=cursor, limit=limit)


@router.get(
    "/v1/bank-feeds/{feed_id}",
    response_model=BankFeedOut,
    dependencies=[may("payroll:read_feeds")],
    responses=raises(NotFound),
    summary="Show one day of a source",
)
async def bank_feed(session: Transaction, caller: Who, feed_id: UUID) -> BankFeed:
    return await queries.feeds.bank_feed(session, feed_id, caller.scope)


@router.get(
    "/v1/bank-feeds/{feed_id}/batches",
    response_model=Page[FeedBatchOut],
    dependencies=[may("payroll:read_feeds")],
    responses=raises(NotFound, paging.CursorUnreadable),
    summary="List what came for a day; rejected batches with their findings",
)
async def feed_batches(
    session: Transaction,
    caller: Who,
    *,
    feed_id: UUID,
    only: Annotated[FeedBatchFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[FeedBatch]:
    return await queries.batches.feed_batches(
        session, feed_id, caller.scope, only, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/bank-feeds/{feed_id}/batches/{batch_id}",
    response_model=FeedBatchWithContentOut,
    dependencies=[may("payroll:read_feeds")],
    responses=raises(NotFound),
    summary="Show a batch; of a rejected one what it said, masked",
)
async def feed_batch(session: Transaction, caller: Who, feed_id: UUID, batch_id: UUID) -> FeedBatch:
    return await queries.batches.feed_batch(session, feed_id, batch_id, caller.scope)


@router.post(
    "/v1/bank-feeds/{feed_id}/waivers",
    status_code=201,
    response_model=WaiverOut,
    dependencies=[may("payroll:waive_feed")],
    responses=raises(NotFound, FeedNotLate, SecondPersonNeeded, PersonNeeded),
    summary="Waive a day that will never come; the second person's waiver ends the waiting",
)
async def waive_bank_feed(
    session: Transaction, caller: Who, feed_id: UUID, body: WaiverIn
) -> Waiver:
    return await actions.waivers.waive_bank_feed(session, caller, feed_id, body.reason, clock.now())


@router.get(
    "/v1/bank-feeds/{feed_id}/waivers",
    response_model=Page[WaiverOut],
    dependencies=[may("payroll:read_feeds")],
    responses=raises(NotFound, paging.CursorUnreadable),
    summary="List who waived a day, and why",
)
async def waivers(
    session: Transaction, caller: Who, feed_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[Waiver]:
    return await queries.feeds.waivers_page(
        session, feed_id, caller.scope, cursor=cursor, limit=limit
    )
