"""Mails that come back: what names a mail of ours, and reports of it, read in the sandbox."""

from base64 import b32decode, b32encode
from binascii import Error as BadBase32
from dataclasses import dataclass
from hmac import compare_digest
from uuid import UUID

from services.alerts.rules import bounces
from services.alerts.rules.bounces import Report
from shared import pii, sandbox

_MEMORY_MB, _SECONDS = 64, 10.0
_ID, _ADDRESS, _TAG = 16, 3, 8
_PADDING = "===="


@dataclass(frozen=True, slots=True)
class Named:
    """Of which delivery a returned mail is, and to which address it went."""

    delivery_id: UUID
    address: str
    """The beginning of its keyed hash: tells whether a receiver still has this address."""


def address_mark(address: str) -> str:
    """Give the beginning of an address's keyed hash, by which it is told from a later one."""
    return pii.blind_index(address, "mail")[: 2 * _ADDRESS]


def _tag(named: bytes) -> bytes:
    # No address looks like this, so that no look-up of a mail gives the same hash.
    return bytes.fromhex(pii.blind_index(f"bounce {named.hex()}", "mail"))[:_TAG]


def token(delivery_id: UUID, address: str) -> str:
    """Give what names a mail: only we can make it, and a mail sent twice has one."""
    named = delivery_id.bytes + bytes.fromhex(address_mark(address))
    return b32encode(named + _tag(named)).decode("ascii").rstrip("=").lower()


def named(tokens: list[str]) -> Named | None:
    """Give the mail that one of some tokens names; None if we made none of them."""
    for one in tokens:
        try:
            raw = b32decode(one.upper() + _PADDING)
        except BadBase32:
            continue
        head, tag = raw[: _ID + _ADDRESS], raw[_ID + _ADDRESS :]
        if compare_digest(_tag(head), tag):
            return Named(UUID(bytes=head[:_ID]), head[_ID:].hex())
    return None


async def read(raw: bytes) -> Report | None:
    """Read foreign bytes as a report; None for what is none, or cannot be read within bounds."""
    try:
        return await sandbox.run(bounces.read, raw, memory_mb=_MEMORY_MB, seconds=_SECONDS)
    except sandbox.SandboxRefused:
        return None
