"""Why an item stands where it stands and how it gets out, over HTTP."""

from uuid import UUID

from services.cases import queries
from services.cases.errors import WatchItemUnknown
from services.cases.queries.why import Why
from services.cases.routes.router import router
from services.cases.schemas.why import WhyOut
from shared import clock
from shared.auth import Who, may
from shared.db import Transaction
from shared.problems import Invalid, raises


@router.get(
    "/v1/watch-items/{item_id}/why",
    dependencies=[may("cases:read")],
    summary="Why a watch item stands on its level, and how it gets out",
    response_model=WhyOut,
    responses=raises(WatchItemUnknown, Invalid),
)
async def why(session: Transaction, who: Who, item_id: UUID) -> Why:
    return await queries.why.why(session, item_id, who.scope, clock.now())
