"""Signs of a group dispute over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.alerts import actions, queries
from services.alerts.errors import AreaUnknown, SignOver
from services.alerts.models import Sign
from services.alerts.routes.router import LIST, router
from services.alerts.schemas.signs import OutcomeIn, PlanIn, SignFilter, SignIn, SignOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, Stale, raises


@router.get(
    "/v1/signs", summary="Signs of a group dispute, the newest first",
    response_model=Page[SignOut], dependencies=[may("alerts:read_signs")], responses=LIST,
)  # fmt: skip
async def signs(
    session: Transaction,
    caller: Who,
    asked: Annotated[SignFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Sign]:
    return await queries.signs.signs(session, caller.scope, asked, cursor=cursor, limit=limit)


@router.post(
    "/v1/signs", summary="Report that people gather over unpaid wages; the office hears at once",
    status_code=201, response_model=SignOut, dependencies=[may("alerts:report_signs")],
    responses=raises(AreaUnknown),
)  # fmt: skip
async def report_sign(session: Transaction, caller: Who, body: SignIn) -> Sign:
    return await actions.signs.report_sign(session, caller, body, clock.now())


@router.post(
    "/v1/signs/{sign_id}/plan", summary="Decide whether the emergency plan is started",
    response_model=SignOut, dependencies=[may("alerts:decide_signs")],
    responses=raises(NotFound, Stale, SignOver),
)  # fmt: skip
async def decide_plan(session: Transaction, caller: Who, sign_id: UUID, body: PlanIn) -> Sign:
    return await actions.signs.decide_plan(session, caller, sign_id, body, clock.now())


@router.post(
    "/v1/signs/{sign_id}/end", summary="Say what came of it; its alert ends",
    response_model=SignOut, dependencies=[may("alerts:decide_signs")],
    responses=raises(NotFound, Stale, SignOver),
)  # fmt: skip
async def end_sign(session: Transaction, caller: Who, sign_id: UUID, body: OutcomeIn) -> Sign:
    return await actions.signs.end_sign(session, caller, sign_id, body, clock.now())
