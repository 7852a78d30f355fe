"""How a request for money stands; pure."""

from enum import StrEnum


class FundingState(StrEnum):
    """How a developer's request to finance stands. It never moves a due day (R1.25)."""

    OPEN = "open"
    PROMISED = "promised"
    REFUSED = "refused"


class AddOnState(StrEnum):
    """How a contractor's proposal of more labour cost stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
