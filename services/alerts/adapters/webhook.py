"""Webhooks as Standard Webhooks asks: signed, by POST, to checked addresses only."""

import base64
import secrets
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

from services.alerts.adapters import calls
from services.alerts.adapters.calls import Client
from services.alerts.rules import catalogue
from services.alerts.rules.deliveries import Answer, Parcel
from shared import clock

SECRET_BYTES = 32
KEY, PUBLIC = "whsk_", "whpk_"
MEDIA_TYPE = "application/cloudevents+json"


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


async def send(client: Client, parcel: Parcel) -> Answer:
    """Send a message and give the answer, whatever happens; the status alone decides."""
    headers = _headers(parcel, clock.wall())
    return await calls.call(client, parcel.address, content=parcel.body.encode(), headers=headers)


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
