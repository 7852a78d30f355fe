"""The steps of a payroll sheet over HTTP."""

from uuid import UUID

from services.payroll import actions
from services.payroll.actions.sheets import CheckedSheet
from services.payroll.errors import (
    PersonNeeded,
    ProjectUnknown,
    RetentionOver,
    SecondPersonNeeded,
    SheetHasErrors,
    SheetRefused,
    SheetStep,
    SheetThere,
)
from services.payroll.models import Sheet
from services.payroll.routes.router import router
from services.payroll.schemas.sheets import CheckedSheetOut, SheetMoveIn, SheetOut, SheetReasonIn
from shared import clock
from shared.auth import Who, may
from shared.db import Transaction
from shared.problems import NotFound, raises


@router.post(
    "/v1/sheets/{sheet_id}/check",
    response_model=CheckedSheetOut,
    dependencies=[may("payroll:send_sheets")],
    responses=raises(NotFound, RetentionOver, SheetStep),
    summary="Check a sheet anew, as roster and rules are now",
)
async def recheck_sheet(session: Transaction, caller: Who, sheet_id: UUID) -> CheckedSheet:
    return await actions.sheet_steps.recheck_sheet(session, caller, sheet_id, clock.now())


@router.post(
    "/v1/sheets/{sheet_id}/submit",
    response_model=SheetOut,
    dependencies=[may("payroll:send_sheets")],
    responses=raises(NotFound, RetentionOver, SheetStep, SheetHasErrors),
    summary="Submit a sheet; refused with all errors while one stands",
)
async def submit_sheet(session: Transaction, caller: Who, sheet_id: UUID) -> Sheet:
    return await actions.sheet_steps.submit_sheet(session, caller, sheet_id, clock.now())


@router.post(
    "/v1/sheets/{sheet_id}/review",
    response_model=SheetOut,
    dependencies=[may("payroll:review_sheets")],
    responses=raises(NotFound, PersonNeeded, SheetStep, SecondPersonNeeded),
    summary="Confirm a submitted sheet, as the project's wage officer",
)
async def review_sheet(session: Transaction, caller: Who, sheet_id: UUID) -> Sheet:
    return await actions.sheet_steps.review_sheet(session, caller, sheet_id, clock.now())


@router.post(
    "/v1/sheets/{sheet_id}/approve",
    response_model=SheetOut,
    dependencies=[may("payroll:approve_sheets")],
    responses=raises(NotFound, PersonNeeded, SheetStep, SecondPersonNeeded),
    summary="Approve a reviewed sheet, as the contractor",
)
async def approve_sheet(session: Transaction, caller: Who, sheet_id: UUID) -> Sheet:
    return await actions.sheet_steps.approve_sheet(session, caller, sheet_id, clock.now())


@router.post(
    "/v1/sheets/{sheet_id}/return",
    response_model=SheetOut,
    dependencies=[may("payroll:return_sheets")],
    responses=raises(NotFound, PersonNeeded, SheetStep),
    summary="Send a sheet back before it goes to the bank; a new version follows",
)
async def send_back_sheet(
    session: Transaction, caller: Who, sheet_id: UUID, body: SheetReasonIn
) -> Sheet:
    return await actions.sheet_steps.send_back_sheet(
        session, caller, sheet_id, body.reason, clock.now()
    )


@router.post(
    "/v1/sheets/{sheet_id}/move",
    status_code=201,
    response_model=CheckedSheetOut,
    dependencies=[may("payroll:send_sheets")],
    responses=raises(NotFound, ProjectUnknown, RetentionOver, SheetRefused, SheetStep, SheetThere),
    summary="Move a sheet that came for the wrong project, employer, period or run",
)
async def move_sheet(
    session: Transaction, caller: Who, sheet_id: UUID, body: SheetMoveIn
) -> CheckedSheet:
    return await actions.sheet_moves.move_sheet(session, caller, sheet_id, body, clock.now())
