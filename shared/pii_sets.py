"""Personal values of many rows at once: the same seals and blind indexes as `pii` makes of one.

A payroll sheet has seventy thousand of them. What is the same for all is looked up once.
"""

import os
from collections.abc import Iterable

from shared import turns
from shared.pii import Kind, SealedAhead, hashes_of, keyring, normalised

_NONCE_BYTES = 12


def sealed(values: Iterable[str | None]) -> list[SealedAhead | None]:
    """Seal values of a `Sealed` column ahead; where there is none, none."""
    head, cipher = keyring().sealing
    encrypt, listed = cipher.encrypt, list(values)
    random, at = os.urandom(_NONCE_BYTES * len(listed)), 0
    made: list[SealedAhead | None] = []
    for value in turns.unhurried(listed):
        if value is None:
            made.append(None)
            continue
        nonce = random[at : at + _NONCE_BYTES]
        at += _NONCE_BYTES
        made.append(SealedAhead(head + nonce + encrypt(nonce, value.encode(), head)))
    return made


def blind_indexes(values: Iterable[str | None], kind: Kind) -> list[str | None]:
    """Give the hashes by which values are found; of nothing, and of an empty text, none."""
    inside, outside = hashes_of(keyring().index_key, kind)
    made: list[str | None] = []
    for value in turns.unhurried(values):
        if not value:
            made.append(None)
            continue
        inner, outer = inside.copy(), outside.copy()
        inner.update(normalised(value, kind).encode())
        outer.update(inner.digest())
        made.append(outer.hexdigest())
    return made
