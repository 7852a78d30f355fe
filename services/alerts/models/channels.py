"""How the providers of channels fare."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.tables import Base
from services.alerts.rules.deliveries import Channel


class ProviderCheck(Base):
    """The last self-test of a channel's provider; by the machine's clock."""

    __tablename__ = "provider_checks"

    channel: Mapped[Channel] = mapped_column(primary_key=True)
    checked_at: Mapped[datetime]
    error: Mapped[str | None]
    """In a code of ours; None: the provider takes what we send."""
    failing_since: Mapped[datetime | None]

    def take(self, error: str | None, at: datetime) -> None:
        """Take what a self-test found."""
        self.checked_at, self.error = at, error
        self.failing_since = (self.failing_since or at) if error else None
