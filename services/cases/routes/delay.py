"""Who holds the delay, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.cases import queries
from services.cases.errors import ProjectUnknown
from services.cases.queries.delay import Delay
from services.cases.routes.router import router
from services.cases.schemas.delay import DelayFilter, DelayOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises


@router.get(
    "/v1/projects/{project_id}/delay",
    dependencies=[may("cases:read")],
    summary="Who holds the delay of a project's periods, each working day charged to one party",
    response_model=Page[DelayOut],
    responses=raises(ProjectUnknown, CursorUnreadable, Invalid),
)
async def delays(
    session: Transaction,
    who: Who,
    project_id: UUID,
    *,
    filters: Annotated[DelayFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Delay]:
    return await queries.delay.delays(
        session, project_id, filters, who.scope, clock.today(), cursor=cursor, limit=limit
    )
