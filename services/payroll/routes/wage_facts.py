"""What payroll knows beside claims of unpaid wages, over HTTP."""

from uuid import UUID

from services.payroll import actions
from services.payroll.actions.wage_facts import WageFacts
from services.payroll.errors import ProjectUnknown
from services.payroll.routes.router import router
from services.payroll.schemas.wage_facts import ClaimsIn, WageFactsOut
from shared.auth import Who, may
from shared.db import Transaction
from shared.problems import raises


@router.post(
    "/v1/projects/{project_id}/wage-facts",
    dependencies=[may("payroll:compare_claims")],
    response_model=WageFactsOut,
    responses=raises(ProjectUnknown),
    summary="Hold claims of unpaid wages against roster, attendance, sheets and payments",
)
async def compare_claims(
    session: Transaction, caller: Who, project_id: UUID, body: ClaimsIn
) -> WageFacts:
    """Advice to whoever handles a case: sums and ids, no names; who asked and why is recorded."""
    return await actions.wage_facts.compare_claims(session, caller, project_id, body)
