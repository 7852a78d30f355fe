"""Bodies of alerts, their acknowledgement and the inbox."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.alerts.rules.deliveries import Channel, DeliveryState
from services.alerts.rules.notices import AlertState, Entry, Reason
from services.alerts.schemas.bundles import CarriedOut
from services.alerts.schemas.forms import AreaCode, Asked, Code, InBody, Note, OutBody, Word
from shared import clock


class AlertFilter(Asked):
    """Which alerts."""

    state: AlertState | None = None
    kind: Code | None = None
    level: Word | None = None
    area_code: AreaCode | None = None
    project_id: UUID | None = None
    watch_item_id: UUID | None = None


class WordsOut(OutBody):
    """Words for people, in both languages."""

    zh: str
    en: str


class AlertOut(OutBody):
    """What people are told about a watch item at a level, and where it stands."""

    id: UUID
    kind: str
    subject_id: UUID
    watch_item_id: UUID | None
    project_id: UUID | None
    project_name: str | None
    area_code: str
    period: str
    level: str
    level_rank: int
    level_label: str
    unit_id: UUID | None
    person_id: UUID | None
    due_on: date | None
    lacking: Decimal | None
    state: AlertState
    raised_at: datetime
    repeats: int
    major: bool
    step: int
    route_id: UUID | None
    path: list[UUID]
    """The versions of the routes under which that one lies, the tree's root first, and it."""
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    promised_on: date | None
    closed_at: datetime | None
    close_reason: str | None
    details: dict[str, Any]
    waiting: WordsOut | None
    """What the contractor reads while the period's money is another party's."""
    changed_at: datetime


class TimelineEntryOut(OutBody):
    """One thing that happened to an alert."""

    at: datetime
    entry: Entry
    actor: str
    details: dict[str, Any]


class NoticeDeliveryOut(OutBody):
    """A way by which somebody was told, and whether it arrived."""

    id: UUID
    channel: Channel
    state: DeliveryState
    delivered_at: datetime | None


class NoticeOut(OutBody):
    """Who was told, when, and why."""

    id: UUID
    recipient_id: UUID
    step: int
    reason: Reason
    told_at: datetime
    trace: dict[str, Any]
    silenced_by: UUID | None
    """The silence for which nothing was sent of it."""
    inhibited_by: UUID | None
    """The fact (a frozen account) for which nothing was sent of it."""
    carried: list[CarriedOut]
    """Where it goes with others in one message, by channel."""
    deliveries: list[NoticeDeliveryOut]


class AlertDetailOut(AlertOut):
    """An alert with all that happened to it."""

    timeline: list[TimelineEntryOut]
    notices: list[NoticeOut]


class AcknowledgementIn(InBody):
    """A receiver's answer: it is in hand, until a day."""

    promised_on: clock.Day | None = None
    note: Note | None = None


class AcknowledgementsIn(AcknowledgementIn):
    """One answer for several alerts."""

    alert_ids: Annotated[list[UUID], Field(min_length=1, max_length=500)]


class RefusedOut(OutBody):
    """An alert that could not be answered for, and why."""

    alert_id: UUID
    type: str
    title: WordsOut


class AcknowledgementsOut(OutBody):
    """What came of each of several alerts."""

    acknowledged: list[UUID]
    refused: list[RefusedOut]


class InboxOut(OutBody):
    """A notice to the caller."""

    id: UUID
    told_at: datetime
    reason: Reason
    step: int
    read_at: datetime | None
    silenced_by: UUID | None
    """The silence for which nothing was sent of it."""
    inhibited_by: UUID | None
    """The fact (a frozen account) for which nothing was sent of it."""
    carried: list[CarriedOut]
    """Where it goes with others in one message, by channel."""
    alert: AlertOut
