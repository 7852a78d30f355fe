"""Webhook endpoints and their deliveries over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from services.alerts import actions, adapters, queries
from services.alerts.errors import (
    AreaUnknown,
    EndpointOff,
    OwnOnly,
    TargetRefused,
)
from services.alerts.models import (
    Delivery,
    Endpoint,
)
from services.alerts.routes.router import LIST, router
from services.alerts.rules.deliveries import Scheme
from services.alerts.schemas import catalogue
from services.alerts.schemas.catalogue import EventTypeOut
from services.alerts.schemas.endpoints import (
    DeliveryDetailOut,
    DeliveryFilter,
    DeliveryOut,
    EndpointFilter,
    EndpointIn,
    EndpointMadeOut,
    EndpointOut,
    EndpointPatch,
    ReplayIn,
    ReplayOut,
    RotationIn,
    WebhookBody,
)
from shared import clock, idempotency, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, Stale, raises

pushes = idempotency.router("alerts")


@pushes.post("{$request.body#/url}", summary="What is pushed", dependencies=[may("public")])
async def push(body: WebhookBody) -> None:
    """Answer with any 2xx; 410 ends the subscription; anything else is tried again."""


def _shown(made: Endpoint) -> EndpointMadeOut:
    """Show a shared secret this once; of a key of our own only the public half is ever shown."""
    said = EndpointOut.model_validate(made).model_dump()
    public = adapters.webhook.public_key(made.secret)
    return EndpointMadeOut(**said, secret=None if public else made.secret, public_key=public)


# The name is looked up before the transaction begins: no transaction waits for a stranger.
async def _reachable(body: EndpointIn) -> EndpointIn:
    await adapters.calls.check_target(str(body.url))
    return body


async def _reachable_still(body: EndpointPatch) -> EndpointPatch:
    if body.url:
        await adapters.calls.check_target(str(body.url))
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
) -> EndpointMadeOut:
    by_key = body.scheme is Scheme.V1A
    secret = adapters.webhook.new_key() if by_key else adapters.webhook.new_secret()
    made = await actions.endpoints.make_endpoint(session, caller, body, secret, clock.now())
    return _shown(made)


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


@router.post(
    "/v1/endpoints/{endpoint_id}/rotate",
    summary="Renew what signs; the one before signs as well for a while",
    response_model=EndpointMadeOut, dependencies=[may("alerts:manage_endpoints")],
    responses=raises(NotFound), openapi_extra={"x-shows-secret": True},
)  # fmt: skip
async def renew_secret(
    session: Transaction, caller: Who, endpoint_id: UUID, body: RotationIn
) -> EndpointMadeOut:
    made = await actions.endpoints.renew_secret(
        session, caller, endpoint_id, body, make=adapters.webhook.another, now=clock.now()
    )
    return _shown(made)


@router.post(
    "/v1/endpoints/{endpoint_id}/test", summary="Send an endpoint a message that means nothing",
    status_code=201, response_model=DeliveryOut,
    dependencies=[may("alerts:manage_endpoints")], responses=raises(NotFound, EndpointOff),
)  # fmt: skip
async def try_endpoint(session: Transaction, caller: Who, endpoint_id: UUID) -> Delivery:
    return await actions.messages.try_endpoint(session, caller, endpoint_id, clock.now())


@router.post(
    "/v1/endpoints/{endpoint_id}/replay",
    summary="Send an endpoint again all that it asks for of a time, at a rate", status_code=201,
    response_model=ReplayOut, dependencies=[may("alerts:manage_endpoints")],
    responses=raises(NotFound, EndpointOff),
)  # fmt: skip
async def replay(session: Transaction, caller: Who, endpoint_id: UUID, body: ReplayIn) -> ReplayOut:
    replay_id, messages, last_at = await actions.messages.replay(
        session, caller, endpoint_id, body, clock.now()
    )
    return ReplayOut(replay_id=replay_id, messages=messages, last_at=last_at)


@router.get(
    "/v1/event-types", summary="What can be subscribed to: schema and sample of each type",
    response_model=list[EventTypeOut], dependencies=[may("alerts:manage_endpoints")],
)  # fmt: skip
async def event_types() -> list[EventTypeOut]:
    return catalogue.event_types()


@router.post(
    "/v1/deliveries/{delivery_id}/resend", summary="Send a webhook's message once more",
    response_model=DeliveryOut, dependencies=[may("alerts:manage_endpoints")],
    responses=raises(NotFound, EndpointOff),
)  # fmt: skip
async def resend(session: Transaction, caller: Who, delivery_id: UUID) -> Delivery:
    return await actions.messages.resend(session, caller, delivery_id)


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
