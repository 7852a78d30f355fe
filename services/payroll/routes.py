"""The HTTP door of payroll."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from services.payroll import actions, queries
from services.payroll.errors import (
    AccountRefused,
    AccountTaken,
    FeedClosed,
    FeedDayRefused,
    FeedNotLate,
    FeedRefused,
    PersonNeeded,
    ProjectHasAccount,
    ProjectUnknown,
    SecondPersonNeeded,
    SourceCodeTaken,
    SourceRefused,
    SourceUnknown,
)
from services.payroll.models import (
    BankFeed,
    BankLine,
    Credit,
    FeedBatch,
    Obligation,
    Source,
    WageAccount,
    Waiver,
)
from services.payroll.rules.standings import Summary
from services.payroll.schemas.accounts import WageAccountFilter, WageAccountIn, WageAccountOut
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
from services.payroll.schemas.lines import (
    BankLineFilter,
    BankLineOut,
    CounterpartyIn,
    RevealedLineOut,
    RevealIn,
)
from services.payroll.schemas.obligations import CreditOut, ObligationFilter, ObligationOut
from services.payroll.schemas.sources import SourceIn, SourceOut
from services.payroll.schemas.standings import (
    ProjectStandingOut,
    StandingListFilter,
    SummaryFilter,
    SummaryOut,
)
from shared import clock, idempotency, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, raises

router = idempotency.router("payroll")


@router.post(
    "/v1/sources",
    status_code=201,
    response_model=SourceOut,
    dependencies=[may("payroll:write_sources")],
    responses=raises(SourceRefused, SourceCodeTaken),
    summary="Enter a source: a bank, or one of its branches, that owes a feed for every day",
)
async def register_source(session: Transaction, caller: Who, body: SourceIn) -> Source:
    return await actions.sources.register_source(session, caller.scope, body, clock.today())


@router.get(
    "/v1/sources",
    response_model=Page[SourceOut],
    dependencies=[may("payroll:read_feeds")],
    responses=raises(paging.CursorUnreadable),
    summary="List sources, each with the day up to which its data are complete",
)
async def sources(
    session: Transaction, caller: Who, cursor: paging.Cursor, limit: paging.Limit
) -> Found[Source]:
    return await queries.sources.sources(session, caller.scope, cursor=cursor, limit=limit)


@router.post(
    "/v1/wage-accounts",
    status_code=201,
    response_model=WageAccountOut,
    dependencies=[may("payroll:write_accounts")],
    responses=raises(ProjectUnknown, AccountRefused, AccountTaken, ProjectHasAccount),
    summary="Enter a project's wage account",
)
async def register_wage_account(
    session: Transaction, caller: Who, body: WageAccountIn
) -> WageAccount:
    return await actions.accounts.register_wage_account(session, caller.scope, body, clock.now())


@router.get(
    "/v1/wage-accounts",
    response_model=Page[WageAccountOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable, paging.SyncAnew),
    summary="List or sync wage accounts",
)
async def wage_accounts(
    session: Transaction,
    caller: Who,
    *,
    only: Annotated[WageAccountFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> Found[WageAccount]:
    return await queries.accounts.wage_accounts(
        session, caller.scope, only, cursor=cursor, changed_after=changed_after, limit=limit
    )


@router.get(
    "/v1/obligations",
    response_model=Page[ObligationOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable, paging.SyncAnew),
    summary="List or sync obligations: what is owed by when, and what came",
)
async def obligations(
    session: Transaction,
    caller: Who,
    *,
    only: Annotated[ObligationFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> Found[Obligation]:
    return await queries.obligations.obligations(
        session, caller.scope, only, cursor=cursor, changed_after=changed_after, limit=limit
    )


@router.get(
    "/v1/obligations/summary",
    response_model=SummaryOut,
    dependencies=[may("payroll:read")],
    summary="Count how many supervised projects lack money on a day, by whose they are",
)
async def transfer_summary(
    session: Transaction, caller: Who, only: Annotated[SummaryFilter, Query()]
) -> Summary:
    return await queries.standings.transfer_summary(session, caller.scope, only, clock.today())


@router.get(
    "/v1/projects",
    response_model=Page[ProjectStandingOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="List the supervised projects of that count, those that lack most first",
)
async def standings(
    session: Transaction,
    caller: Who,
    only: Annotated[StandingListFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Any]:
    return await queries.standings.standings(
        session, caller.scope, only, clock.today(), cursor=cursor, limit=limit
    )


@router.get(
    "/v1/obligations/{obligation_id}",
    response_model=ObligationOut,
    dependencies=[may("payroll:read")],
    responses=raises(NotFound),
    summary="Show one obligation",
)
async def obligation(session: Transaction, caller: Who, obligation_id: UUID) -> Obligation:
    return await queries.obligations.obligation(session, obligation_id, caller.scope)


@router.get(
    "/v1/obligations/{obligation_id}/credits",
    response_model=Page[CreditOut],
    dependencies=[may("payroll:read")],
    responses=raises(NotFound, paging.CursorUnreadable),
    summary="List the money that counts for an obligation, by the serials of its bank lines",
)
async def credits_of_obligation(
    session: Transaction,
    caller: Who,
    obligation_id: UUID,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Credit]:
    return await queries.money.credits_page(
        session, obligation_id, caller.scope, cursor=cursor, limit=limit
    )


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


@router.get(
    "/v1/bank-lines",
    response_model=Page[BankLineOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="List bank lines, newest first; `matched=false`: accounts that nobody registered",
)
async def bank_lines(
    session: Transaction,
    caller: Who,
    only: Annotated[BankLineFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[BankLine]:
    return await queries.lines.bank_lines(session, caller.scope, only, cursor=cursor, limit=limit)


@router.post(
    "/v1/bank-lines/search",
    response_model=Page[BankLineOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="Find the lines of a counterparty by its whole name or account number",
)
async def find_lines(
    session: Transaction,
    caller: Who,
    body: CounterpartyIn,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[BankLine]:
    return await actions.lines.find_lines(session, caller.scope, body, cursor=cursor, limit=limit)


@router.post(
    "/v1/bank-lines/{line_id}/reveal",
    response_model=RevealedLineOut,
    dependencies=[may("payroll:reveal")],
    responses=raises(NotFound),
    openapi_extra={"x-shows-secret": True},
    summary="Show what a bank line hides; who read it and why is recorded",
)
async def reveal_line(session: Transaction, caller: Who, line_id: UUID, body: RevealIn) -> BankLine:
    return await actions.lines.reveal_line(session, line_id, caller.scope, body.purpose)
