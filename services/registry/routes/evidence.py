"""Evidence of required systems over HTTP: references one by one or in batches, files."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, File, Form, Response, UploadFile

from services.registry import actions, adapters, queries
from services.registry.actions.evidence import Filed, Shown
from services.registry.errors import (
    EvidenceUnknown,
    EvidenceWithdrawn,
    FileNotTaken,
    RegistrationRefused,
    RequirementUnknown,
)
from services.registry.models import Evidence
from services.registry.routes.router import router
from services.registry.schemas.requirements import (
    EvidenceBatchIn,
    EvidenceBatchOut,
    EvidenceIn,
    EvidenceOut,
    WithdrawalIn,
)
from shared import clock, paging, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import FileLost, Kept, KeptFiles
from shared.paging import Page
from shared.problems import raises


async def _paper(files: KeptFiles, file: Annotated[UploadFile, File()]) -> Kept:
    """Keep an uploaded file before the request's transaction begins."""
    return await adapters.evidence_file.keep(files, await uploads.read_upload(file))


Paper = Annotated[Kept, Depends(_paper)]


@router.get(
    "/v1/requirements/{requirement_id}/evidence",
    dependencies=[may("registry:read")],
    response_model=Page[EvidenceOut],
    responses=raises(RequirementUnknown, paging.CursorUnreadable),
    summary="What shows that a system is in place, withdrawn evidence too",
)
async def evidence(
    session: Transaction,
    who: Who,
    *,
    requirement_id: UUID,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[Evidence]:
    """Give evidence by the day since which it shows the system in place."""
    return await queries.requirements.evidence(
        session, requirement_id, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/requirements/evidence",
    dependencies=[may("registry:file_evidence")],
    response_model=EvidenceBatchOut,
    responses=raises(RegistrationRefused),
    summary="File evidence of many projects at once",
)
async def file_evidence_batch(session: Transaction, who: Who, body: EvidenceBatchIn) -> Filed:
    """File references; all of them, or none and every finding at its place."""
    return await actions.evidence.file_evidence_batch(session, who, body.items, clock.now())


@router.post(
    "/v1/requirements/{requirement_id}/evidence",
    dependencies=[may("registry:file_evidence")],
    status_code=201,
    response_model=EvidenceOut,
    responses=raises(RequirementUnknown, RegistrationRefused),
    summary="File a reference to what shows that a system is in place",
)
async def file_evidence(
    session: Transaction, who: Who, requirement_id: UUID, body: EvidenceIn
) -> Evidence:
    """File a reference; the same again gives the one that stands."""
    shown = Shown(body.done_on, body.valid_until, body.reference)
    return await actions.evidence.file_evidence(session, who, requirement_id, shown, clock.now())


@router.post(
    "/v1/requirements/{requirement_id}/evidence/file",
    dependencies=[may("registry:file_evidence")],
    status_code=201,
    response_model=EvidenceOut,
    responses=raises(RequirementUnknown, RegistrationRefused, FileNotTaken, uploads.BodyTooLarge),
    summary="File a paper or picture that shows that a system is in place",
)
async def file_paper(
    kept: Paper,
    session: Transaction,
    who: Who,
    *,
    requirement_id: UUID,
    done_on: Annotated[clock.Day, Form()],
    valid_until: Annotated[clock.Day | None, Form()] = None,
) -> Evidence:
    """Keep the file, sealed, and file it; the same file again gives the evidence that stands."""
    shown = Shown(done_on, valid_until, kept=kept)
    return await actions.evidence.file_evidence(session, who, requirement_id, shown, clock.now())


@router.get(
    "/v1/evidence/{evidence_id}/file",
    dependencies=[may("registry:read")],
    response_class=Response,
    responses=raises(EvidenceUnknown, FileNotTaken, FileLost),
    summary="The file of an evidence, as a download",
)
async def evidence_file(
    files: KeptFiles, session: Transaction, who: Who, evidence_id: UUID
) -> Response:
    """Give the kept file under its id, never under the name that its uploader gave it."""
    one = await queries.requirements.one_evidence(session, evidence_id, who.scope)
    return await download(files, one.file_id, one.id)


async def download(files: KeptFiles, file_id: UUID | None, name: UUID) -> Response:
    """Give a kept file, named by the row that it belongs to; raises FileNotTaken without one."""
    if file_id is None:
        raise FileNotTaken
    kept, content = await files.give(file_id)
    said = f'attachment; filename="{name}.{kept.kind}"'
    headers = {"content-disposition": said, "x-content-type-options": "nosniff"}
    return Response(content, media_type=kept.media_type, headers=headers)


@router.post(
    "/v1/evidence/{evidence_id}/withdraw",
    dependencies=[may("registry:withdraw_evidence")],
    response_model=EvidenceOut,
    responses=raises(EvidenceUnknown, EvidenceWithdrawn),
    summary="Let an evidence count no more",
)
async def withdraw_evidence(
    session: Transaction, who: Who, evidence_id: UUID, body: WithdrawalIn
) -> Evidence:
    """Withdraw an evidence with its reason; the row stays."""
    return await actions.evidence.withdraw_evidence(
        session, who, evidence_id, body.reason, clock.now()
    )
