"""The canary's way back in, signed as Standard Webhooks asks, and its alarm's way out."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import httpx
import structlog
from standardwebhooks import Webhook, WebhookVerificationError

from services.payroll.errors import CanaryUnsigned
from services.payroll.rules.canary import Telling
from services.payroll.settings import settings
from shared import egress, pii
from shared.areas import CANARY
from shared.config import Runtime

log = structlog.get_logger()

PATIENCE = 15.0
"""Seconds that the operators' server may take."""


def verify(headers: Mapping[str, str], body: bytes) -> None:
    """Refuse what alerts did not sign in the last minutes (CanaryUnsigned)."""
    signing = Webhook("whsec_" + b64encode(pii.secret(CANARY)).decode())
    try:
        signing.verify(body, dict(headers))
    except (WebhookVerificationError, ValueError):
        raise CanaryUnsigned from None


async def tell(telling: Telling) -> bool:
    """Tell operators past everything that the canary flies through; say whether they have it.

    Without an address the log has it, which is all that can be done.
    """
    said = settings()
    log.log(
        20 if telling.over else 40,
        "canary_back" if telling.over else "canary_lost",
        stage=telling.stage,
        since=telling.since.isoformat(),
    )
    if said.canary_alarm_url is None:
        return True
    policy = egress.Policy.parse(Runtime().egress_allow)
    body = json.dumps(_body(telling, said.canary_alarm_form), ensure_ascii=False).encode()
    try:
        async with egress.client(policy, seconds=PATIENCE) as client:
            answer = await client.post(
                said.canary_alarm_url.get_secret_value(),
                content=body,
                headers={"content-type": "application/json; charset=utf-8"},
            )
            taken = answer.is_success and _took(answer.text, said.canary_alarm_form)
            reason = str(answer.status_code)
    except (httpx.HTTPError, httpx.InvalidURL, egress.EgressRefused, OSError) as error:
        taken, reason = False, type(error).__name__
    if not taken:
        log.error("canary_alarm_failed", reason=reason)
    return taken


def _body(telling: Telling, form: str) -> dict[str, Any]:
    text = f"{telling.words.zh}\n{telling.words.en}"
    if form == "feishu":
        return {"msg_type": "text", "content": {"text": text}}
    if form in {"wecom", "dingtalk"}:
        return {"msgtype": "text", "text": {"content": text}}
    return {
        "kind": "canary",
        "state": "back" if telling.over else "lost",
        "stage": telling.stage,
        "since": telling.since.isoformat(),
        "text": {"zh": telling.words.zh, "en": telling.words.en},
    }


def _took(answer: str, form: str) -> bool:
    """Say whether a robot took it: it answers 200 whatever it thinks, with its own code."""
    if form == "plain":
        return True
    try:
        said = json.loads(answer)
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("code" if form == "feishu" else "errcode") == 0
