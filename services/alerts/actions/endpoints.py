"""Webhook endpoints: made, changed, disabled."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.errors import OwnOnly
from services.alerts.models import Endpoint
from services.alerts.rules.deliveries import EndpointState
from services.alerts.rules.endpoints import Health, Patience, failed, is_hopeless, warnings
from services.alerts.schemas.endpoints import EndpointIn, EndpointPatch, RotationIn
from services.alerts.settings import settings
from shared import clock
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
        projects=_ids(wanted.projects), org_id=org or wanted.org_id, secret=secret,
        former_secret=None, former_until=None, payload=wanted.payload,
        per_minute=wanted.per_minute, free_at=None, ordered=wanted.ordered, failures=0,
        failing_since=None, resting_until=None, warned=0, state=EndpointState.ACTIVE,
        state_reason=None,
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
    _take(endpoint, patch)
    if patch.state is EndpointState.ACTIVE:
        endpoint.enable()
    elif patch.state is EndpointState.DISABLED and endpoint.disable("by its owner"):
        await actions.deliveries.stop_deliveries(session, [endpoint.id])
    endpoint.version, endpoint.changed_at = endpoint.version + 1, now
    return endpoint


def _take(endpoint: Endpoint, patch: EndpointPatch) -> None:
    """Take what is named of an endpoint's own wishes."""
    if patch.url is not None:
        endpoint.url = str(patch.url)
    if patch.types is not None:
        endpoint.types = list(dict.fromkeys(patch.types))
    if patch.projects is not None:
        endpoint.projects = _ids(patch.projects)
    for name in ("description", "payload", "ordered"):
        if getattr(patch, name) is not None:
            setattr(endpoint, name, getattr(patch, name))
    if "per_minute" in patch.model_fields_set:
        endpoint.per_minute, endpoint.free_at = patch.per_minute, None


def _ids(given: Iterable[UUID]) -> list[str]:
    return list(dict.fromkeys(map(str, given)))


async def renew_secret(
    session: Session,
    caller: Caller,
    endpoint_id: UUID,
    wanted: RotationIn,
    *,
    make: Callable[[str], str],
    now: datetime,
) -> Endpoint:
    """Give an endpoint a new secret, of the same scheme; the one before signs as well for a while.

    `make` makes another of the same kind as the one that it is given. Raises NotFound.
    """
    endpoint = await queries.endpoints.locked_endpoint(session, endpoint_id, caller.scope)
    until = clock.wall() + timedelta(hours=wanted.grace_hours)
    endpoint.renew_secret(make(endpoint.secret), until)
    endpoint.version, endpoint.changed_at = endpoint.version + 1, now
    return endpoint


async def note_health(
    session: Session, faring: Mapping[UUID, Sequence[bool]], *, now: datetime, wall: datetime
) -> None:
    """Take what came of attempts, endpoint by endpoint: one success forgets all failures.

    Who has failed for days is disabled (`wall` is the machine's instant), and people hear of it.
    """
    patience = _patience()
    hopeless = set()
    for endpoint in await queries.endpoints.locked_endpoints(session, set(faring)):
        came = faring[endpoint.id]
        if any(came):
            endpoint.fare(Health())
            continue
        endpoint.fare(failed(endpoint.health, wall, len(came), patience))
        if endpoint.state is EndpointState.ACTIVE and is_hopeless(endpoint.health, wall, patience):
            hopeless.add(endpoint.id)
    if hopeless:
        await disable_endpoints(session, hopeless, "failing", now)


def _patience() -> Patience:
    said = settings()
    return Patience(
        rest_after=said.endpoint_rest_after,
        rest=said.endpoint_rest,
        longest_rest=said.endpoint_longest_rest,
        disable_after=said.endpoint_disable_after,
        apart=said.endpoint_failures_apart,
    )


async def warn_of_failing(session: Session, now: datetime, wall: datetime) -> int:
    """Warn the subscriber's people and operators of endpoints that fail, by another channel.

    One alert each for 1 h, 24 h and 72 h of failing (settings); give how many.
    """
    after = settings().endpoint_warn_after
    failing = await queries.endpoints.locked_failing(session, wall, after)
    for endpoint in failing:
        endpoint.warned = warnings(endpoint.health, wall, after)
        span = after[endpoint.warned - 1]
        await _tell_people(
            session, endpoint, "endpoint_failing", now,
            hours=round(span / 3600), failures=endpoint.failures,
        )  # fmt: skip
    return len(failing)


async def _tell_people(
    session: Session, endpoint: Endpoint, kind: str, now: datetime, **details: str | int
) -> None:
    await actions.alerts.raise_platform_alert(
        session, kind, endpoint.id, details, at=now, unit_id=endpoint.org_id
    )


async def disable_endpoints(
    session: Session, endpoint_ids: set[UUID], reason: str, now: datetime
) -> None:
    """Send no more to endpoints, let go of what waits for them, and tell operators."""
    for endpoint in await queries.endpoints.locked_endpoints(session, endpoint_ids):
        if endpoint.disable(reason):
            endpoint.version, endpoint.changed_at = endpoint.version + 1, now
            await _tell_people(session, endpoint, "endpoint_disabled", now, reason=reason)
    await actions.deliveries.stop_deliveries(session, list(endpoint_ids))
