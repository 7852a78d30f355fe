"""Wages that go to the bank, over HTTP: a batch of an approved sheet, and how it stands."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.payroll import actions, queries
from services.payroll.errors import (
    AccountFrozen,
    FundsShort,
    NothingToSend,
    NoWageAccount,
    PersonNeeded,
    SecondPersonNeeded,
    SheetStep,
)
from services.payroll.queries.disbursements import Batch, ShownLine
from services.payroll.routes.router import router
from services.payroll.schemas.disbursements import (
    DisbursementFilter,
    DisbursementLineFilter,
    DisbursementLineOut,
    DisbursementOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, raises


@router.post(
    "/v1/sheets/{sheet_id}/disbursements",
    status_code=201,
    response_model=DisbursementOut,
    dependencies=[may("payroll:send_disbursements")],
    responses=raises(
        NotFound, PersonNeeded, SheetStep, SecondPersonNeeded, NoWageAccount, AccountFrozen,
        NothingToSend, FundsShort,
    ),
    summary="Make the batch of an approved sheet: each worker is paid to the own card that counts",
)  # fmt: skip
async def send_sheet(session: Transaction, caller: Who, sheet_id: UUID) -> Batch:
    """A line whose card waits, is missing or is somebody else's is held, with its reason."""
    return await actions.disbursements.send_sheet(session, caller, sheet_id, clock.now())


@router.get(
    "/v1/disbursements",
    response_model=Page[DisbursementOut],
    dependencies=[may("payroll:read_disbursements")],
    responses=raises(paging.CursorUnreadable),
    summary="List batches of wages with how they stand, newest first",
)
async def disbursements(
    session: Transaction,
    caller: Who,
    only: Annotated[DisbursementFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Batch]:
    return await queries.disbursements.batches(
        session, caller.scope, only, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/disbursements/{disbursement_id}",
    response_model=DisbursementOut,
    dependencies=[may("payroll:read_disbursements")],
    responses=raises(NotFound),
    summary="Show a batch of wages: its state follows from its lines",
)
async def disbursement(session: Transaction, caller: Who, disbursement_id: UUID) -> Batch:
    return await queries.disbursements.batch(session, disbursement_id, caller.scope)


@router.get(
    "/v1/disbursements/{disbursement_id}/lines",
    response_model=Page[DisbursementLineOut],
    dependencies=[may("payroll:read_disbursements")],
    responses=raises(NotFound, paging.CursorUnreadable),
    summary="List a batch's lines in the sheet's order; personal values are masked",
)
async def disbursement_lines(
    session: Transaction,
    caller: Who,
    disbursement_id: UUID,
    *,
    only: Annotated[DisbursementLineFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[ShownLine]:
    return await queries.disbursements.lines(
        session, disbursement_id, caller.scope, only, cursor=cursor, limit=limit
    )
