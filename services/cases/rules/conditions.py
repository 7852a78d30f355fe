"""Conditions before they are items: told by their finders, waiting for the policy's day. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.cases.rules.items import WatchKind
from shared.workdays import Pause


class ConditionState(StrEnum):
    """Where a condition stands: waiting for its day, open as an item, or put right."""

    LATENT = "latent"
    OPEN = "open"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Found:
    """A finder's words in ours: what is so, since when, and who has to put it right."""

    id: UUID
    """The event's."""
    kind: WatchKind
    key: str
    subject_id: UUID
    area_code: str
    period: str
    unit_id: UUID
    since: date
    at: datetime
    project_id: UUID | None = None
    project: dict[str, Any] | None = None
    developer_id: UUID | None = None
    contractor_id: UUID | None = None
    facts: tuple[str, ...] = ()
    value: Decimal | None = None
    muted_by: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """A finder's words in ours: it is so no longer, and the proof."""

    id: UUID
    kind: WatchKind
    key: str
    subject_id: UUID
    project_id: UUID | None
    area_code: str
    period: str
    at: datetime
    reason: str
    proof: Mapping[str, str]


def pauses_of(
    rows: Iterable[Mapping[str, str]], muted_at: datetime | None = None, at: datetime | None = None
) -> tuple[Pause, ...]:
    """Read the times in which a clock stood still, as rows keep them.

    With `at` the one that lasts since `muted_at` is among them, as far as it has come by then.
    """
    ended = [
        Pause(
            datetime.fromisoformat(row["from_at"]),
            datetime.fromisoformat(row["to_at"]),
            row["reason"],
            row["approver"],
        )
        for row in rows
    ]
    lasting = [Pause(muted_at, at, "muted", "finder")] if muted_at and at else []
    return (*ended, *lasting)


def pause_row(from_at: datetime, to_at: datetime, reason: str, approver: str) -> dict[str, str]:
    """Give a time in which a clock stood still as a row keeps it."""
    return {
        "from_at": from_at.isoformat(),
        "to_at": to_at.isoformat(),
        "reason": reason,
        "approver": approver,
    }
