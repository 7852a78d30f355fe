"""What policies in shadow mode would have done, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.cases import actions, queries
from services.cases.actions.shadows import Difference
from services.cases.errors import PolicyUnknown
from services.cases.models import ShadowStep
from services.cases.routes.router import router
from services.cases.schemas.shadows import DaysAsked, DifferenceOut, ShadowFilter, ShadowStepOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises


@router.get(
    "/v1/policies/{policy_id}/shadow-steps",
    dependencies=[may("cases:write_policies")],
    summary="What a policy in shadow mode would have done",
    response_model=Page[ShadowStepOut],
    responses=raises(PolicyUnknown, CursorUnreadable, Invalid),
)
async def shadow_steps(
    session: Transaction,
    who: Who,
    policy_id: UUID,
    *,
    filters: Annotated[ShadowFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[ShadowStep]:
    return await queries.shadows.shadow_steps(
        session, policy_id, filters, who.scope, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/policies/{policy_id}/shadow-difference",
    dependencies=[may("cases:write_policies")],
    summary="A policy in shadow mode beside what really happened",
    response_model=DifferenceOut,
    responses=raises(PolicyUnknown, Invalid),
)
async def shadow_difference(
    session: Transaction, who: Who, policy_id: UUID, days: Annotated[DaysAsked, Query()]
) -> Difference:
    return await actions.shadows.shadow_difference(session, who, policy_id, days, clock.today())
