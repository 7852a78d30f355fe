"""A payroll file as it was read: its columns, and the file given back with what was found."""

from uuid import UUID

from fastapi import Response

from services.payroll import actions, queries
from services.payroll.actions.sheets import CheckedSheet
from services.payroll.errors import (
    MappingRefused,
    ProjectUnknown,
    RetentionOver,
    SheetStep,
    SheetUnreadable,
)
from services.payroll.models import Sheet
from services.payroll.routes import sheet_uploads
from services.payroll.routes.router import router
from services.payroll.schemas.lines import RevealIn
from services.payroll.schemas.sheet_columns import ColumnsOut
from services.payroll.schemas.sheets import CheckedSheetOut
from shared import clock
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import MEDIA_TYPES, FileKind, FileLost
from shared.problems import NotFound, raises


@router.get(
    "/v1/sheets/{sheet_id}/columns",
    response_model=ColumnsOut,
    dependencies=[may("payroll:read_sheets")],
    responses=raises(NotFound),
    summary="Show as what the columns of a sheet's file were read",
)
async def sheet_columns(session: Transaction, caller: Who, sheet_id: UUID) -> Sheet:
    return await queries.sheets.sheet(session, sheet_id, caller.scope)


@router.put(
    "/v1/sheets/{sheet_id}/columns",
    response_model=CheckedSheetOut,
    dependencies=[may("payroll:send_sheets")],
    responses=raises(NotFound, ProjectUnknown, RetentionOver, SheetStep, MappingRefused, FileLost),
    summary="Say what the columns are: the kept file is read anew, and the next one like it, too",
)
async def map_columns(
    mapped: sheet_uploads.Remapped, session: Transaction, caller: Who, sheet_id: UUID
) -> CheckedSheet:
    return await actions.sheet_columns.map_columns(session, caller, sheet_id, mapped, clock.now())


@router.post(
    "/v1/sheets/{sheet_id}/annotated",
    response_class=Response,
    dependencies=[may("payroll:send_sheets")],
    responses={
        200: {"content": {MEDIA_TYPES[FileKind.XLSX]: {}}},
        **raises(NotFound, ProjectUnknown, RetentionOver, SheetUnreadable, FileLost),
    },
    openapi_extra={"x-shows-secret": True},
    summary="Give its sender a sheet's file with comment and colour at each cell that is wrong",
)
async def annotated_sheet(
    content: sheet_uploads.Marked, session: Transaction, caller: Who, sheet_id: UUID, body: RevealIn
) -> Response:
    """Give it as xlsx with the values of the file; who took it and why is recorded."""
    await actions.sheets.reveal_sheet(session, sheet_id, caller.scope, body.purpose)
    headers = {
        "content-disposition": f'attachment; filename="{sheet_id}-findings.xlsx"',
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=MEDIA_TYPES[FileKind.XLSX], headers=headers)
