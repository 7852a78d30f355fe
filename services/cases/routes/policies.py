"""Policies over HTTP."""

from typing import Annotated

from fastapi import Query

from services.cases import actions, queries
from services.cases.errors import (
    AreaUnknown,
    PolicyRefused,
    PolicyVersionTaken,
)
from services.cases.models import Policy
from services.cases.routes.router import router
from services.cases.schemas.policies import PolicyFilter, PolicyIn, PolicyOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises


@router.get(
    "/v1/policies",
    dependencies=[may("cases:read")],
    summary="Policies that may govern the caller's areas",
    response_model=Page[PolicyOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def policies(
    session: Transaction,
    who: Who,
    *,
    filters: Annotated[PolicyFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Policy]:
    return await queries.policies.policies(session, filters, who.scope, cursor=cursor, limit=limit)


@router.post(
    "/v1/policies",
    dependencies=[may("cases:write_policies")],
    summary="Store a version of an area's policy",
    status_code=201,
    response_model=PolicyOut,
    responses=raises(AreaUnknown, PolicyVersionTaken, PolicyRefused, Invalid),
)
async def add_policy(session: Transaction, who: Who, body: PolicyIn) -> Policy:
    return await actions.policies.add_policy(session, who, body, clock.now())
