"""Watch items, their timelines and their numbers."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.cases.rules.delay import Party
from services.cases.rules.items import (
    Happening,
    ItemState,
    WatchKind,
)
from services.cases.schemas.fields import (
    AreaCode,
    Asked,
    Code,
    OutBody,
    WordsOut,
)


class AssigneeOut(OutBody):
    """Who answers for an item."""

    unit_id: UUID
    person_id: UUID | None


class PauseOut(OutBody):
    """A time in which an item's clock stands still."""

    from_at: datetime
    to_at: datetime
    reason: str
    """`extension`, or why its finder says so."""
    approver: str


class WatchItemOut(OutBody):
    """A watch item."""

    id: UUID
    kind: WatchKind
    subject_id: UUID
    """The obligation, or the feed."""
    project_id: UUID | None
    area_code: str
    period: str
    """YYYY-MM, or the day for feeds."""
    level: str
    level_rank: int
    level_label: str
    level_colour: str
    state: ItemState
    assignee: AssigneeOut
    due_on: date
    """D: the day from which the ladder counts."""
    due_amount: Decimal | None
    lacking: Decimal | None
    bank_serials: list[str]
    waiting_for: Party | None
    """Who holds the period's money; the clocks of those after it stand still."""
    waiting: WordsOut | None
    """What those read who wait."""
    facts: list[str]
    """What else was told of it: `works_started` …"""
    value: Decimal | None
    """What was measured last, where a value decides on the level."""
    paused: list[PauseOut]
    """When its clock stood still, and why; an extension's end may lie ahead."""
    muted_by: str | None
    """Why its clock stands still; it stays in every list and count."""
    muted_at: datetime | None
    opened_at: datetime
    due_at: datetime | None
    """The next rung or the answer limit, whichever is first; null once closed."""
    answer_due_at: datetime | None
    promised_on: date | None
    closed_at: datetime | None
    close_reason: str | None
    """The proof in one word."""
    policy_id: UUID
    policy_version: int
    calendar_version: str
    changed_at: datetime


class EntryOut(OutBody):
    """A line of a timeline."""

    id: UUID
    at: datetime
    actor: str
    what: Happening
    level: str
    step: str
    policy_version: int
    calendar_version: str
    details: dict[str, Any]


class WatchItemWithTimelineOut(WatchItemOut):
    """A watch item with everything that happened to it."""

    timeline: list[EntryOut]


class WatchItemFilter(Asked):
    """Which watch items."""

    kind: WatchKind | None = None
    level: Code | None = None
    state: ItemState | None = None
    project_id: UUID | None = None
    area_code: AreaCode | None = None
    """This area and all below it."""
    unit_id: UUID | None = None
    """The assignee's unit; its queue begins with what no person holds, then goes by due time."""
    period: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$")] | None = None
    without_person: bool = False
    muted: bool | None = None
    """Only what stands still, or only what does not."""


class LevelCountOut(OutBody):
    """How many items stand on a level in a state."""

    level: str
    state: ItemState
    count: int


class WatchItemCountsOut(OutBody):
    """How many items there are, by level and state."""

    total: int
    muted: int
    """How many of them stand still because of something above them; they are counted too."""
    items: list[LevelCountOut]
