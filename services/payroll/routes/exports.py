"""Exports of payroll: whole lists as lines of JSON, to be resumed at every page."""

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request

from services.payroll import queries
from services.payroll.models import Obligation, WageAccount
from services.payroll.routes.router import router
from services.payroll.schemas.accounts import WageAccountFilter, WageAccountOut
from services.payroll.schemas.obligations import ObligationFilter, ObligationOut
from shared import exports, paging
from shared.auth import Who, may
from shared.db import Session
from shared.exports import Lines
from shared.paging import Found
from shared.problems import raises


@router.get(
    "/v1/exports/obligations",
    dependencies=[may("payroll:read")],
    summary="All obligations of the caller, or what changed since a cursor",
    response_class=Lines,
    responses=raises(paging.CursorUnreadable, paging.SyncAnew),
)
async def export_obligations(
    request: Request,
    caller: Who,
    *,
    only: Annotated[ObligationFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
) -> Lines:
    async def ask(
        session: Session, cursor: str | None, changed_after: datetime | None, limit: int
    ) -> Found[Obligation]:
        return await queries.obligations.obligations(
            session, caller.scope, only, cursor=cursor, changed_after=changed_after, limit=limit
        )

    return await exports.lines(
        request, ask, ObligationOut, name="obligations", cursor=cursor, changed_after=changed_after
    )


@router.get(
    "/v1/exports/wage-accounts",
    dependencies=[may("payroll:read")],
    summary="All wage accounts of the caller, or what changed since a cursor",
    response_class=Lines,
    responses=raises(paging.CursorUnreadable, paging.SyncAnew),
)
async def export_wage_accounts(
    request: Request,
    caller: Who,
    *,
    only: Annotated[WageAccountFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
) -> Lines:
    async def ask(
        session: Session, cursor: str | None, changed_after: datetime | None, limit: int
    ) -> Found[WageAccount]:
        return await queries.accounts.wage_accounts(
            session, caller.scope, only, cursor=cursor, changed_after=changed_after, limit=limit
        )

    return await exports.lines(
        request,
        ask,
        WageAccountOut,
        name="wage_accounts",
        cursor=cursor,
        changed_after=changed_after,
    )
