"""Bodies of mails that came back."""

from datetime import datetime
from uuid import UUID

from services.alerts.rules.bounces import Action, BounceState
from services.alerts.schemas.forms import Asked, OutBody


class BounceFilter(Asked):
    """What followed, and of which delivery."""

    state: BounceState | None = None
    delivery_id: UUID | None = None


class BounceOut(OutBody):
    """A mail that came back, and what followed."""

    id: UUID
    state: BounceState
    delivery_id: UUID | None
    action: Action | None
    status: str | None
    """As RFC 3463 has it, `5.1.1`."""
    said: str | None
    """The other server's own words, without addresses."""
    digest: str
    """sha256 of the mail as it came; it is kept, sealed."""
    file_size: int
    received_at: datetime
    received_from: str
