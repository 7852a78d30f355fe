"""Correction orders over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.cases import actions, queries
from services.cases.errors import (
    AlreadyClosed,
    DecisionNumberNeeded,
    EvidenceRefused,
    NoOrderFits,
    NotYoursToAnswer,
    OrderLengthUnfit,
    OrderNotThere,
    OrderUnknown,
    PersonNeeded,
    ServiceDayUnfit,
    WatchItemUnknown,
)
from services.cases.models import CorrectionOrder
from services.cases.routes.router import SYNC, router
from services.cases.schemas.orders import (
    CheckIn,
    DraftIn,
    OrderFilter,
    OrderOut,
    OrderWithStepsOut,
    PenaltyIn,
    ProofIn,
    ServeIn,
    SignIn,
    WithdrawalIn,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import Invalid, raises


@router.get(
    "/v1/correction-orders",
    dependencies=[may("cases:read")],
    summary="Correction orders, as a list or a sync",
    response_model=Page[OrderOut],
    responses=raises(*SYNC),
)
async def orders(
    session: Transaction,
    who: Who,
    *,
    filters: Annotated[OrderFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> Found[CorrectionOrder]:
    return await queries.orders.orders(
        session, filters, who.scope, cursor=cursor, changed_after=changed_after, limit=limit
    )


@router.post(
    "/v1/correction-orders",
    dependencies=[may("cases:write_orders")],
    summary="Draft a correction order about a watch item",
    status_code=201,
    response_model=OrderOut,
    responses=raises(WatchItemUnknown, AlreadyClosed, NoOrderFits, Invalid),
)
async def draft_order(session: Transaction, who: Who, body: DraftIn) -> CorrectionOrder:
    return await actions.orders.draft_order(session, who, body, clock.now())


@router.get(
    "/v1/correction-orders/{order_id}",
    dependencies=[may("cases:read")],
    summary="A correction order with its history",
    response_model=OrderWithStepsOut,
    responses=raises(OrderUnknown, Invalid),
)
async def order(session: Transaction, who: Who, order_id: UUID) -> CorrectionOrder:
    return await queries.orders.order(session, order_id, who.scope)


@router.post(
    "/v1/correction-orders/{order_id}/sign",
    dependencies=[may("cases:sign_orders")],
    summary="Sign a drafted order, which numbers it",
    response_model=OrderOut,
    responses=raises(OrderUnknown, OrderNotThere, PersonNeeded, OrderLengthUnfit, Invalid),
)
async def sign_order(
    session: Transaction, who: Who, order_id: UUID, body: SignIn
) -> CorrectionOrder:
    return await actions.orders.sign_order(session, who, order_id, body, clock.now())


@router.post(
    "/v1/correction-orders/{order_id}/serve",
    dependencies=[may("cases:sign_orders")],
    summary="Note how a signed order was served, which begins its limit",
    response_model=OrderOut,
    responses=raises(OrderUnknown, OrderNotThere, ServiceDayUnfit, EvidenceRefused, Invalid),
)
async def serve_order(
    session: Transaction, who: Who, order_id: UUID, body: ServeIn
) -> CorrectionOrder:
    return await actions.orders.serve_order(session, who, order_id, body, clock.now())


@router.post(
    "/v1/correction-orders/{order_id}/proof",
    dependencies=[may("cases:answer")],
    summary="Bring proof that a served order is obeyed",
    response_model=OrderOut,
    responses=raises(OrderUnknown, OrderNotThere, NotYoursToAnswer, EvidenceRefused, Invalid),
)
async def prove_order(
    session: Transaction, who: Who, order_id: UUID, body: ProofIn
) -> CorrectionOrder:
    return await actions.orders.prove_order(session, who, order_id, body, clock.now())


@router.post(
    "/v1/correction-orders/{order_id}/check",
    dependencies=[may("cases:sign_orders")],
    summary="Say whether the proof is enough",
    response_model=OrderOut,
    responses=raises(OrderUnknown, OrderNotThere, EvidenceRefused, Invalid),
)
async def check_order(
    session: Transaction, who: Who, order_id: UUID, body: CheckIn
) -> CorrectionOrder:
    return await actions.orders.check_order(session, who, order_id, body, clock.now())


@router.post(
    "/v1/correction-orders/{order_id}/penalty",
    dependencies=[may("cases:sign_orders")],
    summary="Decide on the penalty that an overdue order proposes",
    response_model=OrderOut,
    responses=raises(OrderUnknown, OrderNotThere, PersonNeeded, DecisionNumberNeeded, Invalid),
)
async def decide_penalty(
    session: Transaction, who: Who, order_id: UUID, body: PenaltyIn
) -> CorrectionOrder:
    return await actions.orders.decide_penalty(session, who, order_id, body, clock.now())


@router.post(
    "/v1/correction-orders/{order_id}/withdraw",
    dependencies=[may("cases:write_orders")],
    summary="Take an order back before it is served",
    response_model=OrderOut,
    responses=raises(OrderUnknown, OrderNotThere, Invalid),
)
async def withdraw_order(
    session: Transaction, who: Who, order_id: UUID, body: WithdrawalIn
) -> CorrectionOrder:
    return await actions.orders.withdraw_order(session, who, order_id, body, clock.now())
