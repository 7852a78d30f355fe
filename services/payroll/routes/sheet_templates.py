"""Templates of a project's sheets to take away, filled with its roster."""

import asyncio
from uuid import UUID

from fastapi import Response

from services.payroll import actions
from services.payroll.adapters import sheet_return
from services.payroll.errors import ProjectUnknown, SheetRefused
from services.payroll.routes.router import router
from services.payroll.schemas.sheets import SheetTemplateIn
from shared import list_files
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import MEDIA_TYPES, FileKind
from shared.problems import raises


@router.post(
    "/v1/projects/{project_id}/sheets/template",
    response_class=Response,
    dependencies=[may("payroll:send_sheets")],
    responses={**list_files.XLSX, **raises(ProjectUnknown, SheetRefused)},
    openapi_extra={"x-shows-secret": True},
    summary="A payroll sheet to fill in, with a project's roster; who took it and why is recorded",
)
async def payroll_template(
    session: Transaction, caller: Who, project_id: UUID, body: SheetTemplateIn
) -> Response:
    filled = await actions.sheet_templates.fill(session, caller, project_id, body)
    content = await asyncio.to_thread(
        sheet_return.template, filled.labels, body.period, filled.workers
    )
    return _given(content, f"payroll-{body.period}")


@router.post(
    "/v1/projects/{project_id}/attendance-sheets/template",
    response_class=Response,
    dependencies=[may("payroll:send_sheets")],
    responses={**list_files.XLSX, **raises(ProjectUnknown, SheetRefused)},
    openapi_extra={"x-shows-secret": True},
    summary="An attendance sheet to mark, with a project's roster; who took it and why is recorded",
)
async def attendance_template(
    session: Transaction, caller: Who, project_id: UUID, body: SheetTemplateIn
) -> Response:
    filled = await actions.sheet_templates.fill(session, caller, project_id, body)
    content = await asyncio.to_thread(
        sheet_return.attendance_template, filled.labels, body.period, filled.workers
    )
    return _given(content, f"attendance-{body.period}")


def _given(content: bytes, name: str) -> Response:
    headers = {
        "content-disposition": f'attachment; filename="{name}.xlsx"',
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=MEDIA_TYPES[FileKind.XLSX], headers=headers)
