"""Sources over HTTP: the banks and branches that owe feeds."""

from services.payroll import actions, queries
from services.payroll.errors import SourceCodeTaken, SourceRefused
from services.payroll.models import Source
from services.payroll.routes.router import router
from services.payroll.schemas.sources import SourceIn, SourceOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import raises


@router.post(
    "/v1/sources",
    status_code=201,
    response_model=SourceOut,
    dependencies=[may("payroll:write_sources")],
    responses=raises(SourceRefused, SourceCodeTaken),
    summary="Enter a source: a bank, or one of its branches, that owes a feed for every day",
)
async def register_source(session: Transaction, caller: Who, body: SourceIn) -> Source:
    return await actions.sources.register_source(session, caller.scope, body, clock.today())


@router.get(
    "/v1/sources",
    response_model=Page[SourceOut],
    dependencies=[may("payroll:read_feeds")],
    responses=raises(paging.CursorUnreadable),
    summary="List sources, each with the day up to which its data are complete",
)
async def sources(
    session: Transaction, caller: Who, cursor: paging.Cursor, limit: paging.Limit
) -> Found[Source]:
    return await queries.sources.sources(session, caller.scope, cursor=cursor, limit=limit)
