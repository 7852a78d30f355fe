"""Transfers that fall due, and what people ask for beside them, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from services.payroll import actions, queries
from services.payroll.errors import AddOnRefused, RequestAnswered, RequestRefused, RequestThere
from services.payroll.models import AddOn, FundingRequest, ObligationNote
from services.payroll.routes.router import router
from services.payroll.schemas.dues import (
    AddOnDecisionIn,
    AddOnIn,
    AddOnOut,
    DueFilter,
    DueOut,
    FundingAnswerIn,
    FundingRequestFilter,
    FundingRequestIn,
    FundingRequestOut,
    ObligationNoteOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, raises


@router.get(
    "/v1/obligations/due/rows",
    response_model=Page[DueOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="List the transfers of supervised projects that fall due, the next first",
)
async def dues(
    session: Transaction,
    caller: Who,
    only: Annotated[DueFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Any]:
    return await queries.dues.dues(
        session, caller.scope, only, clock.today(), cursor=cursor, limit=limit
    )


@router.post(
    "/v1/obligations/{obligation_id}/funding-requests",
    status_code=201,
    response_model=FundingRequestOut,
    dependencies=[may("payroll:request_funding")],
    responses=raises(NotFound, RequestRefused, RequestThere),
    summary="Ask finance for the money of an obligation; it stays due on its day",
)
async def request_funding(
    session: Transaction, caller: Who, obligation_id: UUID, body: FundingRequestIn
) -> FundingRequest:
    return await actions.requests.request_funding(session, caller, obligation_id, body, clock.now())


@router.get(
    "/v1/funding-requests",
    response_model=Page[FundingRequestOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="List what developers asked finance for; `state=open`: what waits for an answer",
)
async def funding_requests(
    session: Transaction,
    caller: Who,
    only: Annotated[FundingRequestFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[FundingRequest]:
    return await queries.requests.funding_requests(
        session, caller.scope, only, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/funding-requests/{request_id}/answer",
    response_model=FundingRequestOut,
    dependencies=[may("payroll:answer_funding")],
    responses=raises(NotFound, RequestRefused, RequestAnswered),
    summary="Answer a request with a day, or refuse it",
)
async def answer_funding(
    session: Transaction, caller: Who, request_id: UUID, body: FundingAnswerIn
) -> FundingRequest:
    return await actions.requests.answer_funding(session, caller, request_id, body, clock.now())


@router.post(
    "/v1/obligations/{obligation_id}/add-ons",
    status_code=201,
    response_model=AddOnOut,
    dependencies=[may("payroll:propose_add_on")],
    responses=raises(NotFound, AddOnRefused, RequestThere),
    summary="Propose more labour cost for a period, because more people work",
)
async def propose_add_on(
    session: Transaction, caller: Who, obligation_id: UUID, body: AddOnIn
) -> AddOn:
    return await actions.requests.propose_add_on(session, caller, obligation_id, body, clock.now())


@router.get(
    "/v1/obligations/{obligation_id}/add-ons",
    response_model=Page[AddOnOut],
    dependencies=[may("payroll:read")],
    responses=raises(NotFound, paging.CursorUnreadable),
    summary="List what was proposed for an obligation, and what its developer decided",
)
async def add_ons(
    session: Transaction,
    caller: Who,
    obligation_id: UUID,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[AddOn]:
    return await queries.requests.add_ons(
        session, obligation_id, caller.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/add-ons/{add_on_id}/decision",
    response_model=AddOnOut,
    dependencies=[may("payroll:decide_add_on")],
    responses=raises(NotFound, AddOnRefused, RequestAnswered),
    summary="Approve more labour cost for a period that is not over, or refuse it",
)
async def decide_add_on(
    session: Transaction, caller: Who, add_on_id: UUID, body: AddOnDecisionIn
) -> AddOn:
    return await actions.requests.decide_add_on(session, caller, add_on_id, body, clock.now())


@router.get(
    "/v1/obligations/{obligation_id}/history",
    response_model=Page[ObligationNoteOut],
    dependencies=[may("payroll:read")],
    responses=raises(NotFound, paging.CursorUnreadable),
    summary="List what happened to an obligation: planned anew, reminded of, asked for",
)
async def notes(
    session: Transaction,
    caller: Who,
    obligation_id: UUID,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[ObligationNote]:
    return await queries.plans.notes(
        session, obligation_id, caller.scope, cursor=cursor, limit=limit
    )
