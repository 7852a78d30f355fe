"""The platform's canary leaves by one endpoint, which is its own; nobody else is told of it."""

import json
from base64 import b64encode
from datetime import datetime
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.models import Alert, Endpoint, Message
from services.alerts.rules import catalogue
from services.alerts.rules.deliveries import DeliveryState, EndpointState, Payload
from services.alerts.rules.notices import Reason
from services.alerts.settings import canary_url
from shared import areas, clock, pii, telemetry
from shared.db import AGELESS, Session, same_id

ENDPOINT = same_id(AGELESS, "canary endpoint")


async def leave(session: Session, alert: Alert, reason: Reason, at: datetime) -> None:
    """Send the canary out at the first rung of its ladder, once: a timer has to bring it there."""
    url, message_id = canary_url(), _message_id(alert)
    if reason is not Reason.ESCALATED or url is None or session.info.get("replayed"):
        return
    if await queries.deliveries.is_queued(session, message_id):
        return
    body = {
        "specversion": "1.0", "id": str(message_id), "source": "/alerts",
        "type": catalogue.CANARY, "time": at.isoformat(), "datacontenttype": "application/json",
        "data": {"round_id": str(alert.subject_id)},
    }  # fmt: skip
    message = Message(
        id=message_id, type=catalogue.CANARY, area_code=alert.area_code, project_id=None,
        sequence=None, organisations=[], occurred_at=at, body=json.dumps(body),
    )  # fmt: skip
    endpoint = await _endpoint(session, url, at)
    session.add_all([message, actions.messages.delivery_to(endpoint, message, at)])
    telemetry.CANARY_PASSED.labels("alerts", "left").set(clock.wall().timestamp())


async def _endpoint(session: Session, url: str, now: datetime) -> Endpoint:
    """Give the canary's endpoint as the settings have it; its secret is known to the door."""
    secret = "whsec_" + b64encode(pii.secret(areas.CANARY)).decode()
    for there in await queries.endpoints.locked_endpoints(session, {ENDPOINT}):
        if (there.url, there.secret) != (url, secret):
            there.url, there.secret, there.changed_at = url, secret, now
        return there
    # Two that are here at once: the second one's timer is tried again, and finds it.
    endpoint = Endpoint(
        id=ENDPOINT, url=url, description="canary", types=[], areas=[areas.CANARY], projects=[],
        org_id=None, secret=secret, former_secret=None, former_until=None, payload=Payload.FULL,
        per_minute=None, free_at=None, ordered=False, failures=0, failing_since=None,
        resting_until=None, warned=0, state=EndpointState.ACTIVE, state_reason=None, version=1,
        created_at=now, created_by="platform", changed_at=now,
    )  # fmt: skip
    session.add(endpoint)
    return endpoint


async def let_go(session: Session, alert: Alert) -> None:
    """Send a canary no more that is over, so that none of them piles up before a closed door."""
    for waiting in await queries.canary.locked_waiting(session, _message_id(alert)):
        waiting.give_up(DeliveryState.STOPPED)


def _message_id(alert: Alert) -> UUID:
    return same_id(alert.raised_at, alert.id, "canary")
