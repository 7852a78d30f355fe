"""The standings of supervised projects over HTTP."""

from typing import Annotated, Any

from fastapi import Query

from services.payroll import queries
from services.payroll.routes.router import router
from services.payroll.schemas.standings import ProjectStandingOut, StandingListFilter
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import raises


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
