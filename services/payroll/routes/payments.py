"""Treasury payments and the three views of a project's periods over HTTP."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.payroll import actions, queries
from services.payroll.errors import PaymentsRefused, ProjectUnknown
from services.payroll.models import TreasuryPayment
from services.payroll.routes.router import router
from services.payroll.rules.payments import ThreeWay
from services.payroll.schemas.payments import PaymentFilter, PaymentOut, PaymentsIn, ThreeWayOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import raises


@router.post(
    "/v1/treasury-payments",
    status_code=201,
    response_model=list[PaymentOut],
    dependencies=[may("payroll:write_payments")],
    responses=raises(PaymentsRefused),
    summary="Tell, as finance, what was sent to wage accounts; all of it is taken, or nothing",
)
async def receive_payments(
    session: Transaction, caller: Who, body: PaymentsIn
) -> Sequence[TreasuryPayment]:
    return await actions.payments.receive_payments(session, caller, body, clock.now())


@router.get(
    "/v1/treasury-payments",
    response_model=Page[PaymentOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="List what finance sent; `seen=false`: what no wage account shows, and since when",
)
async def payments(
    session: Transaction,
    caller: Who,
    only: Annotated[PaymentFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[TreasuryPayment]:
    return await queries.payments.payments(session, caller.scope, only, cursor=cursor, limit=limit)


@router.get(
    "/v1/projects/{project_id}/three-way",
    response_model=list[ThreeWayOut],
    dependencies=[may("payroll:read")],
    responses=raises(ProjectUnknown),
    summary="Compare a project's schedule, treasury payments and credits, period by period",
)
async def three_way(session: Transaction, caller: Who, project_id: UUID) -> Sequence[ThreeWay]:
    return await queries.payments.three_way(session, project_id, caller.scope, clock.today())
