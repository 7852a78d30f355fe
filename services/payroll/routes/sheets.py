"""Payroll sheets over HTTP: sent and checked at once, then seen, line by line."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.payroll import actions, queries
from services.payroll.actions.sheets import CheckedSheet
from services.payroll.errors import (
    ProjectUnknown,
    RetentionOver,
    SheetRefused,
    SheetThere,
    SheetUnreadable,
)
from services.payroll.models import Sheet, SheetDifference, SheetFinding, SheetLine
from services.payroll.routes import sheet_uploads
from services.payroll.routes.router import router
from services.payroll.schemas.lines import RevealIn
from services.payroll.schemas.sheets import (
    CheckedSheetOut,
    SheetDifferenceOut,
    SheetFilter,
    SheetFindingFilter,
    SheetFindingOut,
    SheetLineOut,
    SheetOut,
)
from shared import clock, paging, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import FileLost, KeptFiles
from shared.paging import Found, Page
from shared.problems import NotFound, raises

DOWNLOAD = "application/octet-stream"
"""Whatever it is by its bytes: nobody's browser shows it."""


@router.post(
    "/v1/projects/{project_id}/sheets",
    status_code=201,
    response_model=CheckedSheetOut,
    dependencies=[may("payroll:send_sheets")],
    responses=raises(
        ProjectUnknown, SheetRefused, SheetThere, SheetUnreadable, uploads.BodyTooLarge
    ),
    openapi_extra=sheet_uploads.BODY,
    summary="Send a payroll sheet as a file or as JSON lines; it is checked, not yet submitted",
)
async def check_sheet(
    sent: sheet_uploads.Sent, session: Transaction, caller: Who, project_id: UUID
) -> CheckedSheet:
    """All findings come in the answer. The same content again gives what came of it first."""
    return await actions.sheets.check_sheet(session, caller, project_id, sent, clock.now())


@router.get(
    "/v1/sheets",
    response_model=Page[SheetOut],
    dependencies=[may("payroll:read_sheets")],
    responses=raises(paging.CursorUnreadable),
    summary="List payroll sheets, newest first; what could not be read is `refused`",
)
async def sheets(
    session: Transaction,
    caller: Who,
    only: Annotated[SheetFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Sheet]:
    return await queries.sheets.sheets(session, caller.scope, only, cursor=cursor, limit=limit)


@router.get(
    "/v1/sheets/{sheet_id}",
    response_model=SheetOut,
    dependencies=[may("payroll:read_sheets")],
    responses=raises(NotFound),
    summary="Show a payroll sheet: its state, counts, sums and steps",
)
async def sheet(session: Transaction, caller: Who, sheet_id: UUID) -> Sheet:
    return await queries.sheets.sheet(session, sheet_id, caller.scope)


@router.get(
    "/v1/sheets/{sheet_id}/lines",
    response_model=Page[SheetLineOut],
    dependencies=[may("payroll:read_sheets")],
    responses=raises(NotFound, paging.CursorUnreadable),
    summary="List a sheet's lines in their order; personal values are masked",
)
async def sheet_lines(
    session: Transaction, caller: Who, sheet_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[SheetLine]:
    return await queries.sheets.lines(session, sheet_id, caller.scope, cursor=cursor, limit=limit)


@router.get(
    "/v1/sheets/{sheet_id}/findings",
    response_model=Page[SheetFindingOut],
    dependencies=[may("payroll:read_sheets")],
    responses=raises(NotFound, paging.CursorUnreadable),
    summary="List what the last check of a sheet found",
)
async def sheet_findings(
    session: Transaction,
    caller: Who,
    sheet_id: UUID,
    *,
    only: Annotated[SheetFindingFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[SheetFinding]:
    return await queries.sheets.findings(
        session, sheet_id, caller.scope, only, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/sheets/{sheet_id}/differences",
    response_model=Page[SheetDifferenceOut],
    dependencies=[may("payroll:read_sheets")],
    responses=raises(NotFound, paging.CursorUnreadable),
    summary="List how a sheet's lines differ from those of the version before",
)
async def sheet_differences(
    session: Transaction, caller: Who, sheet_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[SheetDifference]:
    return await queries.sheets.differences(
        session, sheet_id, caller.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/sheets/{sheet_id}/reveal",
    response_class=Response,
    dependencies=[may("payroll:reveal")],
    responses={200: {"content": {DOWNLOAD: {}}}, **raises(NotFound, RetentionOver, FileLost)},
    openapi_extra={"x-shows-secret": True},
    summary="Give a sheet's kept file as a download; who took it and why is recorded",
)
async def reveal_sheet(
    files: KeptFiles, session: Transaction, caller: Who, sheet_id: UUID, body: RevealIn
) -> Response:
    """Give the file under its id, never under the name that its sender gave it."""
    file_id = await actions.sheets.reveal_sheet(session, sheet_id, caller.scope, body.purpose)
    kept, content = await files.give(file_id)
    name = f'attachment; filename="{sheet_id}.{kept.kind}"'
    headers = {"content-disposition": name, "x-content-type-options": "nosniff"}
    return Response(content, media_type=DOWNLOAD, headers=headers)
