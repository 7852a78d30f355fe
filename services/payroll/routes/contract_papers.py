"""The papers of labour contracts over HTTP: filed, listed, taken for a purpose."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Depends, File, Response, UploadFile

from services.payroll import actions, queries
from services.payroll.adapters import contract_file
from services.payroll.errors import PaperNotTaken, RetentionOver, RosterEntryUnknown
from services.payroll.models import ContractPaper
from services.payroll.routes.router import router
from services.payroll.schemas.contract_papers import ContractPaperOut
from services.payroll.schemas.lines import RevealIn
from shared import clock, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import FileLost, Kept, KeptFiles
from shared.problems import raises

DOWNLOAD = "application/octet-stream"


async def _paper(files: KeptFiles, file: Annotated[UploadFile, File()]) -> Kept:
    """Keep an uploaded paper before the request's transaction begins."""
    upload = await uploads.read_upload(file, limit=contract_file.MOST_PAPER_BYTES)
    return await contract_file.keep(files, upload)


@router.post(
    "/v1/projects/{project_id}/labour-contracts/{contract_id}/papers",
    status_code=201,
    response_model=ContractPaperOut,
    dependencies=[may("payroll:write_roster")],
    responses=raises(RosterEntryUnknown, RetentionOver, PaperNotTaken, uploads.BodyTooLarge),
    summary="File the signed paper of a labour contract; the one before it stays",
)
async def file_contract_paper(
    kept: Annotated[Kept, Depends(_paper)],
    session: Transaction,
    caller: Who,
    project_id: UUID,
    contract_id: UUID,
) -> ContractPaper:
    """Keep it, sealed, as the next version; the same again gives the version that counts."""
    return await actions.contract_papers.file_paper(
        session, caller, project_id, contract_id, kept, now=clock.now()
    )


@router.get(
    "/v1/projects/{project_id}/labour-contracts/{contract_id}/papers",
    response_model=list[ContractPaperOut],
    dependencies=[may("payroll:read_roster")],
    responses=raises(RosterEntryUnknown),
    summary="All versions of a labour contract's paper, without what stands in them",
)
async def contract_papers(
    session: Transaction, caller: Who, project_id: UUID, contract_id: UUID
) -> Sequence[ContractPaper]:
    return await queries.contract_papers.papers(session, project_id, contract_id, caller.scope)


@router.post(
    "/v1/contract-papers/{paper_id}/reveal",
    response_class=Response,
    dependencies=[may("payroll:reveal")],
    responses={
        200: {"content": {DOWNLOAD: {}}},
        **raises(RosterEntryUnknown, RetentionOver, FileLost),
    },
    openapi_extra={"x-shows-secret": True},
    summary="Give the paper of a labour contract as a download; who took it and why is recorded",
)
async def reveal_contract_paper(
    files: KeptFiles, session: Transaction, caller: Who, paper_id: UUID, body: RevealIn
) -> Response:
    """Give the file under its id, never under the name that its sender gave it."""
    file_id = await actions.contract_papers.reveal_paper(
        session, paper_id, caller.scope, body.purpose
    )
    kept, content = await files.give(file_id)
    name = f'attachment; filename="{paper_id}.{kept.kind}"'
    headers = {"content-disposition": name, "x-content-type-options": "nosniff"}
    return Response(content, media_type=DOWNLOAD, headers=headers)
