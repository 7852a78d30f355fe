"""Wage accounts over HTTP."""

from typing import Annotated

from fastapi import Query

from services.payroll import actions, queries
from services.payroll.errors import AccountRefused, AccountTaken, ProjectHasAccount, ProjectUnknown
from services.payroll.models import WageAccount
from services.payroll.routes.router import router
from services.payroll.schemas.accounts import WageAccountFilter, WageAccountIn, WageAccountOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import raises


@router.post(
    "/v1/wage-accounts",
    status_code=201,
    response_model=WageAccountOut,
    dependencies=[may("payroll:write_accounts")],
    responses=raises(ProjectUnknown, AccountRefused, AccountTaken, ProjectHasAccount),
    summary="Enter a project's wage account",
)
async def register_wage_account(
    session: Transaction, caller: Who, body: WageAccountIn
) -> WageAccount:
    return await actions.accounts.register_wage_account(session, caller.scope, body, clock.now())


@router.get(
    "/v1/wage-accounts",
    response_model=Page[WageAccountOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable, paging.SyncAnew),
    summary="List or sync wage accounts",
)
async def wage_accounts(
    session: Transaction,
    caller: Who,
    *,
    only: Annotated[WageAccountFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> Found[WageAccount]:
    return await queries.accounts.wage_accounts(
        session, caller.scope, only, cursor=cursor, changed_after=changed_after, limit=limit
    )
