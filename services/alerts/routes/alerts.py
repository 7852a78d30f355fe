"""Alerts, their inbox and reminders, over HTTP."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request

from services.alerts import actions, queries
from services.alerts.errors import (
    AlertAnswered,
    AlertNotYours,
    AlertOver,
    PromiseInThePast,
)
from services.alerts.models import (
    Alert,
    Notice,
    Reminder,
)
from services.alerts.routes.router import LIST, router
from services.alerts.schemas.alerts import (
    AcknowledgementIn,
    AcknowledgementsIn,
    AcknowledgementsOut,
    AlertDetailOut,
    AlertFilter,
    AlertOut,
    InboxOut,
)
from services.alerts.schemas.reminders import ReminderOut
from shared import clock, exports, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.exports import Lines
from shared.paging import CursorUnreadable, Found, Page, SyncAnew
from shared.problems import NotFound, raises


@router.get(
    "/v1/alerts", summary="Alerts, as a list or as a sync", response_model=Page[AlertOut],
    dependencies=[may("alerts:read")], responses=raises(CursorUnreadable, SyncAnew),
)  # fmt: skip
async def alerts(
    *,
    session: Transaction,
    caller: Who,
    asked: Annotated[AlertFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> Found[Alert]:
    return await queries.alerts.alerts(
        session, caller.scope, asked, cursor=cursor, changed_after=changed_after, limit=limit
    )


# Before the route of one alert, which would take the word for an id.
@router.get(
    "/v1/alerts/whole", summary="Alerts, each with its timeline and who was told why",
    response_model=Page[AlertDetailOut], dependencies=[may("alerts:read")], responses=LIST,
)  # fmt: skip
async def whole_alerts(
    *,
    session: Transaction,
    caller: Who,
    asked: Annotated[AlertFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Alert]:
    return await queries.alerts.whole_alerts(
        session, caller.scope, asked, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/exports/alerts", summary="All alerts of the caller, or what changed, or as of a day",
    response_class=Lines, dependencies=[may("alerts:read")], responses=raises(*exports.PROBLEMS),
)  # fmt: skip
async def export_alerts(
    request: Request,
    caller: Who,
    asked: Annotated[AlertFilter, Query()],
    start: exports.Asked,
) -> Lines:
    ask = partial(queries.alerts.alerts, scope=caller.scope, asked=asked)
    return await exports.lines(request, ask, AlertOut, name="alerts", start=start)


@router.get(
    "/v1/alerts/{alert_id}", summary="An alert, its timeline, and who was told why",
    response_model=AlertDetailOut, dependencies=[may("alerts:read")], responses=raises(NotFound),
)  # fmt: skip
async def alert(session: Transaction, caller: Who, alert_id: UUID) -> Alert:
    return await queries.alerts.alert(session, alert_id, caller.scope)


@router.post(
    "/v1/alerts/{alert_id}/acknowledge", summary="Answer for an alert, until a promised day",
    response_model=AlertOut, dependencies=[may("alerts:acknowledge")],
    responses=raises(NotFound, AlertNotYours, AlertOver, AlertAnswered, PromiseInThePast),
)  # fmt: skip
async def acknowledge(
    session: Transaction, caller: Who, alert_id: UUID, body: AcknowledgementIn
) -> Alert:
    return await actions.alerts.acknowledge(session, caller, alert_id, body, clock.now())


@router.post(
    "/v1/alerts/acknowledgements", summary="One answer for up to 500 alerts, each by its rules",
    response_model=AcknowledgementsOut, dependencies=[may("alerts:acknowledge")],
)  # fmt: skip
async def acknowledge_several(
    session: Transaction, caller: Who, body: AcknowledgementsIn
) -> dict[str, Any]:
    return await actions.alerts.acknowledge_several(session, caller, body, clock.now())


@router.get(
    "/v1/inbox", summary="What the caller was told, the newest first",
    response_model=Page[InboxOut], dependencies=[may("alerts:read")], responses=LIST,
)  # fmt: skip
async def inbox(
    session: Transaction, caller: Who, cursor: paging.Cursor, limit: paging.Limit
) -> Found[Notice]:
    return await queries.alerts.inbox(
        session, caller.scope, subject=caller.subject, roles=caller.roles, cursor=cursor,
        limit=limit,
    )  # fmt: skip


@router.get(
    "/v1/reminders", summary="What units were told before their transfers were due",
    response_model=Page[ReminderOut], dependencies=[may("alerts:read")], responses=LIST,
)  # fmt: skip
async def reminders(
    session: Transaction, caller: Who, cursor: paging.Cursor, limit: paging.Limit
) -> Found[Reminder]:
    return await queries.reminders.reminders(session, caller.scope, cursor=cursor, limit=limit)
