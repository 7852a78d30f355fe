"""Restrictions of who owes wages (处处受限): proposed by rule, decided by people. Pure.

724号 art. 48 and 49; which measure follows what, and for how long, is an area's row.
"""

from dataclasses import dataclass
from enum import StrEnum


class RestrictionKind(StrEnum):
    """What is restricted."""

    KEY_CONTROL = "key_control"
    """Key control of whoever is in arrears (重点列管)."""
    BID_RESTRICTION = "bid_restriction"
    """No part in tenders, purchases and support of government (限制招投标)."""
    VETO = "veto"
    """No honours, grades or qualifications (一票否决)."""
    MARKET_REMOVAL = "market_removal"
    """Out of the area's market (清出市场)."""


class RestrictionState(StrEnum):
    """Where a restriction stands."""

    PROPOSED = "proposed"
    DROPPED = "dropped"
    IN_FORCE = "in_force"
    LIFTED = "lifted"
    """Ended by a decision before its day."""
    ENDED = "ended"
    """Ended by itself after its last day."""


CANDIDATE, LISTED = "candidate", "listed"
"""After what a measure is proposed: the crime amount is reached; the listing is decided."""


@dataclass(frozen=True, slots=True)
class Measure:
    """That something is proposed after something, for so many months."""

    after: str
    kind: RestrictionKind
    months: int
