"""How an obligation stands, from what came in and when; pure."""

from decimal import Decimal
from enum import StrEnum


class ObligationStatus(StrEnum):
    """How an expected transfer stands."""

    PLANNED = "planned"
    DUE = "due"
    """Its due day is over, and the bank's data do not show yet what came."""
    FULL = "full"
    SHORT = "short"
    """Missed, and less than the amount has come since."""
    NONE = "none"
    """Missed, and nothing has come."""
    CLOSED = "closed"


class Noted(StrEnum):
    """What is noted of an obligation before or beside its money."""

    REPLANNED = "replanned"
    CLOSED = "closed"
    REOPENED = "reopened"
    FORETOLD = "foretold"
    REMINDED = "reminded"
    FUNDING_REQUESTED = "funding_requested"
    FUNDING_ANSWERED = "funding_answered"
    ADD_ON_PROPOSED = "add_on_proposed"
    ADD_ON_DECIDED = "add_on_decided"
    REPORT_OVERDUE = "report_overdue"


OPEN = (ObligationStatus.PLANNED, ObligationStatus.DUE)
"""Not judged yet: neither paid in full in time nor missed."""
MISSED = (ObligationStatus.SHORT, ObligationStatus.NONE)
"""Missed, and not paid in full since."""


def status(
    due_amount: Decimal, credited: Decimal, on_time: Decimal, *, missed: bool, due: bool
) -> ObligationStatus:
    """Say how an obligation stands; `on_time` is what is dated on or before its due day.

    Money dated later settles a miss but never prevents one, so before the miss is told the
    obligation stays due.
    """
    if on_time >= due_amount or (missed and credited >= due_amount):
        return ObligationStatus.FULL
    if missed:
        return ObligationStatus.SHORT if credited else ObligationStatus.NONE
    return ObligationStatus.DUE if due else ObligationStatus.PLANNED
