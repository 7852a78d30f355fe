"""Orders to fund over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.cases import actions, queries
from services.cases.errors import (
    AlreadyClosed,
    FundingNotThere,
    FundingUnknown,
    NoGovernmentMoney,
    PersonNeeded,
    SecondPersonNeeded,
    WatchItemUnknown,
)
from services.cases.models import FundingOrder
from services.cases.routes.router import SYNC, router
from services.cases.schemas.funding import (
    ApprovalIn,
    FundIn,
    FundingFilter,
    FundingOut,
    FundingWithStepsOut,
    MeasureIn,
    ReportIn,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import Invalid, raises


@router.get(
    "/v1/funding-orders",
    dependencies=[may("cases:read")],
    summary="Orders to fund, as a list or a sync",
    response_model=Page[FundingOut],
    responses=raises(*SYNC),
)
async def funding_orders(
    session: Transaction,
    who: Who,
    *,
    filters: Annotated[FundingFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> Found[FundingOrder]:
    return await queries.funding.funding_orders(
        session, filters, who.scope, cursor=cursor, changed_after=changed_after, limit=limit
    )


@router.post(
    "/v1/funding-orders",
    dependencies=[may("cases:report_funding")],
    summary="Report to government that its money for a project is not in place",
    status_code=201,
    response_model=FundingOut,
    responses=raises(WatchItemUnknown, AlreadyClosed, NoGovernmentMoney, Invalid),
)
async def report_funding(session: Transaction, who: Who, body: ReportIn) -> FundingOrder:
    return await actions.funding.report_funding(session, who, body, clock.now())


@router.get(
    "/v1/funding-orders/{order_id}",
    dependencies=[may("cases:read")],
    summary="An order to fund with its steps",
    response_model=FundingWithStepsOut,
    responses=raises(FundingUnknown, Invalid),
)
async def funding_order(session: Transaction, who: Who, order_id: UUID) -> FundingOrder:
    return await queries.funding.funding_order(session, order_id, who.scope)


@router.post(
    "/v1/funding-orders/{order_id}/approval",
    dependencies=[may("cases:approve_funding")],
    summary="Let government approve or refuse the order",
    response_model=FundingOut,
    responses=raises(FundingUnknown, FundingNotThere, PersonNeeded, SecondPersonNeeded, Invalid),
)
async def approve_funding(
    session: Transaction, who: Who, order_id: UUID, body: ApprovalIn
) -> FundingOrder:
    return await actions.funding.approve_funding(session, who, order_id, body, clock.now())


@router.post(
    "/v1/funding-orders/{order_id}/order",
    dependencies=[may("cases:report_funding")],
    summary="Order the money to be paid within the order's own limit",
    response_model=FundingOut,
    responses=raises(FundingUnknown, FundingNotThere, Invalid),
)
async def order_funding(
    session: Transaction, who: Who, order_id: UUID, body: FundIn
) -> FundingOrder:
    return await actions.funding.order_funding(session, who, order_id, body, clock.now())


@router.post(
    "/v1/funding-orders/{order_id}/measures",
    dependencies=[may("cases:follow_up_funding")],
    summary="Note what the higher HRSS did about an overdue order",
    response_model=FundingOut,
    responses=raises(FundingUnknown, FundingNotThere, Invalid),
)
async def take_measure(
    session: Transaction, who: Who, order_id: UUID, body: MeasureIn
) -> FundingOrder:
    return await actions.funding.take_measure(session, who, order_id, body, clock.now())
