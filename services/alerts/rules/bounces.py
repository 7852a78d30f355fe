"""What a mail server reports later of a mail that it had taken (RFC 3464); pure.

`read` meets foreign bytes: it is called in the sandbox alone, never in the service's process.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from enum import StrEnum
from typing import cast

from services.alerts.rules.deliveries import scrub

MOST_BYTES = 1_048_576
"""A report that gives back a mail of ours is a few kB; one that is larger is none."""
BOUNCED = "bounced"
"""Why a way leads nowhere: its mail server took a mail, and reported later that it cannot."""
COME_WITHIN = timedelta(days=5)
"""A mail server tries for four to five days before it gives up (RFC 5321, 4.5.4.1)."""

TOKEN = re.compile(r"(?<![a-z2-7])[a-z2-7]{44}(?![a-z2-7])")
"""What we write into a mail, to know it again in what comes back."""
_STATUS = re.compile(r"(?<![0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_BACK_TO = ("to", "delivered-to", "x-original-to", "envelope-to")
_MOST_FATES, _MOST_TOKENS, _LONGEST = 50, 20, 500
# Of a permanent status: how the mail was transmitted, what it holds, who may send such (RFC 3463).
_NOT_THE_RECEIVERS = frozenset("567")


class Action(StrEnum):
    """What became of a mail at a receiver, as a report says it."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


ARRIVED = frozenset({Action.DELIVERED, Action.RELAYED, Action.EXPANDED})


class BounceState(StrEnum):
    """What followed of what was handed in."""

    UNREADABLE = "unreadable"
    """It is no report of a delivery, or cannot be read within bounds."""
    UNMATCHED = "unmatched"
    """It tells of no mail of ours."""
    NOTED = "noted"
    """It changes nothing: tried on, arrived, or the delivery had ended already."""
    BOUNCED = "bounced"
    """The mail did not arrive and will not."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mail at one receiver; `said` are the other server's own words."""

    action: Action
    status: str
    """As RFC 3463 has it, `5.1.1`."""
    said: str = ""

    @property
    def lasts(self) -> bool:
        """Say whether it holds for good."""
        return self.status.startswith("5")

    @property
    def is_the_receivers(self) -> bool:
        """Say whether it is the address that is wrong, and not what was sent to it."""
        return self.lasts and self.status.split(".")[1] not in _NOT_THE_RECEIVERS


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it was read: what became of the mail, and what may name it."""

    fates: list[Fate]
    tokens: list[str]

    @property
    def fate(self) -> Fate:
        """Give what counts: a mail goes to one address, which may stand for several people."""
        worst = min(self.fates, key=lambda one: list(Action).index(one.action))
        arrived = next((one for one in self.fates if one.action in ARRIVED), None)
        return arrived or worst


def read(raw: bytes) -> Report | None:
    """Read a report of a delivery; None for a mail that is none. May raise whatever parsers do."""
    mail = message_from_bytes(raw)
    said = mail.get_param("report-type")
    is_report = mail.get_content_type() == "multipart/report"
    if not is_report or str(said).lower() != "delivery-status" or not mail.is_multipart():
        return None
    parts = cast("list[Message]", mail.get_payload())
    fates = [one for part in parts for one in _fates(part)][:_MOST_FATES]
    if not fates:
        return None
    names = [str(one) for name in _BACK_TO for one in mail.get_all(name, [])]
    names += [name for part in parts for name in _returned(part)]
    found = dict.fromkeys(token for name in names for token in TOKEN.findall(name.lower()))
    return Report(fates, list(found)[:_MOST_TOKENS])


def _fates(part: Message) -> Iterator[Fate]:
    """Give what a part says became of the mail; its first group is about the mail as a whole."""
    if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
        return
    for group in cast("list[Message]", part.get_payload()):
        action = str(group.get("action", "")).strip().lower()
        status = _STATUS.search(str(group.get("status", ""))[:_LONGEST])
        if status and action in set(Action):
            words = " ".join(str(group.get("diagnostic-code", ""))[:_LONGEST].split())
            yield Fate(Action(action), status.group(1), words)


def _returned(part: Message) -> Iterator[str]:
    """Give the ids of the mail that a part gives back, whole or its headers alone."""
    back: Message | None = None
    if part.get_content_type() == "message/rfc822" and part.is_multipart():
        back = cast("list[Message]", part.get_payload())[0]
    elif part.get_content_type() == "text/rfc822-headers":
        payload = part.get_payload(decode=True)
        back = message_from_bytes(payload) if isinstance(payload, bytes) else None
    if back is not None:
        yield from (str(one) for one in back.get_all("message-id", []))


_UNPRINTED = re.compile(r"[\x00-\x1f\x7f]")
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"@]+@[^\s<>()\[\]:;,\"@]+")


def words(fates: Sequence[Fate]) -> str:
    """Give what the other server said, without the addresses and what else is not to be kept."""
    said = scrub(_ADDRESS.sub("[address]", "; ".join(one.said for one in fates if one.said)))
    return _UNPRINTED.sub("", said)[:_LONGEST]


def clears(reason: str | None, last: str | None, now: datetime) -> bool:
    """Say whether a mail that was taken ends what is known against an address.

    Mail servers take mails for addresses that are not there: only when no report has come for as
    long as one may take does the taking count.
    """
    if reason != BOUNCED or last is None:
        return True
    return now - datetime.fromisoformat(last) > COME_WITHIN
