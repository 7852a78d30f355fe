"""Exports of cases: whole lists as lines of JSON, to be resumed at every page."""

from functools import partial
from typing import Annotated

from fastapi import Query, Request

from services.cases import queries
from services.cases.routes.router import router
from services.cases.schemas.arrears import ArrearsCaseFilter, ArrearsCaseOut
from services.cases.schemas.funding import FundingFilter, FundingOut
from services.cases.schemas.items import WatchItemFilter, WatchItemOut
from services.cases.schemas.leads import LeadFilter, LeadOut
from services.cases.schemas.orders import OrderFilter, OrderOut
from services.cases.schemas.proposals import (
    ProposalFilter,
    ProposalOut,
)
from shared import exports
from shared.auth import Who, may
from shared.exports import Lines
from shared.problems import Invalid, raises


@router.get(
    "/v1/exports/watch-items",
    dependencies=[may("cases:read")],
    summary="All watch items of the caller, or what changed, or as of a day",
    response_class=Lines,
    responses=raises(*exports.PROBLEMS, Invalid),
)
async def export_watch_items(
    request: Request,
    who: Who,
    *,
    filters: Annotated[WatchItemFilter, Query()],
    start: exports.Asked,
) -> Lines:
    ask = partial(queries.items.watch_items, scope=who.scope, filters=filters)
    return await exports.lines(request, ask, WatchItemOut, name="watch_items", start=start)


@router.get(
    "/v1/exports/correction-orders",
    dependencies=[may("cases:read")],
    summary="All correction orders of the caller, or what changed, or as of a day",
    response_class=Lines,
    responses=raises(*exports.PROBLEMS, Invalid),
)
async def export_correction_orders(
    request: Request,
    who: Who,
    *,
    filters: Annotated[OrderFilter, Query()],
    start: exports.Asked,
) -> Lines:
    ask = partial(queries.orders.orders, scope=who.scope, filters=filters)
    return await exports.lines(request, ask, OrderOut, name="correction_orders", start=start)


@router.get(
    "/v1/exports/proposals",
    dependencies=[may("cases:read")],
    summary="All proposals of the caller, or what changed, or as of a day",
    response_class=Lines,
    responses=raises(*exports.PROBLEMS, Invalid),
)
async def export_proposals(
    request: Request,
    who: Who,
    *,
    filters: Annotated[ProposalFilter, Query()],
    start: exports.Asked,
) -> Lines:
    ask = partial(queries.proposals.proposals, scope=who.scope, filters=filters)
    return await exports.lines(request, ask, ProposalOut, name="proposals", start=start)


@router.get(
    "/v1/exports/arrears-cases",
    dependencies=[may("cases:read_cases")],
    summary="All arrears cases of the caller, or what changed, or as of a day",
    response_class=Lines,
    responses=raises(*exports.PROBLEMS, Invalid),
)
async def export_arrears_cases(
    request: Request,
    who: Who,
    *,
    filters: Annotated[ArrearsCaseFilter, Query()],
    start: exports.Asked,
) -> Lines:
    ask = partial(queries.arrears.arrears_cases, scope=who.scope, filters=filters)
    return await exports.lines(request, ask, ArrearsCaseOut, name="arrears_cases", start=start)


@router.get(
    "/v1/exports/leads",
    dependencies=[may("cases:read_leads")],
    summary="All leads of the caller, or what changed, or as of a day",
    response_class=Lines,
    responses=raises(*exports.PROBLEMS, Invalid),
)
async def export_leads(
    request: Request,
    who: Who,
    *,
    filters: Annotated[LeadFilter, Query()],
    start: exports.Asked,
) -> Lines:
    ask = partial(queries.leads.leads, scope=who.scope, filters=filters)
    return await exports.lines(request, ask, LeadOut, name="leads", start=start)


@router.get(
    "/v1/exports/funding-orders",
    dependencies=[may("cases:read")],
    summary="All orders to fund of the caller, or what changed, or as of a day",
    response_class=Lines,
    responses=raises(*exports.PROBLEMS, Invalid),
)
async def export_funding_orders(
    request: Request,
    who: Who,
    *,
    filters: Annotated[FundingFilter, Query()],
    start: exports.Asked,
) -> Lines:
    ask = partial(queries.funding.funding_orders, scope=who.scope, filters=filters)
    return await exports.lines(request, ask, FundingOut, name="funding_orders", start=start)
