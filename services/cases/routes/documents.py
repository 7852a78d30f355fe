"""Documents of arrears cases over HTTP: issued, given as files, served, void."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from services.cases import actions, adapters, queries
from services.cases.errors import (
    CaseUnknown,
    DocumentNotThere,
    DocumentRefused,
    DocumentUnknown,
    EvidenceRefused,
    ServiceDayUnfit,
    TemplateUnknown,
)
from services.cases.models import CaseDocument
from services.cases.routes.router import router
from services.cases.schemas.documents import DocumentIn, DocumentOut, DocumentServiceIn, VoidIn
from services.cases.schemas.leads import RevealIn
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Glance, Transaction
from shared.files import MEDIA_TYPES, FileKind, FileLost, Kept, KeptFiles
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises

DOCX = MEDIA_TYPES[FileKind.DOCX]


@router.get(
    "/v1/arrears-cases/{case_id}/documents",
    dependencies=[may("cases:work_cases")],
    summary="The documents of a case, void ones too",
    response_model=Page[DocumentOut],
    responses=raises(CaseUnknown, CursorUnreadable, Invalid),
)
async def documents(
    session: Transaction, who: Who, case_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[CaseDocument]:
    return await queries.documents.documents(
        session, case_id, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/arrears-cases/{case_id}/documents",
    dependencies=[may("cases:write_documents")],
    summary="Issue a document of a case under the next number; missing fields are named",
    status_code=201,
    response_model=DocumentOut,
    responses=raises(CaseUnknown, TemplateUnknown, DocumentRefused, Invalid),
)
async def issue_document(
    session: Transaction, who: Who, case_id: UUID, body: DocumentIn
) -> CaseDocument:
    return await actions.documents.issue_document(session, who, case_id, body, clock.now())


async def _made(
    files: KeptFiles, glance: Glance, who: Who, document_id: UUID, body: RevealIn
) -> Kept | None:
    """Make the file where there is none yet, before the transaction begins."""
    async with glance() as session:
        document = await queries.documents.document(session, document_id, who.scope)
        if document.said is None:
            return None
        template = await queries.documents.template_of(session, document)
        said, file_id, kind = json.loads(document.said), template.file_id, document.kind
    form = (await files.give(file_id))[1] if file_id else adapters.documents.own_form(kind)
    content = await adapters.documents.fill(form, said["values"], said["rows"])
    return await files.keep(content, kind=FileKind.DOCX, name=f"{document_id}.docx")


@router.post(
    "/v1/case-documents/{document_id}/file",
    dependencies=[may("cases:work_cases")],
    summary="Give a document as a file; who took it and why is recorded",
    response_class=Response,
    responses={200: {"content": {DOCX: {}}}, **raises(DocumentUnknown, FileLost, Invalid)},
    openapi_extra={"x-shows-secret": True},
)
async def take_document_file(
    made: Annotated[Kept | None, Depends(_made)],
    files: KeptFiles,
    session: Transaction,
    who: Who,
    *,
    document_id: UUID,
    body: RevealIn,
) -> Response:
    """It names people. It is made when it is taken first; from then on it is the same file."""
    file_id = await actions.documents.take_file(
        session, who, document_id, made, purpose=body.purpose
    )
    kept, content = await files.give(file_id)
    headers = {
        "content-disposition": f'attachment; filename="{kept.name}"',
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=DOCX, headers=headers)


@router.post(
    "/v1/case-documents/{document_id}/service",
    dependencies=[may("cases:write_documents")],
    summary="Write down how and when a document was served, on whom, with the receipt",
    response_model=DocumentOut,
    responses=raises(DocumentUnknown, DocumentNotThere, ServiceDayUnfit, EvidenceRefused, Invalid),
)
async def serve_document(
    session: Transaction, who: Who, document_id: UUID, body: DocumentServiceIn
) -> CaseDocument:
    return await actions.documents.serve_document(session, who, document_id, body, clock.now())


@router.post(
    "/v1/case-documents/{document_id}/void",
    dependencies=[may("cases:write_documents")],
    summary="Declare a document void; it keeps its number",
    response_model=DocumentOut,
    responses=raises(DocumentUnknown, DocumentNotThere, Invalid),
)
async def void_document(
    session: Transaction, who: Who, document_id: UUID, body: VoidIn
) -> CaseDocument:
    return await actions.documents.void_document(session, who, document_id, body, clock.now())
