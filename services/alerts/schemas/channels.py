"""Bodies of what operators see of channels."""

from datetime import datetime

from services.alerts.rules.deliveries import Channel
from services.alerts.schemas.forms import OutBody


class ChannelOut(OutBody):
    """How a channel's provider fared at its last self-test; no error: it takes what we send."""

    channel: Channel
    checked_at: datetime | None
    error: str | None
    failing_since: datetime | None
