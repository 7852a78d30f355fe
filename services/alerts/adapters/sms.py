"""SMS by the HTTP gateway that the operator names, in the words of `docs/sms.md`."""

import json
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from services.alerts.adapters import calls, codes
from services.alerts.adapters.calls import Client
from services.alerts.adapters.codes import Code, Meaning
from services.alerts.errors import ReportUnsigned
from services.alerts.rules import sms
from services.alerts.rules.deliveries import Answer, Parcel, Verdict
from services.alerts.settings import settings
from shared import clock

CODES: Mapping[Code, Meaning] = {
    "busy": Meaning("busy", Verdict.AGAIN),
    "too_fast": Meaning("too_fast", Verdict.AGAIN, 60),
    # What the operators must put right; until then it is tried again.
    "signature_invalid": Meaning("unverified", Verdict.AGAIN),
    "timestamp_expired": Meaning("unverified", Verdict.AGAIN),
    "access_key_unknown": Meaning("unverified", Verdict.AGAIN),
    "balance_empty": Meaning("balance_empty", Verdict.AGAIN),
    "sign_unregistered": Meaning("unregistered", Verdict.AGAIN),
    "template_unregistered": Meaning("unregistered", Verdict.AGAIN),
    # What is wrong with these words, or this number, stays so.
    "parameters_refused": Meaning("malformed"),
    "content_refused": Meaning("unsuitable"),
    "number_unknown": Meaning("number_unknown"),
    "blacklisted": Meaning("blacklisted"),
}
SIGNED = ("access-key", "timestamp", "nonce", "signature")
GOOD: Mapping[Code, Verdict] = {"accepted": Verdict.ACCEPTED, "ok": Verdict.DELIVERED}


async def send(client: Client, parcel: Parcel) -> Answer:
    """Hand one SMS to the gateway, which reports later what became of it."""
    body = {
        "id": str(parcel.delivery_id),
        "to": parcel.address,
        "sign": settings().sms_sign,
        "template": parcel.template,
        "parameters": dict(parcel.parameters),
        "text": parcel.body,
        "parts": parcel.parts,
    }
    return await _call(client, "POST", json.dumps(body, ensure_ascii=False).encode())


async def check(client: Client, _address: str) -> Answer:
    """Ask the gateway whether it knows us and would take something; nothing is sent."""
    return await _call(client, "GET", b"")


async def _call(client: Client, method: str, content: bytes) -> Answer:
    said = settings()
    if not said.sms_url or not said.sms_secret:
        return Answer(error="no_server")
    url = str(said.sms_url)
    timestamp, nonce = str(int(clock.wall().timestamp())), secrets.token_hex(16)
    signed = sms.canonical(method, _path(url), timestamp, nonce, content)
    headers = {
        "content-type": calls.JSON,
        "x-access-key": said.sms_access_key,
        "x-timestamp": timestamp,
        "x-nonce": nonce,
        "x-signature": sms.signature(said.sms_secret.get_secret_value(), signed),
    }
    answer = await calls.call(client, url, content=content, headers=headers, method=method)
    return codes.read(answer, "code", CODES, GOOD)


def verify(method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
    """Refuse what the gateway did not sign just now (ReportUnsigned)."""
    said, given = settings(), {name: headers.get(f"x-{name}", "") for name in SIGNED}
    secret = said.sms_secret.get_secret_value() if said.sms_url and said.sms_secret else ""
    signed = sms.canonical(method, path, given["timestamp"], given["nonce"], body)
    right = bool(secret) and sms.is_signed(secret, signed, given["signature"])
    known = given["access-key"] == said.sms_access_key
    if not (right and known and sms.is_fresh(given["timestamp"], clock.wall())):
        raise ReportUnsigned


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
