"""What would keep a notice back, as a dry run says it; pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class HeldBy(StrEnum):
    """Why a notice would not leave at once."""

    SILENCE = "silence"
    INHIBITION = "inhibition"
    """A fact of its project, such as a frozen account."""
    DIGEST = "digest"
    GROUP = "group"
    FLOOD = "flood"
    WINDOW = "window"
    """A channel is worked on."""
    QUIET = "quiet"
    """The receiver's quiet hours of a channel."""


MUTES = frozenset({HeldBy.SILENCE, HeldBy.INHIBITION})
"""By these it lies in the inbox alone, and is told again when they end."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One thing that keeps a notice back: until when, if that is known, and whose word it is."""

    by: HeldBy
    until_at: datetime | None
    reason: str
    cause_id: UUID | None = None
    """The silence, the fact, or the window."""
