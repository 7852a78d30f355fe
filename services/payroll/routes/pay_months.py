"""The monthly picture over HTTP: who attended, stands on a sheet, was paid."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from services.payroll import queries
from services.payroll.errors import ProjectUnknown
from services.payroll.routes.router import router
from services.payroll.schemas.pay_months import MonthCounts, MonthFilter, MonthOut
from shared import paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import raises


@router.get(
    "/v1/projects/{project_id}/months",
    response_model=Page[MonthOut],
    dependencies=[may("payroll:read")],
    responses=raises(ProjectUnknown, paging.CursorUnreadable),
    summary="How the wages of a project's months stand, the latest first",
)
async def months_of_project(
    session: Transaction,
    caller: Who,
    project_id: UUID,
    *,
    only: Annotated[MonthFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Any]:
    return await queries.month_pictures.months_of_project(
        session, project_id, caller.scope, only, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/months",
    response_model=Page[MonthOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="How the wages of months stand over an area's projects, the latest first",
)
async def months(
    session: Transaction,
    caller: Who,
    only: Annotated[MonthFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Any]:
    return await queries.month_pictures.months(
        session, caller.scope, only, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/months/counts",
    response_model=MonthCounts,
    dependencies=[may("payroll:read")],
    summary="Add up the same months: how many stand how, people and yuan",
)
async def month_counts(
    session: Transaction, caller: Who, only: Annotated[MonthFilter, Query()]
) -> Any:  # noqa: ANN401  a row of sums
    return await queries.month_pictures.month_counts(session, caller.scope, only)
