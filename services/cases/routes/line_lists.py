"""Lists of a case's workers in files over HTTP: a template to fill in, a trial, the import."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Response

from services.cases import actions, queries
from services.cases.actions.line_lists import SentLines
from services.cases.adapters import line_list as form
from services.cases.errors import (
    CaseEnded,
    CaseMoved,
    CaseUnknown,
    LineListRefused,
    LineListUnknown,
)
from services.cases.models import LineList
from services.cases.routes.router import router
from services.cases.schemas.line_lists import LineListOut, LineListWithFindingsOut
from shared import clock, list_files, paging, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import Kept
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises
from shared.tables.forms import Filled

_WORK = [may("cases:work_cases")]
Uploaded = Annotated[tuple[Kept, Filled], Depends(list_files.reading(form.WORKERS))]


@router.get(
    "/v1/line-lists/template",
    dependencies=_WORK,
    response_class=Response,
    responses={**list_files.XLSX},
    summary="A template of a list of workers who are owed wages",
)
async def line_list_template(who: Who) -> Response:
    return await list_files.template(form.template, "workers")


@router.post(
    "/v1/arrears-cases/{case_id}/line-lists",
    dependencies=_WORK,
    summary="Try or enter a list of a case's workers from a file: xlsx, xls, csv",
    response_model=LineListWithFindingsOut,
    responses=raises(
        CaseUnknown, CaseMoved, CaseEnded, LineListRefused, uploads.BodyTooLarge, Invalid
    ),
)
async def import_lines(
    uploaded: Uploaded,
    session: Transaction,
    who: Who,
    case_id: UUID,
    *,
    version: Annotated[int, Form(ge=1, le=1_000_000_000)],
    dry_run: Annotated[bool, Form()] = False,
) -> LineList:
    """Enter the rows that are right and new, report the others; the file is kept."""
    sent = SentLines(version, *uploaded)
    return await actions.line_lists.import_lines(
        session, who, case_id, sent, clock.now(), dry_run=dry_run
    )


@router.get(
    "/v1/arrears-cases/{case_id}/line-lists",
    dependencies=_WORK,
    summary="Files of a case's workers that came, the newest first",
    response_model=Page[LineListOut],
    responses=raises(CaseUnknown, CursorUnreadable, Invalid),
)
async def line_lists(
    session: Transaction, who: Who, case_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[LineList]:
    return await queries.line_lists.line_lists(
        session, case_id, who.scope, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/line-lists/{list_id}",
    dependencies=_WORK,
    summary="One file of a case's workers, with all findings at their cells",
    response_model=LineListWithFindingsOut,
    responses=raises(LineListUnknown, Invalid),
)
async def line_list(session: Transaction, who: Who, list_id: UUID) -> LineList:
    return await queries.line_lists.line_list(session, list_id, who.scope)
