"""Obligations over HTTP: list, count by unit, the money that counts for them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.payroll import queries
from services.payroll.models import Obligation
from services.payroll.queries.money import Matched
from services.payroll.routes.router import router
from services.payroll.rules.dues import DueSummary
from services.payroll.rules.standings import Summary
from services.payroll.schemas.dues import DueSummaryFilter, DueSummaryOut
from services.payroll.schemas.obligations import CreditOut, ObligationFilter, ObligationOut
from services.payroll.schemas.standings import SummaryFilter, SummaryOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, raises


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
    "/v1/obligations/due",
    response_model=DueSummaryOut,
    dependencies=[may("payroll:read")],
    summary="Add up the transfers that fall due in the next days, by funding source or whose",
)
async def due_summary(
    session: Transaction, caller: Who, only: Annotated[DueSummaryFilter, Query()]
) -> DueSummary:
    return await queries.dues.due_summary(session, caller.scope, only, clock.today())


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
) -> Found[Matched]:
    return await queries.money.credits_page(
        session, obligation_id, caller.scope, cursor=cursor, limit=limit
    )
