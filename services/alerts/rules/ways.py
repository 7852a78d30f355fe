"""Ways to recipients: what says that one leads nowhere any more, and when a provider is asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.alerts.rules import sms
from services.alerts.rules.deliveries import Channel

OF_THE_RECEIVER = frozenset({"recipient", "unverified", "gone", *map(str, sms.OF_THE_RECEIVER)})
"""What is wrong with the receiver's address or robot, and not with what was sent to it."""

OF_THE_PROVIDER = frozenset({"unverified", "unregistered", "balance_empty"})
"""What people must put right with a provider before it takes anything (again)."""

DAILY, AGAIN = timedelta(days=1), timedelta(hours=1)
"""After so long a provider is asked once more: one that takes what we send, one that does not."""


@dataclass(frozen=True, slots=True)
class Fare:
    """How a channel's provider fared at its last self-test, by the machine's clock."""

    channel: Channel
    checked_at: datetime | None = None
    error: str | None = None
    failing_since: datetime | None = None

    def is_due(self, now: datetime, began: datetime) -> bool:
        """Say whether a self-test is due: as a process begins, daily, and hourly while it fails."""
        if self.checked_at is None or self.checked_at < began:
            return True
        return now - self.checked_at >= (AGAIN if self.error else DAILY)
