"""SMS: what signs requests and reports, how many messages a text makes, what a report means."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

ONE, EACH = 70, 67
"""Characters of one message, and of each part of a longer one (3GPP TS 23.040: 140 bytes of UCS-2,
of which 6 say where a part belongs)."""
LONGEST = 500
"""Characters of a whole text, its sender included, as gateways take them."""
LONGEST_VALUE = 35
"""Characters of a parameter's value, as gateways take them."""
FRESH = timedelta(minutes=5)
"""How far the two clocks may differ; what is signed by an older time is refused."""


def canonical(method: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Give what is signed: five lines, the last the SHA-256 of the body in hex."""
    return "\n".join((method, path, timestamp, nonce, hashlib.sha256(body).hexdigest()))


def signature(secret: str, said: str) -> str:
    """Sign a canonical text: HMAC-SHA256, in hex."""
    return hmac.digest(secret.encode(), said.encode(), "sha256").hex()


def is_signed(secret: str, said: str, given: str) -> bool:
    """Say whether a signature is right; how long it takes tells nothing of it."""
    return hmac.compare_digest(signature(secret, said).encode(), given.encode())


def is_fresh(timestamp: str, now: datetime) -> bool:
    """Say whether a time in seconds is near enough to ours."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):  # noqa: PLR2004
        return False
    return abs(now.timestamp() - int(timestamp)) <= FRESH.total_seconds()


def number(phone: str) -> str:
    """Give a phone number as gateways read it: digits, and a plus if it begins with one."""
    return re.sub(r"[ ()-]", "", phone)


def length(text: str) -> int:
    """Count characters as a phone does: those beyond the first plane of Unicode are two."""
    return len(text.encode("utf-16-le")) // 2


def parts(text: str) -> int:
    """Say how many messages a text makes, which is what it costs."""
    counted = length(text)
    return 1 if counted <= ONE else ceil(counted / EACH)


class Fate(StrEnum):
    """What a gateway reports of an SMS."""

    DELIVERED = "delivered"
    NUMBER_UNKNOWN = "number_unknown"
    """空号."""
    SWITCHED_OFF = "switched_off"
    """关机."""
    OUT_OF_SERVICE = "out_of_service"
    """停机."""
    BLACKLISTED = "blacklisted"
    """黑名单, or unsubscribed."""
    CONTENT_REFUSED = "content_refused"
    TOO_MANY = "too_many"
    """More to one number than its carrier lets through."""
    EXPIRED = "expired"
    UNDELIVERED = "undelivered"


OF_THE_RECEIVER: Sequence[Fate] = (
    Fate.NUMBER_UNKNOWN, Fate.SWITCHED_OFF, Fate.OUT_OF_SERVICE, Fate.BLACKLISTED,
)  # fmt: skip
"""What is wrong with the number, and not with what was sent to it."""
