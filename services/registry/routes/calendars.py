"""Working-day calendars over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry import actions, queries
from services.registry.errors import CalendarUnknown, RegistrationRefused
from services.registry.models import Calendar
from services.registry.routes.router import router
from services.registry.schemas.calendars import CalendarFilter, CalendarIn, CalendarOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import raises


@router.get(
    "/v1/calendars",
    dependencies=[may("registry:read")],
    response_model=Page[CalendarOut],
    responses=raises(paging.CursorUnreadable),
    summary="Working-day calendars that count for the caller",
)
async def calendars(
    session: Transaction,
    who: Who,
    wanted: Annotated[CalendarFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[Calendar]:
    """Give all versions, the nation's and those of the caller's areas and above."""
    return await queries.calendars.calendars(session, who.scope, wanted, cursor=cursor, limit=limit)


@router.post(
    "/v1/calendars",
    dependencies=[may("registry:write_calendars")],
    status_code=201,
    response_model=CalendarOut,
    responses=raises(RegistrationRefused),
    summary="Publish a year's working days to all services",
)
async def publish_calendar(session: Transaction, who: Who, body: CalendarIn) -> Calendar:
    """Publish a new version; the same days again give the version that stands."""
    return await actions.calendars.publish_calendar(session, who.scope, body, clock.now())


@router.get(
    "/v1/calendars/{calendar_id}",
    dependencies=[may("registry:read")],
    response_model=CalendarOut,
    responses=raises(CalendarUnknown),
    summary="One version of a calendar",
)
async def calendar(session: Transaction, who: Who, calendar_id: UUID) -> Calendar:
    """Give one version of a calendar."""
    return await queries.calendars.calendar(session, calendar_id, who.scope)
