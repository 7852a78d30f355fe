"""Exports of payroll: whole lists as lines of JSON, to be resumed at every page."""

from functools import partial
from typing import Annotated

from fastapi import Query, Request

from services.payroll import queries
from services.payroll.routes.router import router
from services.payroll.schemas.accounts import WageAccountFilter, WageAccountOut
from services.payroll.schemas.dues import FundingRequestFilter, FundingRequestOut
from services.payroll.schemas.obligations import ObligationFilter, ObligationOut
from shared import exports
from shared.auth import Who, may
from shared.exports import Lines
from shared.problems import raises


@router.get(
    "/v1/exports/obligations",
    dependencies=[may("payroll:read")],
    summary="All obligations of the caller, or what changed, or as of a day",
    response_class=Lines,
    responses=raises(*exports.PROBLEMS),
)
async def export_obligations(
    request: Request,
    caller: Who,
    *,
    only: Annotated[ObligationFilter, Query()],
    start: exports.Asked,
) -> Lines:
    ask = partial(queries.obligations.obligations, scope=caller.scope, only=only)
    return await exports.lines(request, ask, ObligationOut, name="obligations", start=start)


@router.get(
    "/v1/exports/wage-accounts",
    dependencies=[may("payroll:read")],
    summary="All wage accounts of the caller, or what changed, or as of a day",
    response_class=Lines,
    responses=raises(*exports.PROBLEMS),
)
async def export_wage_accounts(
    request: Request,
    caller: Who,
    *,
    only: Annotated[WageAccountFilter, Query()],
    start: exports.Asked,
) -> Lines:
    ask = partial(queries.accounts.wage_accounts, scope=caller.scope, only=only)
    return await exports.lines(request, ask, WageAccountOut, name="wage_accounts", start=start)


@router.get(
    "/v1/exports/funding-requests",
    dependencies=[may("payroll:read")],
    summary="All funding requests of the caller, or what changed, or as of a day",
    response_class=Lines,
    responses=raises(*exports.PROBLEMS),
)
async def export_funding_requests(
    request: Request,
    caller: Who,
    *,
    only: Annotated[FundingRequestFilter, Query()],
    start: exports.Asked,
) -> Lines:
    ask = partial(queries.requests.funding_requests, scope=caller.scope, only=only)
    return await exports.lines(
        request, ask, FundingRequestOut, name="funding_requests", start=start
    )
