"""Reserves of wage accounts, and what must be put right about accounts, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from services.payroll import queries
from services.payroll.models import Condition
from services.payroll.routes.router import router
from services.payroll.schemas.conditions import ConditionFilter, ConditionOut
from services.payroll.schemas.reserves import ProjectReserveOut, ReserveFilter, ReserveOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, raises


@router.get(
    "/v1/reserves",
    response_model=Page[ReserveOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="List what wage accounts hold, and how many months of wages that covers",
)
async def reserves(
    session: Transaction,
    caller: Who,
    only: Annotated[ReserveFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Any]:
    return await queries.reserves.reserves(
        session, caller.scope, only, clock.today(), cursor=cursor, limit=limit
    )


@router.get(
    "/v1/projects/{project_id}/reserve",
    response_model=ProjectReserveOut,
    dependencies=[may("payroll:read")],
    responses=raises(NotFound),
    summary="Show what a project's wage account holds, month by month",
)
async def project_reserve(
    session: Transaction, caller: Who, project_id: UUID
) -> queries.reserves.AccountReserve:
    return await queries.reserves.reserve_of_project(
        session, project_id, caller.scope, clock.today()
    )


@router.get(
    "/v1/conditions",
    response_model=Page[ConditionOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="List what must be put right about wage accounts, as it was told last",
)
async def conditions(
    session: Transaction,
    caller: Who,
    only: Annotated[ConditionFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Condition]:
    return await queries.conditions.conditions(
        session, caller.scope, only, cursor=cursor, limit=limit
    )
