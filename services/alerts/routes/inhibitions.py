"""Inhibitions over HTTP."""

from typing import Annotated

from fastapi import Query

from services.alerts import actions, queries
from services.alerts.errors import AreaUnknown, VersionNotLater
from services.alerts.models import Inhibition
from services.alerts.routes.router import LIST, router
from services.alerts.schemas.inhibitions import InhibitionFilter, InhibitionIn, InhibitionOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import raises


@router.get(
    "/v1/inhibitions", summary="Which facts mute which alerts, in all versions",
    response_model=Page[InhibitionOut], dependencies=[may("alerts:read")], responses=LIST,
)  # fmt: skip
async def inhibitions(
    session: Transaction,
    caller: Who,
    asked: Annotated[InhibitionFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Inhibition]:
    return await queries.inhibitions.inhibitions(
        session, caller.scope, asked, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/inhibitions", summary="Enter the next version of what a fact mutes in an area",
    status_code=201, response_model=InhibitionOut, dependencies=[may("alerts:write_routes")],
    responses=raises(AreaUnknown, VersionNotLater),
)  # fmt: skip
async def enter_inhibition(session: Transaction, caller: Who, body: InhibitionIn) -> Inhibition:
    return await actions.inhibitions.enter_rule(session, caller, body, clock.now())
