"""What banks say of payments over HTTP, by the interface or in a file; and what goes once more."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from services.payroll import actions, queries
from services.payroll.actions.results import SentResults
from services.payroll.adapters.payment_instruction import RESULTS
from services.payroll.errors import (
    AccountFrozen,
    FundsShort,
    NothingToSend,
    NoWageAccount,
    PersonNeeded,
    ResultsRefused,
    SecondPersonNeeded,
)
from services.payroll.models import ResultBatch
from services.payroll.queries.disbursements import Batch
from services.payroll.routes.router import router
from services.payroll.schemas.disbursements import DisbursementOut, RetryIn
from services.payroll.schemas.results import (
    ResultBatchOut,
    ResultBatchWithFindingsOut,
    ResultsIn,
)
from shared import clock, list_files, paging, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import Kept
from shared.paging import Found, Page
from shared.problems import NotFound, raises
from shared.tables.forms import Filled

Uploaded = Annotated[tuple[Kept, Filled], Depends(list_files.reading(RESULTS))]


@router.post(
    "/v1/disbursements/{disbursement_id}/results",
    response_model=ResultBatchWithFindingsOut,
    dependencies=[may("payroll:send_results")],
    responses=raises(NotFound, ResultsRefused, uploads.BodyTooLarge),
    summary="Tell what became of payments from one's own account: settled, returned, pending",
)
async def receive_results(
    session: Transaction, caller: Who, disbursement_id: UUID, body: ResultsIn
) -> ResultBatch:
    """All is taken or nothing; a word against an earlier one is refused, and kept."""
    return await actions.results.receive_results(
        session, caller, disbursement_id, body, clock.now()
    )


@router.post(
    "/v1/disbursements/{disbursement_id}/result-files",
    response_model=ResultBatchWithFindingsOut,
    dependencies=[may("payroll:send_results")],
    responses=raises(NotFound, ResultsRefused, uploads.BodyTooLarge),
    summary="The same in a file, xlsx, xls or csv: the instruction with its columns filled in",
)
async def import_results(
    uploaded: Uploaded, session: Transaction, caller: Who, disbursement_id: UUID
) -> ResultBatch:
    """The file is kept. The same file again gives what came of it first."""
    return await actions.results.import_results(
        session, caller, disbursement_id, SentResults(*uploaded), clock.now()
    )


@router.get(
    "/v1/disbursements/{disbursement_id}/results",
    response_model=Page[ResultBatchOut],
    dependencies=[may("payroll:read_disbursements")],
    responses=raises(NotFound, paging.CursorUnreadable),
    summary="What the bank sent of a batch, newest first; what was refused, too",
)
async def result_batches(
    session: Transaction,
    caller: Who,
    disbursement_id: UUID,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[ResultBatch]:
    return await queries.results.result_batches(
        session, disbursement_id, caller.scope, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/disbursements/{disbursement_id}/results/{result_id}",
    response_model=ResultBatchWithFindingsOut,
    dependencies=[may("payroll:read_disbursements")],
    responses=raises(NotFound),
    summary="What the bank sent once, with all that was wrong with it",
)
async def result_batch(
    session: Transaction, caller: Who, disbursement_id: UUID, result_id: UUID
) -> ResultBatch:
    return await queries.results.result_batch(session, disbursement_id, result_id, caller.scope)


@router.post(
    "/v1/disbursements/{disbursement_id}/retry",
    response_model=DisbursementOut,
    dependencies=[may("payroll:send_disbursements")],
    responses=raises(
        NotFound, PersonNeeded, SecondPersonNeeded, NoWageAccount, AccountFrozen, NothingToSend,
        FundsShort,
    ),
    summary="Send again what came back, and what was held and may go now",
)  # fmt: skip
async def retry_lines(
    session: Transaction, caller: Who, disbursement_id: UUID, body: RetryIn
) -> Batch:
    """A line keeps its identity, and goes to the worker's newest card once that counts."""
    return await actions.retries.retry_lines(
        session, caller, disbursement_id, body.wanted, clock.now()
    )
