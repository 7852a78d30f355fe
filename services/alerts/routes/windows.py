"""Maintenance windows over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.alerts import actions, queries
from services.alerts.errors import AreaUnknown, WindowOver, WindowRefused
from services.alerts.models import MaintenanceWindow
from services.alerts.routes.router import LIST, router
from services.alerts.schemas.windows import (
    MaintenanceWindowEndIn,
    MaintenanceWindowFilter,
    MaintenanceWindowIn,
    MaintenanceWindowOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, Stale, raises


@router.get(
    "/v1/maintenance-windows", summary="When nothing is sent by which channels, the newest first",
    response_model=Page[MaintenanceWindowOut], dependencies=[may("alerts:hold_channels")],
    responses=LIST,
)  # fmt: skip
async def windows(
    session: Transaction,
    caller: Who,
    asked: Annotated[MaintenanceWindowFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[MaintenanceWindow]:
    return await queries.windows.windows(session, caller.scope, asked, cursor=cursor, limit=limit)


@router.post(
    "/v1/maintenance-windows", summary="Let what some channels would send wait for a span's end",
    status_code=201, response_model=MaintenanceWindowOut,
    dependencies=[may("alerts:hold_channels")], responses=raises(AreaUnknown, WindowRefused),
)  # fmt: skip
async def enter_window(
    session: Transaction, caller: Who, body: MaintenanceWindowIn
) -> MaintenanceWindow:
    return await actions.windows.enter_window(session, caller, body, clock.wall())


@router.post(
    "/v1/maintenance-windows/{window_id}/end", summary="End a window before its time",
    response_model=MaintenanceWindowOut, dependencies=[may("alerts:hold_channels")],
    responses=raises(NotFound, Stale, WindowOver),
)  # fmt: skip
async def end_window(
    session: Transaction, caller: Who, window_id: UUID, body: MaintenanceWindowEndIn
) -> MaintenanceWindow:
    return await actions.windows.end_window(session, caller, window_id, body, clock.wall())
