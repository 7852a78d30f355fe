"""Exports of cases: whole lists as lines of JSON, to be resumed at every page."""

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request

from services.cases import queries
from services.cases.models import ArrearsCase, CaseProposal, CorrectionOrder, WatchItem
from services.cases.routes.router import router
from services.cases.schemas.items import WatchItemFilter, WatchItemOut
from services.cases.schemas.orders import OrderFilter, OrderOut
from services.cases.schemas.proposals import (
    ArrearsCaseFilter,
    ArrearsCaseOut,
    ProposalFilter,
    ProposalOut,
)
from shared import exports, paging
from shared.auth import Who, may
from shared.db import Session
from shared.exports import Lines
from shared.paging import Found
from shared.problems import Invalid, raises


@router.get(
    "/v1/exports/watch-items",
    dependencies=[may("cases:read")],
    summary="All watch items of the caller, or what changed since a cursor",
    response_class=Lines,
    responses=raises(paging.CursorUnreadable, paging.SyncAnew, Invalid),
)
async def export_watch_items(
    request: Request,
    who: Who,
    *,
    filters: Annotated[WatchItemFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
) -> Lines:
    async def ask(
        session: Session, cursor: str | None, changed_after: datetime | None, limit: int
    ) -> Found[WatchItem]:
        return await queries.items.watch_items(
            session, filters, who.scope, cursor=cursor, changed_after=changed_after, limit=limit
        )

    return await exports.lines(
        request, ask, WatchItemOut, name="watch_items", cursor=cursor, changed_after=changed_after
    )


@router.get(
    "/v1/exports/correction-orders",
    dependencies=[may("cases:read")],
    summary="All correction orders of the caller, or what changed since a cursor",
    response_class=Lines,
    responses=raises(paging.CursorUnreadable, paging.SyncAnew, Invalid),
)
async def export_correction_orders(
    request: Request,
    who: Who,
    *,
    filters: Annotated[OrderFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
) -> Lines:
    async def ask(
        session: Session, cursor: str | None, changed_after: datetime | None, limit: int
    ) -> Found[CorrectionOrder]:
        return await queries.orders.orders(
            session, filters, who.scope, cursor=cursor, changed_after=changed_after, limit=limit
        )

    return await exports.lines(
        request, ask, OrderOut, name="correction_orders", cursor=cursor, changed_after=changed_after
    )


@router.get(
    "/v1/exports/proposals",
    dependencies=[may("cases:read")],
    summary="All proposals of the caller, or what changed since a cursor",
    response_class=Lines,
    responses=raises(paging.CursorUnreadable, paging.SyncAnew, Invalid),
)
async def export_proposals(
    request: Request,
    who: Who,
    *,
    filters: Annotated[ProposalFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
) -> Lines:
    async def ask(
        session: Session, cursor: str | None, changed_after: datetime | None, limit: int
    ) -> Found[CaseProposal]:
        return await queries.proposals.proposals(
            session, filters, who.scope, cursor=cursor, changed_after=changed_after, limit=limit
        )

    return await exports.lines(
        request, ask, ProposalOut, name="proposals", cursor=cursor, changed_after=changed_after
    )


@router.get(
    "/v1/exports/arrears-cases",
    dependencies=[may("cases:read")],
    summary="All arrears cases of the caller, or what changed since a cursor",
    response_class=Lines,
    responses=raises(paging.CursorUnreadable, paging.SyncAnew, Invalid),
)
async def export_arrears_cases(
    request: Request,
    who: Who,
    *,
    filters: Annotated[ArrearsCaseFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
) -> Lines:
    async def ask(
        session: Session, cursor: str | None, changed_after: datetime | None, limit: int
    ) -> Found[ArrearsCase]:
        return await queries.proposals.arrears_cases(
            session, filters, who.scope, cursor=cursor, changed_after=changed_after, limit=limit
        )

    return await exports.lines(
        request,
        ask,
        ArrearsCaseOut,
        name="arrears_cases",
        cursor=cursor,
        changed_after=changed_after,
    )
