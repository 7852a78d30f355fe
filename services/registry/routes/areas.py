"""Areas over HTTP."""

import asyncio
from typing import Annotated

from fastapi import Body, Query

from services.registry import actions, adapters, queries
from services.registry.errors import AreaFileUnreadable, RegistrationRefused
from services.registry.models import Area
from services.registry.routes.router import router
from services.registry.rules.areas import Entered
from services.registry.schemas.areas import AreaFilter, AreaOut, AreasIn, EnteredOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import raises


@router.get(
    "/v1/areas",
    dependencies=[may("registry:read")],
    response_model=Page[AreaOut],
    responses=raises(paging.CursorUnreadable),
    summary="Areas of the caller, each dated row",
)
async def areas(
    session: Transaction,
    who: Who,
    wanted: Annotated[AreaFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[Area]:
    """Give areas by code; within a code the oldest row first."""
    return await queries.areas.areas(session, who.scope, wanted, cursor=cursor, limit=limit)


@router.post(
    "/v1/areas",
    dependencies=[may("registry:write_areas")],
    response_model=EnteredOut,
    responses=raises(RegistrationRefused),
    summary="Enter areas",
)
async def enter_areas(session: Transaction, who: Who, body: AreasIn) -> Entered:
    """Enter or correct dated rows, all or none; the same rows again change nothing."""
    return await actions.areas.enter_areas(session, who.scope, body.facts(), clock.now())


@router.post(
    "/v1/areas/import",
    dependencies=[may("registry:write_areas")],
    response_model=EnteredOut,
    responses=raises(AreaFileUnreadable, RegistrationRefused),
    summary="Enter areas from a CSV file",
)
async def import_areas(
    session: Transaction, who: Who, body: Annotated[bytes, Body(media_type="text/csv")]
) -> Entered:
    """Take `code,name,parent_code,valid_from,valid_to`; findings name the file's rows."""
    facts, found = await asyncio.to_thread(adapters.area_file.read, body)
    return await actions.areas.enter_areas(session, who.scope, facts, clock.now(), found)
