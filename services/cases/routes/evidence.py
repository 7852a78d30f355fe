"""Evidence over HTTP: files that people bring for a watch item, and give out as downloads."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, File, Response, UploadFile

from services.cases import actions, adapters, queries
from services.cases.errors import EvidenceUnknown, FileInfected, FileNotTaken, WatchItemUnknown
from services.cases.models import Evidence
from services.cases.routes.router import router
from services.cases.schemas.evidence import EvidenceOut
from shared import clock, paging, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import FileLost, Kept, KeptFiles
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises


async def keep(files: KeptFiles, file: Annotated[UploadFile, File()]) -> Kept:
    """Keep an uploaded file before the request's transaction begins."""
    return await adapters.evidence_file.keep(files, await uploads.read_upload(file))


@router.post(
    "/v1/watch-items/{item_id}/evidence",
    dependencies=[may("cases:add_evidence")],
    summary="Bring a file as evidence for a watch item",
    status_code=201,
    response_model=EvidenceOut,
    responses=raises(WatchItemUnknown, FileNotTaken, uploads.BodyTooLarge, Invalid),
)
async def add_evidence(
    kept: Annotated[Kept, Depends(keep)], session: Transaction, who: Who, item_id: UUID
) -> Evidence:
    return await actions.evidence.add_evidence(session, who, item_id, kept, clock.now())


@router.get(
    "/v1/watch-items/{item_id}/evidence",
    dependencies=[may("cases:read")],
    summary="What was brought as evidence for a watch item",
    response_model=Page[EvidenceOut],
    responses=raises(WatchItemUnknown, CursorUnreadable, Invalid),
)
async def evidence_page(
    session: Transaction, who: Who, item_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[Evidence]:
    return await queries.evidence.evidence_page(
        session, item_id, who.scope, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/evidence/{evidence_id}/file",
    dependencies=[may("cases:read")],
    summary="The file of an evidence, as a download",
    response_class=Response,
    responses=raises(EvidenceUnknown, FileLost, FileInfected, Invalid),
)
async def evidence_file(
    files: KeptFiles, session: Transaction, who: Who, evidence_id: UUID
) -> Response:
    """Give the file under its id, never under the name that whoever brought it gave it."""
    found = await actions.evidence.hand_out(session, who, evidence_id)
    kept, content = await files.give(found.id)
    name = f'attachment; filename="{found.id}.{kept.kind}"'
    headers = {"content-disposition": name, "x-content-type-options": "nosniff"}
    return Response(content, media_type=kept.media_type, headers=headers)
