"""A developer's word that its contractor owes wages, over HTTP."""

from services.cases import actions
from services.cases.actions.contractor_arrears import TakenIn
from services.cases.errors import ProjectUnknown, ReportRefused, ReportTaken
from services.cases.routes.router import router
from services.cases.schemas.contractor_arrears import ContractorArrearsIn, ContractorArrearsOut
from shared import clock
from shared.auth import Who, may
from shared.db import Transaction
from shared.problems import Invalid, raises


@router.post(
    "/v1/contractor-arrears",
    dependencies=[may("cases:report_contractor")],
    summary="Report that the contractor of one's own project owes wages although the money came",
    status_code=201,
    response_model=ContractorArrearsOut,
    responses=raises(ProjectUnknown, ReportRefused, ReportTaken, Invalid),
)
async def report_contractor(session: Transaction, who: Who, body: ContractorArrearsIn) -> TakenIn:
    return await actions.contractor_arrears.report_contractor(session, who, body, clock.now())
