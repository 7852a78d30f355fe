"""The door by which the platform's canary comes back, over HTTP."""

from fastapi import Depends, Request

from services.payroll import actions
from services.payroll.adapters import canary
from services.payroll.errors import CanaryUnsigned
from services.payroll.routes.router import router
from services.payroll.schemas.canary import CanaryIn, CanaryOut
from shared import clock
from shared.auth import may
from shared.db import Transaction
from shared.problems import raises


async def _signed(request: Request) -> None:
    """Refuse what alerts did not sign just now; before the transaction begins."""
    canary.verify(request.headers, await request.body())


@router.post(
    "/v1/canary",
    response_model=CanaryOut,
    dependencies=[may("public"), Depends(_signed)],
    responses=raises(CanaryUnsigned),
    summary="Take the platform's canary back, signed by alerts",
)
async def take_back(session: Transaction, body: CanaryIn) -> dict[str, bool]:
    taken = await actions.canary.take_back(session, body.data.round_id, clock.now(), clock.wall())
    return {"taken": taken}
