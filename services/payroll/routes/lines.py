"""Bank lines over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.payroll import actions, queries
from services.payroll.models import BankLine
from services.payroll.routes.router import router
from services.payroll.schemas.lines import (
    BankLineFilter,
    BankLineOut,
    CounterpartyIn,
    RevealedLineOut,
    RevealIn,
)
from shared import paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, raises


@router.get(
    "/v1/bank-lines",
    response_model=Page[BankLineOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="List bank lines, newest first; `matched=false`, `left=true`: what waits for persons",
)
async def bank_lines(
    session: Transaction,
    caller: Who,
    only: Annotated[BankLineFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[BankLine]:
    return await queries.lines.bank_lines(session, caller.scope, only, cursor=cursor, limit=limit)


@router.post(
    "/v1/bank-lines/search",
    response_model=Page[BankLineOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="Find the lines of a counterparty by its whole name or account number",
)
async def find_lines(
    session: Transaction,
    caller: Who,
    body: CounterpartyIn,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[BankLine]:
    return await actions.lines.find_lines(session, caller.scope, body, cursor=cursor, limit=limit)


@router.post(
    "/v1/bank-lines/{line_id}/reveal",
    response_model=RevealedLineOut,
    dependencies=[may("payroll:reveal")],
    responses=raises(NotFound),
    openapi_extra={"x-shows-secret": True},
    summary="Show what a bank line hides; who read it and why is recorded",
)
async def reveal_line(session: Transaction, caller: Who, line_id: UUID, body: RevealIn) -> BankLine:
    return await actions.lines.reveal_line(session, line_id, caller.scope, body.purpose)
