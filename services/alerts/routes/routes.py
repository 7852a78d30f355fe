"""Routes over HTTP."""

from typing import Annotated, Any

from fastapi import Query

from services.alerts import actions, queries
from services.alerts.errors import (
    AreaUnknown,
    ParentUnknown,
    RecipientUnknown,
    RouteNotLater,
    RoutesUnder,
)
from services.alerts.models import (
    Route,
)
from services.alerts.routes.router import LIST, router
from services.alerts.schemas.routes import RehearsalIn, RehearsalOut, RouteFilter, RouteIn, RouteOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, raises


@router.get(
    "/v1/routes", summary="Routes in all their versions", response_model=Page[RouteOut],
    dependencies=[may("alerts:read")], responses=LIST,
)  # fmt: skip
async def routes(
    session: Transaction,
    caller: Who,
    asked: Annotated[RouteFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Route]:
    return await queries.routes.routes(session, caller.scope, asked, cursor=cursor, limit=limit)


@router.post(
    "/v1/routes", summary="Enter the next version of a route", status_code=201,
    response_model=RouteOut, dependencies=[may("alerts:write_routes")],
    responses=raises(AreaUnknown, RecipientUnknown, RouteNotLater, ParentUnknown, RoutesUnder),
)  # fmt: skip
async def enter_route(session: Transaction, caller: Who, body: RouteIn) -> Route:
    return await actions.routes.enter_route(session, caller, body, clock.now())


@router.post(
    "/v1/routes/rehearsals", summary="Whom an alert would reach, when, and why; nobody is told",
    response_model=RehearsalOut, dependencies=[may("alerts:write_routes")],
    responses=raises(NotFound, AreaUnknown),
)  # fmt: skip
async def rehearse(session: Transaction, caller: Who, body: RehearsalIn) -> dict[str, Any]:
    return await actions.routes.rehearse(session, caller, body, clock.now())
