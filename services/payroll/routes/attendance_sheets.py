"""Attendance sheets over HTTP: a month's file, what was found in it, and the file annotated."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.payroll import actions, queries
from services.payroll.actions.attendance_sheets import SentMonth
from services.payroll.adapters import attendance_reading, sheet_annotated
from services.payroll.errors import (
    AttendanceSheetUnreadable,
    ProjectUnknown,
    SheetRefused,
    SheetUnreadable,
)
from services.payroll.models import AttendanceSheet
from services.payroll.routes import sheet_uploads
from services.payroll.routes.router import router
from services.payroll.rules.sheets import Severity
from services.payroll.schemas import attendance_sheets as bodies
from services.payroll.schemas.lines import RevealIn
from shared import clock, paging, turns, uploads
from shared.auth import Who, may
from shared.db import Glance, Transaction
from shared.files import MEDIA_TYPES, FileKind, FileLost, KeptFiles
from shared.paging import Found, Page
from shared.problems import NotFound, raises


async def _sent(
    request: Request, files: KeptFiles, glance: Glance, caller: Who
) -> AsyncIterator[SentMonth]:
    """Keep and read a file before the transaction begins."""
    async with request.form() as form:
        said, kept, content = await sheet_uploads.form_file(
            form, files, bodies.AttendanceSheetFormIn
        )
        known = await sheet_uploads.known_headers(glance, caller, attendance_reading.KIND)
        read = await sheet_uploads.read_file(content, attendance_reading.KIND, known)
        month = await turns.aside(attendance_reading.of, read, said.period)
        yield SentMonth(said.period, said.employer_id, kept.sha256, kept.size, kept.file_id, month)


async def _annotated(
    attendance_sheet_id: UUID, files: KeptFiles, glance: Glance, caller: Who
) -> bytes:
    """Write a kept file anew with what was found in it."""
    async with glance() as session:
        row = await queries.attendance_sheets.sheet_of_sender(
            session, attendance_sheet_id, caller.scope
        )
    marks = [
        sheet_annotated.Mark(
            one["sheet"], one["row"], one["column"], one["place"], Severity(one["severity"]),
            one["detail"]["zh"], one["remedy"]["zh"] if one["remedy"] else "",
        )
        for one in row.findings
    ]  # fmt: skip
    return await sheet_uploads.written_anew(files, row.file_id, marks)


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            sheet_uploads.FORM: {"schema": sheet_uploads.form_of(bodies.AttendanceSheetFormIn)}
        },
    }
}


@router.post(
    "/v1/projects/{project_id}/attendance-sheets",
    status_code=201,
    response_model=bodies.AttendanceSheetWithFindingsOut,
    dependencies=[may("payroll:send_sheets")],
    responses=raises(ProjectUnknown, SheetRefused, AttendanceSheetUnreadable, uploads.BodyTooLarge),
    openapi_extra=_BODY,
    summary="Send a month's attendance as a file: xlsx, xls, csv; what can be taken counts",
)
async def take_attendance_sheet(
    sent: Annotated[SentMonth, Depends(_sent)],
    session: Transaction,
    caller: Who,
    project_id: UUID,
) -> AttendanceSheet:
    """The same file gives what came of it first; another takes the place of the one before."""
    return await actions.attendance_sheets.take_sheet(
        session, caller, project_id, sent, clock.now()
    )


@router.get(
    "/v1/attendance-sheets",
    response_model=Page[bodies.AttendanceSheetOut],
    dependencies=[may("payroll:read_sheets")],
    responses=raises(paging.CursorUnreadable),
    summary="List attendance sheets, newest first; replaced versions stay",
)
async def attendance_sheets(
    session: Transaction,
    caller: Who,
    only: Annotated[bodies.AttendanceSheetFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[AttendanceSheet]:
    return await queries.attendance_sheets.listed(
        session, caller.scope, only, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/attendance-sheets/{attendance_sheet_id}",
    response_model=bodies.AttendanceSheetWithFindingsOut,
    dependencies=[may("payroll:read_sheets")],
    responses=raises(NotFound),
    summary="Show an attendance sheet with all that was found in it",
)
async def attendance_sheet(
    session: Transaction, caller: Who, attendance_sheet_id: UUID
) -> AttendanceSheet:
    return await queries.attendance_sheets.sheet(session, attendance_sheet_id, caller.scope)


@router.post(
    "/v1/attendance-sheets/{attendance_sheet_id}/annotated",
    response_class=Response,
    dependencies=[may("payroll:send_sheets")],
    responses={
        200: {"content": {MEDIA_TYPES[FileKind.XLSX]: {}}},
        **raises(NotFound, ProjectUnknown, SheetUnreadable, FileLost),
    },
    openapi_extra={"x-shows-secret": True},
    summary="Give its sender a file of attendance with comment and colour at each cell that is off",
)
async def annotated_attendance(
    content: Annotated[bytes, Depends(_annotated)],
    session: Transaction,
    caller: Who,
    attendance_sheet_id: UUID,
    body: RevealIn,
) -> Response:
    """Give it as xlsx with the values of the file; who took it and why is recorded."""
    await actions.attendance_sheets.reveal_sheet(
        session, attendance_sheet_id, caller.scope, body.purpose
    )
    headers = {
        "content-disposition": f'attachment; filename="{attendance_sheet_id}-findings.xlsx"',
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=MEDIA_TYPES[FileKind.XLSX], headers=headers)
