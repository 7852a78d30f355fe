"""What areas decide about accounts, reserves, lists and reminders, over HTTP."""

from typing import Annotated

from fastapi import Query

from services.payroll import actions, queries
from services.payroll.errors import AreaUnknown, PolicyVersionTaken
from services.payroll.models import Policy
from services.payroll.routes.router import router
from services.payroll.schemas.policies import PolicyFilter, PolicyIn, PolicyOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import raises


@router.get(
    "/v1/policies",
    response_model=Page[PolicyOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="List what areas decide about accounts, reserves, lists and reminders",
)
async def policies(
    session: Transaction,
    caller: Who,
    only: Annotated[PolicyFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Policy]:
    return await queries.policies.policies(session, caller.scope, only, cursor=cursor, limit=limit)


@router.post(
    "/v1/policies",
    status_code=201,
    response_model=PolicyOut,
    dependencies=[may("payroll:write_policies")],
    responses=raises(AreaUnknown, PolicyVersionTaken),
    summary="Store a version of what an area decides",
)
async def add_policy(session: Transaction, caller: Who, body: PolicyIn) -> Policy:
    return await actions.policies.add_policy(session, caller, body, clock.now())
