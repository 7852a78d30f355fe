"""Statement files over HTTP: bank feeds of whoever has no machine to send them."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, File, Form, Query, Response, UploadFile

from services.payroll import actions, queries
from services.payroll.actions.statement_files import ReadFile, Sent
from services.payroll.adapters import statement_child
from services.payroll.errors import SourceUnknown, StatementRefused
from services.payroll.models import StatementFile
from services.payroll.routes.router import router
from services.payroll.rules.statement_files import StatementStatus
from services.payroll.schemas.fields import AccountNo, Code
from services.payroll.schemas.lines import RevealIn
from services.payroll.schemas.statement_files import (
    AT_ONCE,
    MOST_BYTES,
    StatementFileFilter,
    StatementFileOut,
)
from shared import clock, paging, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import FileLost, Kept, KeptFiles, recognise
from shared.paging import Found, Page
from shared.problems import NotFound, raises

DOWNLOAD = "application/octet-stream"
"""Whatever it is by its bytes: nobody's browser shows it."""


async def _read(
    files: KeptFiles, file: Annotated[UploadFile, File()]
) -> tuple[Kept, ReadFile | None]:
    """Keep an uploaded file, and read it if it is small, before the transaction begins."""
    upload = await uploads.read_upload(file, limit=MOST_BYTES)
    kept = await files.keep(upload.content, kind=recognise(upload.content), name=upload.name)
    if kept.size > AT_ONCE:
        return kept, None
    lines, outcome, refused = await statement_child.read_all(upload.content)
    return kept, ReadFile(lines, outcome, refused)


Uploaded = Annotated[tuple[Kept, ReadFile | None], Depends(_read)]


@router.post(
    "/v1/statement-files",
    status_code=201,
    response_model=StatementFileOut,
    dependencies=[may("payroll:send_feed")],
    responses=raises(SourceUnknown, StatementRefused, uploads.BodyTooLarge),
    summary="Send an account's statement as a file; large ones are read in the background (202)",
)
async def receive_statement_file(
    uploaded: Uploaded,
    session: Transaction,
    caller: Who,
    response: Response,
    *,
    source: Annotated[Code, Form()],
    account_no: Annotated[AccountNo | None, Form()] = None,
    final: Annotated[bool, Form()] = False,
) -> StatementFile:
    """`final` closes the days that the file covers. `account_no` where the file names none."""
    kept, read = uploaded
    sent = Sent(kept, source, account_no, final)
    file = await actions.statement_files.receive_statement_file(
        session, caller, sent, read, clock.now()
    )
    if file.status is StatementStatus.READING:
        response.status_code = 202
    return file


@router.get(
    "/v1/statement-files",
    response_model=Page[StatementFileOut],
    dependencies=[may("payroll:read_feeds")],
    responses=raises(paging.CursorUnreadable),
    summary="List statement files, newest first; refused ones with their findings",
)
async def statement_files(
    session: Transaction,
    caller: Who,
    only: Annotated[StatementFileFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[StatementFile]:
    return await queries.statement_files.statement_files(
        session, caller.scope, only, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/statement-files/{statement_file_id}",
    response_model=StatementFileOut,
    dependencies=[may("payroll:read_feeds")],
    responses=raises(NotFound),
    summary="Show how far a statement file is read, and what became of it",
)
async def statement_file(
    session: Transaction, caller: Who, statement_file_id: UUID
) -> StatementFile:
    return await queries.statement_files.statement_file(session, statement_file_id, caller.scope)


@router.post(
    "/v1/statement-files/{statement_file_id}/reveal",
    response_class=Response,
    dependencies=[may("payroll:reveal")],
    responses={200: {"content": {DOWNLOAD: {}}}, **raises(NotFound, FileLost)},
    openapi_extra={"x-shows-secret": True},
    summary="Give the kept file as a download; who took it and why is recorded",
)
async def reveal_statement_file(
    files: KeptFiles, session: Transaction, caller: Who, statement_file_id: UUID, body: RevealIn
) -> Response:
    """Give the file under its id, never under the name that its sender gave it."""
    file = await actions.statement_files.reveal_statement_file(
        session, statement_file_id, caller.scope, body.purpose
    )
    kept, content = await files.give(file.file_id)
    name = f'attachment; filename="{file.id}.{kept.kind}"'
    headers = {"content-disposition": name, "x-content-type-options": "nosniff"}
    return Response(content, media_type=DOWNLOAD, headers=headers)
