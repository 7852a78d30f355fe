"""Bodies of what the SMS gateway reports."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.alerts.rules.sms import Fate
from services.alerts.schemas.forms import Asked, OutBody


class ReportIn(Asked):
    """What became of one SMS; what a gateway says beside it is not read."""

    id: UUID
    """As we gave it when it was sent."""
    status: Fate


class ReportsIn(Asked):
    """Some reports together."""

    reports: Annotated[list[ReportIn], Field(min_length=1, max_length=50)]


class ReportsOut(OutBody):
    """How many of the reports were news."""

    taken: int
