"""What the SMS gateway reports, over HTTP."""

from fastapi import Depends, Request

from services.alerts import actions, adapters
from services.alerts.errors import ReportUnsigned
from services.alerts.routes.router import router
from services.alerts.schemas.sms import ReportsIn, ReportsOut
from shared import clock
from shared.auth import may
from shared.db import Transaction
from shared.problems import raises


async def _signed(request: Request) -> None:
    """Refuse what the gateway did not sign just now; before the transaction begins.

    It costs a hash, so nobody is counted: strangers could else use up what the gateway may ask.
    """
    path, query = request.url.path, request.url.query
    asked = f"{path}?{query}" if query else path
    adapters.sms.verify(request.method, asked, request.headers, await request.body())


@router.post(
    "/v1/sms/reports", summary="What became of SMS, as their gateway says it",
    response_model=ReportsOut,
    dependencies=[may("public"), Depends(_signed)], responses=raises(ReportUnsigned),
)  # fmt: skip
async def take_reports(session: Transaction, body: ReportsIn) -> dict[str, int]:
    taken = await actions.reports.take_reports(session, body.reports, clock.now())
    return {"taken": taken}
