"""Templates of documents over HTTP: which are in force, which fields they have, a new version."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, File, Form, Query, Response, UploadFile

from services.cases import actions, adapters, queries
from services.cases.adapters.documents import MOST_BYTES, Looked
from services.cases.errors import (
    AreaUnknown,
    PolicyVersionTaken,
    TemplateRefused,
    TemplateUnknown,
)
from services.cases.models import DocumentTemplate
from services.cases.routes.documents import DOCX
from services.cases.routes.router import router
from services.cases.rules.documents import FIELDS, DocumentKind
from services.cases.rules.policies import Certainty
from services.cases.schemas.arrears import Line
from services.cases.schemas.documents import (
    TemplateFieldOut,
    TemplateFieldsOut,
    TemplateFilter,
    TemplateIn,
    TemplateOut,
)
from services.cases.schemas.fields import AreaCode, Words
from shared import clock, paging, uploads
from shared.auth import Who, may
from shared.db import Glance, Transaction
from shared.files import FileLost, Kept, KeptFiles, recognise
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises


async def _said(
    *,
    area_code: Annotated[AreaCode, Form()],
    kind: Annotated[DocumentKind, Form()],
    version: Annotated[int, Form(ge=1, le=1_000_000)],
    valid_from: Annotated[clock.Day, Form()],
    prefix: Annotated[Line, Form(max_length=20)],
    basis: Annotated[Words, Form()],
    certainty: Annotated[Certainty, Form()],
) -> TemplateIn:
    """Take what is said beside the file."""
    return TemplateIn(
        area_code=area_code, kind=kind, version=version, valid_from=valid_from, prefix=prefix,
        basis=basis, certainty=certainty,
    )  # fmt: skip


async def _sent(files: KeptFiles, file: Annotated[UploadFile, File()]) -> tuple[Kept, Looked]:
    """Keep an uploaded template, and look at it, before the transaction begins."""
    upload = await uploads.read_upload(file, limit=MOST_BYTES)
    kept = await files.keep(upload.content, kind=recognise(upload.content), name=upload.name)
    return kept, await adapters.documents.look(upload.content)


@router.get(
    "/v1/document-templates",
    dependencies=[may("cases:read")],
    summary="Templates of documents, where they may govern the caller's areas",
    response_model=Page[TemplateOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def templates(
    session: Transaction,
    who: Who,
    *,
    only: Annotated[TemplateFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[DocumentTemplate]:
    return await queries.documents.templates(session, only, who.scope, cursor=cursor, limit=limit)


@router.get(
    "/v1/document-templates/fields",
    dependencies=[may("cases:read")],
    summary="The fields that templates may use, and where their values come from",
    response_model=TemplateFieldsOut,
    responses=raises(Invalid),
)
async def template_fields(who: Who) -> TemplateFieldsOut:
    return TemplateFieldsOut(
        items=[
            TemplateFieldOut(
                code=one.code,
                name=one.name,
                zh=one.words.zh,
                en=one.words.en,
                source=one.source,
            )
            for one in FIELDS
        ]
    )


@router.post(
    "/v1/document-templates",
    dependencies=[may("cases:write_policies")],
    summary="Store a version of an area's template: a .docx with fields, in force from a day",
    status_code=201,
    response_model=TemplateOut,
    responses=raises(
        AreaUnknown, TemplateRefused, PolicyVersionTaken, uploads.BodyTooLarge, Invalid
    ),
)
async def add_template(
    body: Annotated[TemplateIn, Depends(_said)],
    sent: Annotated[tuple[Kept, Looked], Depends(_sent)],
    session: Transaction,
    who: Who,
) -> DocumentTemplate:
    return await actions.document_templates.add_template(session, who, body, sent, clock.now())


@router.get(
    "/v1/document-templates/{template_id}/file",
    dependencies=[may("cases:read")],
    summary="The file of a template, to be changed and brought as the next version",
    response_class=Response,
    responses={200: {"content": {DOCX: {}}}, **raises(TemplateUnknown, FileLost, Invalid)},
)
async def template_file(files: KeptFiles, glance: Glance, who: Who, template_id: UUID) -> Response:
    async with glance() as session:
        found = await queries.documents.template(session, template_id, who.scope)
        file_id, kind = found.file_id, found.kind
    content = (await files.give(file_id))[1] if file_id else adapters.documents.own_form(kind)
    headers = {
        "content-disposition": f'attachment; filename="{kind}.docx"',
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=DOCX, headers=headers)
