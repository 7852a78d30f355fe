"""The HTTP door of alerts."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request

from services.alerts import actions, adapters, queries
from services.alerts.errors import (
    AlertAnswered,
    AlertNotYours,
    AlertOver,
    AreaUnknown,
    OwnOnly,
    PromiseInThePast,
    RecipientUnknown,
    RouteNotLater,
    TargetRefused,
)
from services.alerts.models import (
    Alert,
    Delivery,
    DutyRoster,
    Endpoint,
    Notice,
    Recipient,
    Reminder,
    Route,
)
from services.alerts.schemas.alerts import (
    AcknowledgementIn,
    AlertDetailOut,
    AlertFilter,
    AlertOut,
    InboxOut,
)
from services.alerts.schemas.endpoints import (
    DeliveryDetailOut,
    DeliveryFilter,
    DeliveryOut,
    EndpointFilter,
    EndpointIn,
    EndpointMadeOut,
    EndpointOut,
    EndpointPatch,
    WebhookBody,
)
from services.alerts.schemas.recipients import (
    DutyRosterFilter,
    DutyRosterIn,
    DutyRosterOut,
    RecipientFilter,
    RecipientFind,
    RecipientIn,
    RecipientOut,
    RecipientPatch,
    RevealedOut,
    RevealIn,
)
from services.alerts.schemas.reminders import ReminderOut
from services.alerts.schemas.routes import RouteFilter, RouteIn, RouteOut
from shared import clock, exports, idempotency, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.exports import Lines
from shared.paging import CursorUnreadable, Found, Page, SyncAnew
from shared.problems import NotFound, Stale, raises

router = idempotency.router("alerts")

LIST = raises(CursorUnreadable)


# ---- alerts and the inbox --------------------------------------------------------------------


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


# ---- routes ----------------------------------------------------------------------------------


@router.get(
    "/v1/routes", summary="Routes in all their versions", response_model=Page[RouteOut],
    dependencies=[may("alerts:read")], responses=LIST,
)  # fmt: skip
async def routes(
    session: Transaction,
    caller: Who,
    asked: Annotated[RouteFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Route]:
    return await queries.routes.routes(session, caller.scope, asked, cursor=cursor, limit=limit)


@router.post(
    "/v1/routes", summary="Enter the next version of a route", status_code=201,
    response_model=RouteOut, dependencies=[may("alerts:write_routes")],
    responses=raises(AreaUnknown, RouteNotLater),
)  # fmt: skip
async def enter_route(session: Transaction, caller: Who, body: RouteIn) -> Route:
    return await actions.routes.enter_route(session, caller, body, clock.now())


# ---- recipients and duty rosters -------------------------------------------------------------


@router.get(
    "/v1/recipients", summary="Who can be told, addresses masked",
    response_model=Page[RecipientOut], dependencies=[may("alerts:write_recipients")],
    responses=LIST,
)  # fmt: skip
async def recipients(
    session: Transaction,
    caller: Who,
    asked: Annotated[RecipientFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Recipient]:
    return await queries.recipients.recipients(
        session, caller.scope, asked, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/recipients", summary="Enter a person or post that can be told", status_code=201,
    response_model=RecipientOut, dependencies=[may("alerts:write_recipients")],
    responses=raises(AreaUnknown),
)  # fmt: skip
async def enter_recipient(session: Transaction, caller: Who, body: RecipientIn) -> Recipient:
    return await actions.recipients.enter_recipient(session, caller, body, clock.now())


@router.post(
    "/v1/recipients/find", summary="Find recipients by a whole phone number or mail address",
    response_model=Page[RecipientOut], dependencies=[may("alerts:write_recipients")],
)  # fmt: skip
async def find_recipients(
    session: Transaction, caller: Who, body: RecipientFind
) -> Found[Recipient]:
    return await actions.recipients.find_recipients(session, caller, body)


@router.get(
    "/v1/recipients/{recipient_id}", summary="A recipient, addresses masked",
    response_model=RecipientOut, dependencies=[may("alerts:write_recipients")],
    responses=raises(RecipientUnknown),
)  # fmt: skip
async def recipient(session: Transaction, caller: Who, recipient_id: UUID) -> Recipient:
    return await queries.recipients.recipient(session, recipient_id, caller.scope)


@router.patch(
    "/v1/recipients/{recipient_id}", summary="Change a recipient", response_model=RecipientOut,
    dependencies=[may("alerts:write_recipients")], responses=raises(RecipientUnknown, Stale),
)  # fmt: skip
async def change_recipient(
    session: Transaction, caller: Who, recipient_id: UUID, body: RecipientPatch
) -> Recipient:
    return await actions.recipients.change_recipient(
        session, caller, recipient_id, body, clock.now()
    )


@router.post(
    "/v1/recipients/{recipient_id}/reveal", summary="Show clear addresses; this is recorded",
    response_model=RevealedOut, dependencies=[may("alerts:reveal")],
    responses=raises(RecipientUnknown), openapi_extra={"x-shows-secret": True},
)  # fmt: skip
async def reveal_recipient(
    session: Transaction, caller: Who, recipient_id: UUID, body: RevealIn
) -> Recipient:
    return await actions.recipients.reveal_recipient(session, caller, recipient_id, body)


@router.get(
    "/v1/duty-rosters", summary="Who is on duty where and when",
    response_model=Page[DutyRosterOut], dependencies=[may("alerts:write_recipients")],
    responses=LIST,
)  # fmt: skip
async def duty_rosters(
    session: Transaction,
    caller: Who,
    asked: Annotated[DutyRosterFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[DutyRoster]:
    return await queries.recipients.duty_rosters(
        session, caller.scope, asked, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/duty-rosters", summary="Put a recipient on duty", status_code=201,
    response_model=DutyRosterOut, dependencies=[may("alerts:write_recipients")],
    responses=raises(AreaUnknown, RecipientUnknown),
)  # fmt: skip
async def enter_duty(session: Transaction, caller: Who, body: DutyRosterIn) -> DutyRoster:
    return await actions.recipients.enter_duty(session, caller, body, clock.now())


# ---- endpoints and deliveries ----------------------------------------------------------------

pushes = idempotency.router("alerts")


@pushes.post("{$request.body#/url}", summary="What is pushed", dependencies=[may("public")])
async def push(body: WebhookBody) -> None:
    """Answer with any 2xx; 410 ends the subscription; anything else is tried again."""


# The name is looked up before the transaction begins: no transaction waits for a stranger.
async def _reachable(body: EndpointIn) -> EndpointIn:
    await adapters.webhook.check_target(str(body.url))
    return body


async def _reachable_still(body: EndpointPatch) -> EndpointPatch:
    if body.url:
        await adapters.webhook.check_target(str(body.url))
    return body


@router.get(
    "/v1/endpoints", summary="Webhook endpoints", response_model=Page[EndpointOut],
    dependencies=[may("alerts:manage_endpoints")], responses=LIST,
)  # fmt: skip
async def endpoints(
    session: Transaction,
    caller: Who,
    asked: Annotated[EndpointFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Endpoint]:
    return await queries.endpoints.endpoints(
        session, caller.scope, asked, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/endpoints", summary="Subscribe; the secret is shown this once", status_code=201,
    response_model=EndpointMadeOut, dependencies=[may("alerts:manage_endpoints")],
    responses=raises(AreaUnknown, OwnOnly, TargetRefused), callbacks=pushes.routes,
    openapi_extra={"x-shows-secret": True},
)  # fmt: skip
async def make_endpoint(
    body: Annotated[EndpointIn, Depends(_reachable)], session: Transaction, caller: Who
) -> Endpoint:
    secret = adapters.webhook.new_secret()
    return await actions.endpoints.make_endpoint(session, caller, body, secret, clock.now())


@router.get(
    "/v1/endpoints/{endpoint_id}", summary="A webhook endpoint", response_model=EndpointOut,
    dependencies=[may("alerts:manage_endpoints")], responses=raises(NotFound),
)  # fmt: skip
async def endpoint(session: Transaction, caller: Who, endpoint_id: UUID) -> Endpoint:
    return await queries.endpoints.endpoint(session, endpoint_id, caller.scope)


@router.patch(
    "/v1/endpoints/{endpoint_id}", summary="Change, disable or enable an endpoint",
    response_model=EndpointOut, dependencies=[may("alerts:manage_endpoints")],
    responses=raises(NotFound, AreaUnknown, Stale, TargetRefused),
)  # fmt: skip
async def change_endpoint(
    body: Annotated[EndpointPatch, Depends(_reachable_still)],
    session: Transaction,
    caller: Who,
    endpoint_id: UUID,
) -> Endpoint:
    return await actions.endpoints.change_endpoint(session, caller, endpoint_id, body, clock.now())


@router.get(
    "/v1/deliveries", summary="Deliveries, the newest first", response_model=Page[DeliveryOut],
    dependencies=[may("alerts:read_deliveries")], responses=LIST,
)  # fmt: skip
async def deliveries(
    session: Transaction,
    caller: Who,
    asked: Annotated[DeliveryFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Delivery]:
    return await queries.deliveries.deliveries(
        session, caller.scope, asked, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/deliveries/{delivery_id}", summary="A delivery with its attempts",
    response_model=DeliveryDetailOut, dependencies=[may("alerts:read_deliveries")],
    responses=raises(NotFound),
)  # fmt: skip
async def delivery(session: Transaction, caller: Who, delivery_id: UUID) -> Delivery:
    return await queries.deliveries.delivery(session, delivery_id, caller.scope)
