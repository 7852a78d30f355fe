"""What becomes of a delivery after an attempt, and what may be kept of a stranger's answer."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.wording import Language

KEPT_OF_AN_ANSWER = 4096
"""Bytes of an answer that the log keeps."""
LONGEST_RETRY_AFTER = 86_400.0
"""Seconds: a stranger may slow us down, not silence us."""
MAIL_LANE, SMS_LANE = "mail", "sms"


class Channel(StrEnum):
    """A way to tell: a subscriber's webhook, or one of the ways to people."""

    WEBHOOK = "webhook"
    MAIL = "mail"
    INBOX = "inbox"
    SMS = "sms"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"


ROBOTS = (Channel.WECOM, Channel.DINGTALK, Channel.FEISHU)
"""Robots of chat groups, by whose platform they are."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    SENT = "sent"
    """A gateway has taken it, and will report what became of it."""
    DELIVERED = "delivered"
    REFUSED = "refused"
    """This receiver, or these words, are not taken; trying again would change nothing."""
    EXHAUSTED = "exhausted"
    STOPPED = "stopped"
    """Its endpoint or robot was disabled before it could be delivered, or has no address now."""
    BOUNCED = "bounced"
    """A mail server had taken it, and reported later that it did not arrive."""


NOT_TAKEN = (
    DeliveryState.REFUSED,
    DeliveryState.EXHAUSTED,
    DeliveryState.STOPPED,
    DeliveryState.BOUNCED,
)


class Scheme(StrEnum):
    """How messages are signed: by a shared secret (HMAC-SHA256), or by our own key (ed25519)."""

    V1 = "v1"
    V1A = "v1a"


class Payload(StrEnum):
    """How much of an event is pushed: what names it and where it is found, or all of it."""

    THIN = "thin"
    FULL = "full"


class EndpointState(StrEnum):
    """Whether an endpoint is sent to."""

    ACTIVE = "active"
    DISABLED = "disabled"


class Verdict(StrEnum):
    """What an attempt says about its delivery."""

    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    """Taken by a gateway that reports later."""
    AGAIN = "again"
    REFUSED = "refused"
    """Never, to this receiver or in these words."""
    GONE = "gone"
    """The subscriber wants no more (410), or the robot is not there any more."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed delivery with all that is needed to send it; holds secrets, so it has no repr."""

    delivery_id: UUID
    lane: str
    channel: Channel
    address: str = field(repr=False)
    body: str = field(repr=False)
    message_id: UUID
    told_at: datetime
    """When that which it tells of became true, by the domain's clock."""
    subject: str = field(repr=False, default="")
    language: Language = "zh"
    template: str = ""
    """What an SMS is registered as with its provider."""
    parameters: Mapping[str, str] = field(repr=False, default_factory=dict)
    parts: int = 1
    """How many messages an SMS makes."""
    secrets: tuple[str, ...] = field(repr=False, default=())
    """What signs it: the endpoint's secret, and the one before while its grace lasts."""
    type: str = ""
    is_troubled: bool = False
    """Whether its endpoint, or this way to its receiver, had failed when this was claimed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from a stranger: a status and the beginning of a body, or why there is none.

    `retry_after` is in seconds. `error` is a code of ours: `timeout`, `refused`, `tls`, …
    """

    status: int | None = None
    body: str = ""
    retry_after: float | None = None
    error: str | None = None
    took: timedelta = timedelta()
    verdict: Verdict | None = None
    """What the channel's own code in the body means; None: the status decides."""


def verdict(channel: Channel, answer: Answer) -> Verdict:
    """Say what an answer means. Redirects are not followed, so they are failures like others."""
    if answer.verdict:
        return answer.verdict
    if answer.error is None and answer.status is not None and 200 <= answer.status < 300:  # noqa: PLR2004  the 2xx of HTTP and SMTP
        return Verdict.DELIVERED
    if channel is Channel.WEBHOOK and answer.status == 410:  # noqa: PLR2004  Gone
        return Verdict.GONE
    return Verdict.AGAIN


def retry_delay(
    attempts: int,
    schedule: Sequence[float],
    jitter: float,
    roll: float,
    retry_after: float | None = None,
) -> timedelta | None:
    """Give the wait before the next attempt after so many made; None: the schedule is exhausted.

    `roll` in [0, 1) chooses within ± jitter. A stranger's Retry-After can only lengthen the wait.
    """
    if attempts >= len(schedule):
        return None
    wait = schedule[attempts] * (1 + jitter * (2 * roll - 1))
    asked = min(retry_after or 0.0, LONGEST_RETRY_AFTER)
    return timedelta(seconds=max(wait, asked))


_SECRETS = re.compile(
    r"whs(?:ec|k)_[A-Za-z0-9+/=_-]+|v1a?,[A-Za-z0-9+/=]{20,}|(?i:bearer|basic)\s+[\w.~+/=-]+"
)
# Identity, card and phone numbers: eleven digits or more, an X at the end included.
_NUMBERS = re.compile(r"(?<![0-9A-Fa-f-])\d{10,}[\dXx](?![0-9A-Fa-f-])")


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """Take secrets, and what may be personal numbers, out of a stranger's words."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[secret]")
    return _NUMBERS.sub("[number]", _SECRETS.sub("[secret]", text)).replace("\0", "")
