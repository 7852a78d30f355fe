"""The papers of deposits over HTTP (65号 art. 10-11): agreement, mark of the account."""

from typing import Annotated
from uuid import UUID

from fastapi import Form, Query, Response

from services.registry import actions, queries
from services.registry.errors import (
    FileNotTaken,
    PaperUnknown,
    RegistrationRefused,
    SecurityUnknown,
    StepRefused,
)
from services.registry.models import DepositPaper
from services.registry.routes.evidence import Paper, download
from services.registry.routes.router import router
from services.registry.rules.deposit_papers import PaperKind
from services.registry.schemas.deposit_papers import PaperFilter, PaperOut, PaperWithdrawalIn
from services.registry.schemas.fields import Name
from shared import clock, paging, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import FileLost, KeptFiles
from shared.paging import Page
from shared.problems import raises


@router.get(
    "/v1/deposit-papers",
    dependencies=[may("registry:read")],
    response_model=Page[PaperOut],
    responses=raises(paging.CursorUnreadable),
    summary="Agreements and marks of deposits in cash, all versions",
)
async def deposit_papers(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[PaperFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[DepositPaper]:
    """Give papers, the one filed first first; what was replaced or withdrawn stays."""
    return await queries.deposit_papers.papers(
        session, who.scope, wanted, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/securities/{security_id}/papers",
    dependencies=[may("registry:write_deposits")],
    status_code=201,
    response_model=PaperOut,
    responses=raises(SecurityUnknown, RegistrationRefused, FileNotTaken, uploads.BodyTooLarge),
    summary="File a deposit's agreement, or what shows that the bank marked its account",
)
async def file_deposit_paper(
    kept: Paper,
    session: Transaction,
    who: Who,
    *,
    security_id: UUID,
    kind: Annotated[PaperKind, Form()],
    dated_on: Annotated[clock.Day, Form()],
    told_by: Annotated[Name, Form()],
) -> DepositPaper:
    """Keep the file, sealed, as the next version; the one before it stays.

    `dated_on` is the day of signing or of marking, `told_by` the office of the bank.
    """
    return await actions.deposit_papers.file_paper(
        session,
        who,
        security_id,
        kept,
        kind=kind,
        dated_on=dated_on,
        told_by=told_by,
        now=clock.now(),
    )


@router.get(
    "/v1/deposit-papers/{deposit_paper_id}/file",
    dependencies=[may("registry:read")],
    response_class=Response,
    responses=raises(PaperUnknown, FileLost),
    summary="The file of a deposit's paper, as a download",
)
async def deposit_paper_file(
    files: KeptFiles, session: Transaction, who: Who, deposit_paper_id: UUID
) -> Response:
    """Give the kept file under its id, never under the name that its uploader gave it."""
    one = await queries.deposit_papers.paper(session, deposit_paper_id, who.scope)
    return await download(files, one.file_id, one.id)


@router.post(
    "/v1/deposit-papers/{deposit_paper_id}/withdraw",
    dependencies=[may("registry:decide_deposits")],
    response_model=PaperOut,
    responses=raises(PaperUnknown, StepRefused),
    summary="Let a deposit's paper count no more",
)
async def withdraw_deposit_paper(
    session: Transaction, who: Who, deposit_paper_id: UUID, body: PaperWithdrawalIn
) -> DepositPaper:
    """Withdraw the version that counts, with the reason; row and file stay."""
    return await actions.deposit_papers.withdraw_paper(
        session, who, deposit_paper_id, body.reason, clock.now()
    )
