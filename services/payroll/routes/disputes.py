"""What workers say of wages that were paid, over HTTP."""

from uuid import UUID

from services.payroll import actions, queries
from services.payroll.errors import DisputeClosed, DisputeRefused, PersonNeeded
from services.payroll.models import LineDispute
from services.payroll.routes.router import router
from services.payroll.schemas.disputes import DisputeClosingIn, DisputeIn, DisputeOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, raises


@router.post(
    "/v1/disbursements/{disbursement_id}/lines/{line_id}/disputes",
    status_code=201,
    response_model=DisputeOut,
    dependencies=[may("payroll:dispute_lines")],
    responses=raises(NotFound, PersonNeeded, DisputeRefused),
    summary="Note for a worker that wages did not come, or not as they should",
)
async def dispute_line(
    session: Transaction, caller: Who, disbursement_id: UUID, line_id: UUID, body: DisputeIn
) -> LineDispute:
    return await actions.disputes.dispute_line(
        session, caller, disbursement_id, line_id, said=body, now=clock.now()
    )


@router.post(
    "/v1/disbursements/{disbursement_id}/disputes/{dispute_id}/close",
    response_model=DisputeOut,
    dependencies=[may("payroll:close_disputes")],
    responses=raises(NotFound, PersonNeeded, DisputeClosed),
    summary="Close a dispute by what shows that it is settled",
)
async def close_dispute(
    session: Transaction,
    caller: Who,
    disbursement_id: UUID,
    dispute_id: UUID,
    body: DisputeClosingIn,
) -> LineDispute:
    return await actions.disputes.close_dispute(
        session, caller, disbursement_id, dispute_id, proof=body.proof, now=clock.now()
    )


@router.get(
    "/v1/disbursements/{disbursement_id}/disputes",
    response_model=Page[DisputeOut],
    dependencies=[may("payroll:read_disbursements")],
    responses=raises(NotFound, paging.CursorUnreadable),
    summary="What workers say of a batch's lines, oldest first",
)
async def disputes(
    session: Transaction,
    caller: Who,
    disbursement_id: UUID,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[LineDispute]:
    return await queries.disputes.disputes(
        session, disbursement_id, caller.scope, cursor=cursor, limit=limit
    )
