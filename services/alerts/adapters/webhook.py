"""Webhooks as Standard Webhooks asks: signed, by POST, to checked addresses only."""

import base64
import secrets
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from time import monotonic
from typing import TypeAlias

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

from services.alerts.errors import TargetRefused
from services.alerts.rules import catalogue
from services.alerts.rules.deliveries import KEPT_OF_AN_ANSWER, Answer, Parcel
from services.alerts.settings import settings
from shared import clock, egress
from shared.config import Runtime

SECRET_BYTES = 32
KEY, PUBLIC = "whsk_", "whpk_"
MEDIA_TYPE = "application/cloudevents+json"
Client: TypeAlias = httpx.AsyncClient


def new_secret() -> str:
    """Make a signing secret in the spelling of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def new_key() -> str:
    """Make a signing key of our own (ed25519) in the spelling of Standard Webhooks."""
    return KEY + base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def another(secret: str) -> str:
    """Make a secret of the same kind as one that signs now."""
    return new_key() if secret.startswith(KEY) else new_secret()


def public_key(secret: str) -> str | None:
    """Give what verifies signatures of a key of our own; None of a shared secret."""
    if not secret.startswith(KEY):
        return None
    return PUBLIC + base64.b64encode(_key(secret).public_key().public_bytes_raw()).decode()


def _key(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret.removeprefix(KEY)))


def policy() -> egress.Policy:
    """Give what the operator lets us reach beyond public https."""
    return egress.Policy.parse(Runtime().egress_allow)


async def check_target(url: str) -> None:
    """Refuse an address that may not be reached, with the reason for people (TargetRefused)."""
    try:
        await egress.check_target(url, policy())
    except egress.EgressRefused as refused:
        raise TargetRefused(refused.reason) from None


def client() -> Client:
    """Make the client of one round of sending: checked addresses, no redirects, bounded time."""
    return egress.client(policy(), seconds=settings().send_timeout, context=_certificates())


@cache
def _certificates() -> ssl.SSLContext:
    """Read the public authorities' certificates once: it takes as long as many deliveries."""
    return httpx.create_ssl_context(trust_env=False)


async def post(client: Client, parcel: Parcel) -> Answer:
    """Send a message and give the answer, whatever happens; the status alone decides.

    Of the body only the beginning is read. A body that is cut or drips is no failure after a
    status: the subscriber has the message.
    """
    began = monotonic()
    try:
        headers = _headers(parcel, clock.wall())
        async with client.stream(
            "POST", parcel.address, content=parcel.body.encode(), headers=headers
        ) as response:
            body = await _beginning(response)
            return Answer(
                status=response.status_code,
                body=body.decode("utf-8", "replace"),
                retry_after=retry_after(response.headers, clock.wall()),
                took=timedelta(seconds=monotonic() - began),
            )
    except (httpx.HTTPError, httpx.InvalidURL, egress.EgressRefused, OSError) as error:
        return Answer(error=_code(error), took=timedelta(seconds=monotonic() - began))


def _headers(parcel: Parcel, now: datetime) -> dict[str, str]:
    """Give what a message is sent with: signed by each secret, and warned of its type's end."""
    signatures = [_sign(secret, parcel, now) for secret in parcel.secrets]
    said = {
        "content-type": MEDIA_TYPE,
        "webhook-id": str(parcel.message_id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return said | catalogue.headers(parcel.type)


def _sign(secret: str, parcel: Parcel, now: datetime) -> str:
    """Sign a message. The library takes naive UTC; an aware time of another zone signs wrong."""
    if not secret.startswith(KEY):
        instant = now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        return Webhook(secret).sign(str(parcel.message_id), instant, parcel.body)
    said = f"{parcel.message_id}.{int(now.timestamp())}.{parcel.body}"
    return "v1a," + base64.b64encode(_key(secret).sign(said.encode())).decode()


async def _beginning(response: httpx.Response) -> bytes:
    read = b""
    try:
        async for chunk in response.aiter_raw():
            read += chunk
            if len(read) >= KEPT_OF_AN_ANSWER:
                break
    except (httpx.HTTPError, egress.EgressRefused):
        pass  # The status has come; what was said beside it is of no weight.
    return read[:KEPT_OF_AN_ANSWER]


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read Retry-After, seconds or a date, as seconds from now; None if it says nothing usable."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        instant = parsedate_to_datetime(said)
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return max(0.0, (instant - now).total_seconds())


def _code(error: Exception) -> str:
    """Give a failure as a code: the words of libraries may hold addresses."""
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    if isinstance(error, egress.EgressRefused):
        return "refused"
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return "tls"
        seen = seen.__cause__ or seen.__context__
    return "connect" if isinstance(error, httpx.ConnectError | OSError) else "broken"
