"""Orders to fund a government project (责令拨付): 724号 art. 59. Pure.

HRSS reports to its own government; with its approval it orders the money to be paid; whoever does
not pay is interviewed by the higher HRSS, then named in a circular notice, then disciplined. The
law has no number: each order has its own limit.
"""

from datetime import datetime
from enum import StrEnum

from shared import workdays
from shared.workdays import Calendar, Unit


class FundingState(StrEnum):
    """Where an order to fund stands; it ends with the money, or with a refusal by government."""

    REPORTED = "reported"
    REFUSED = "refused"
    APPROVED = "approved"
    ORDERED = "ordered"
    OVERDUE = "overdue"
    INTERVIEWED = "interviewed"
    NOTIFIED = "notified"
    DISCIPLINED = "disciplined"
    FUNDED = "funded"


class Measure(StrEnum):
    """What the higher HRSS does about money that was ordered and not paid."""

    INTERVIEW = "interview"
    CIRCULAR_NOTICE = "circular_notice"
    DISCIPLINE = "discipline"


OVER = frozenset({FundingState.REFUSED, FundingState.FUNDED})
# Each measure follows the one before it; none is passed over.
FOLLOWS = {
    Measure.INTERVIEW: (FundingState.OVERDUE, FundingState.INTERVIEWED),
    Measure.CIRCULAR_NOTICE: (FundingState.INTERVIEWED, FundingState.NOTIFIED),
    Measure.DISCIPLINE: (FundingState.NOTIFIED, FundingState.DISCIPLINED),
}
# Money that is paid after the order counts as its proof, however late; before, nothing was owed.
PAYABLE = frozenset(FundingState) - OVER

# Only money of government is ordered to be paid in this way.
GOVERNMENT = "government"


def due_at(served_at: datetime, length: int, unit: Unit, calendar: Calendar) -> datetime:
    """Give the instant (exclusive) at which an order to fund is overdue."""
    return workdays.due(served_at, length, unit, (), calendar, shift_forwards=True)
