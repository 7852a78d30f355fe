"""The quality book of the rules as it is asked for and shown."""

from decimal import Decimal

from services.cases.rules.items import WatchKind
from services.cases.schemas.fields import AreaCode, Asked, OutBody
from shared import clock


class QualityFilter(Asked):
    """Which items: those that were opened in a period."""

    kind: WatchKind | None = None
    area_code: AreaCode | None = None
    """This area and all below it, by those directly below."""
    opened_from: clock.Day | None = None
    opened_until: clock.Day | None = None
    """The last day, included; each is a day in China."""


class QualityOut(OutBody):
    """What one rule came to in one area; fired is the sum of what follows it up to `open`."""

    kind: WatchKind
    area_code: str | None
    """None: all areas together; medians do not add up."""
    area_name: str | None
    fired: int
    confirmed: int
    false_data_late: int
    """What showed that it was not so was there in time, and came late."""
    false_exempt: int
    false_error: int
    ended: int
    """The matter ended before it could be put right: a project complete, a limit standing still."""
    open: int
    harmed: int
    """After which an arrears case of wages was opened on the project."""
    lead_days: Decimal | None
    """Median days from the item to that case."""
    noticed: int
    notice_hours: Decimal | None
    """Median hours until the first notice had reached somebody."""
    acknowledged: int
    acknowledge_hours: Decimal | None
    """Median hours until somebody answered for it."""
    proof_hours: Decimal | None
    """Median hours until the proof, of those that were confirmed."""


class QualityBookOut(OutBody):
    """The book of a period, by rule and area."""

    total: int
    """Items in all; the canary is none of them."""
    items: list[QualityOut]
