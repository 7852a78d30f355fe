"""An SMS gateway as a real local server, written from `docs/sms.md` and not from our code."""

import hashlib
import json
import re
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from tests.alerts.platforms import mac
from tests.alerts.postbox import Post, answer

KEY, SECRET, SIGN = "ak-1", "an-sms-secret", "合丰治欠"
REGISTERED = {
    "XQ_ALERT": ["opening", "label", "kind", "project", "period"],
    "XQ_ALERT_EN": ["opening", "label", "kind", "project", "period"],
}
PATH = "/gateway/v1/sms?tenant=1"


def signed(method: str, path: str, body: bytes, at: int | None = None) -> dict[str, str]:
    """Sign a request as the page says, by code of the gateway's own."""
    stamp, nonce = str(int(time.time()) if at is None else at), "n" * 32
    digest = hashlib.sha256(body).hexdigest()
    said = method + "\n" + path + "\n" + stamp + "\n" + nonce + "\n" + digest
    return {
        "x-access-key": KEY, "x-timestamp": stamp, "x-nonce": nonce,
        "x-signature": mac(SECRET.encode(), said.encode()).hex(),
    }  # fmt: skip


def messages(text: str) -> int:
    """Count messages as a phone network does: 140 bytes of UTF-16, 134 where there are several."""
    size = len(text.encode("utf-16-be"))
    return 1 if size <= 140 else -(-size // 134)


@dataclass
class Gateway:
    """The gateway: what it was given to send, by id; codes to answer with next."""

    sent: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    codes: deque[str] = field(default_factory=deque)
    asked: int = 0
    nonces: set[str] = field(default_factory=set)

    async def reply(self, post: Post) -> bytes:
        """Answer as the page says."""
        code = self.problem(post)
        if code is None and self.codes:
            code = self.codes.popleft()
        if code is None:
            code = self.take(post)
        return answer(200, json.dumps({"code": code}).encode())

    def problem(self, post: Post) -> str | None:
        """Say what is wrong with who asks, if anything is."""
        said = post.headers
        if said["x-access-key"] != KEY:
            return "access_key_unknown"
        if abs(time.time() - int(said["x-timestamp"])) > 300 or said["x-nonce"] in self.nonces:
            return "timestamp_expired"
        self.nonces.add(said["x-nonce"])
        lines = ["POST" if post.body else "GET", post.path, said["x-timestamp"], said["x-nonce"]]
        lines.append(hashlib.sha256(post.body).hexdigest())
        right = mac(SECRET.encode(), "\n".join(lines).encode()).hex()
        return None if said["x-signature"] == right else "signature_invalid"

    def take(self, post: Post) -> str:
        """Send an SMS, unless a limit or what is registered forbids it."""
        if not post.body:
            self.asked += 1
            return "ok"
        sms = json.loads(post.body)
        if sms["sign"] != SIGN:
            return "sign_unregistered"
        if sms["template"] not in REGISTERED:
            return "template_unregistered"
        if wrong := self.words(sms):
            return wrong
        if not re.fullmatch(r"\+?\d{8,15}", sms["to"]):
            return "number_unknown"
        self.sent[UUID(sms["id"])] = sms
        return "accepted"

    def words(self, sms: dict[str, Any]) -> str | None:
        """Say what is wrong with the words of an SMS, if anything is."""
        values, text = sms["parameters"], sms["text"]
        plain = all(len(value) <= 35 and "\n" not in value for value in values.values())
        if sorted(values) != sorted(REGISTERED[sms["template"]]) or not plain:
            return "parameters_refused"
        whole = text.startswith(f"【{SIGN}】") and len(text) <= 500
        if not whole or messages(text) != sms["parts"] or re.search(r"[{}]", text):
            return "content_refused"
        return None


async def report(client: httpx.AsyncClient, *fates: tuple[UUID, str], **how: Any) -> httpx.Response:
    """Report to the platform what became of SMS."""
    said = [{"id": str(each), "status": fate, "at": "2026-01-01"} for each, fate in fates]
    body = json.dumps({"reports": said}).encode()
    path = "/alerts/v1/sms/reports"
    headers = signed("POST", path, body, how.pop("at", None)) | how.pop("headers", {})
    return await client.post(
        path, content=how.pop("body", body), headers=headers | {"content-type": "application/json"}
    )
