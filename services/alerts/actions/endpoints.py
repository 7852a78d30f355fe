"""Webhook endpoints: made, changed, disabled."""

from datetime import datetime
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.errors import OwnOnly
from services.alerts.models import Endpoint
from services.alerts.rules.deliveries import EndpointState
from services.alerts.schemas.endpoints import EndpointIn, EndpointPatch
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Stale


async def make_endpoint(
    session: Session, caller: Caller, wanted: EndpointIn, secret: str, now: datetime
) -> Endpoint:
    """Make an endpoint in the caller's areas; a company's is limited to its own matters.

    Raises OwnOnly, AreaUnknown.
    """
    org = caller.scope.org
    if org is not None and wanted.org_id not in {None, org}:
        raise OwnOnly
    endpoint = Endpoint(
        id=new_id(), url=str(wanted.url), description=wanted.description,
        types=list(dict.fromkeys(wanted.types)),
        areas=await queries.areas.areas_in_scope(session, wanted.areas, caller.scope),
        org_id=org or wanted.org_id, secret=secret, state=EndpointState.ACTIVE, state_reason=None,
        version=1, created_at=now, created_by=caller.subject, changed_at=now,
    )  # fmt: skip
    session.add(endpoint)
    return endpoint


async def change_endpoint(
    session: Session, caller: Caller, endpoint_id: UUID, patch: EndpointPatch, now: datetime
) -> Endpoint:
    """Change an endpoint. A disabled one gets nothing; enabled again, only what comes then.

    Raises Stale, AreaUnknown.
    """
    endpoint = await queries.endpoints.locked_endpoint(session, endpoint_id, caller.scope)
    if endpoint.version != patch.version:
        raise Stale
    if patch.areas is not None:
        areas = await queries.areas.areas_in_scope(session, patch.areas, caller.scope)
        endpoint.areas = areas
    if patch.types is not None:
        endpoint.types = list(dict.fromkeys(patch.types))
    if patch.url is not None:
        endpoint.url = str(patch.url)
    if patch.description is not None:
        endpoint.description = patch.description
    if patch.state is EndpointState.ACTIVE:
        endpoint.enable()
    elif patch.state is EndpointState.DISABLED and endpoint.disable("by its owner"):
        await actions.deliveries.stop_deliveries(session, [endpoint.id])
    endpoint.version, endpoint.changed_at = endpoint.version + 1, now
    return endpoint


async def disable_endpoints(
    session: Session, endpoint_ids: set[UUID], reason: str, now: datetime
) -> None:
    """Send no more to endpoints, let go of what waits for them, and tell operators."""
    for endpoint in await queries.endpoints.locked_endpoints(session, endpoint_ids):
        if endpoint.disable(reason):
            endpoint.version, endpoint.changed_at = endpoint.version + 1, now
            await actions.alerts.raise_platform_alert(
                session, "endpoint_disabled", endpoint.id, {"reason": reason}, at=now
            )
    await actions.deliveries.stop_deliveries(session, list(endpoint_ids))
