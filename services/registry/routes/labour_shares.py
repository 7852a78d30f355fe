"""Shares of labour cost by area over HTTP."""

from typing import Annotated

from fastapi import Query

from services.registry import actions, queries
from services.registry.errors import RegistrationRefused
from services.registry.models import LabourShare
from services.registry.routes.router import router
from services.registry.schemas.labour_shares import (
    LabourShareFilter,
    LabourShareIn,
    LabourShareOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import raises


@router.get(
    "/v1/labour-shares",
    dependencies=[may("registry:read")],
    response_model=Page[LabourShareOut],
    responses=raises(paging.CursorUnreadable),
    summary="Which share of a contract is labour cost where it names none, by area",
)
async def labour_shares(
    session: Transaction,
    who: Who,
    wanted: Annotated[LabourShareFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[LabourShare]:
    """Give all versions, those of the areas above the caller's too."""
    return await queries.labour_shares.labour_shares(
        session, who.scope, wanted, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/labour-shares",
    dependencies=[may("registry:write_labour_shares")],
    status_code=201,
    response_model=LabourShareOut,
    responses=raises(RegistrationRefused),
    summary="Enter a version of an area's share of labour cost",
)
async def enter_labour_share(session: Transaction, who: Who, body: LabourShareIn) -> LabourShare:
    """Enter a new version; the content of the newest again gives the newest."""
    return await actions.labour_shares.enter_labour_share(session, who.scope, body, clock.now())
