"""Evidence packs as they are shown, and what stands in their parts."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.cases.rules.packs import About
from services.cases.schemas.arrears import ClockOut
from services.cases.schemas.fields import OutBody


class PackEntryOut(OutBody):
    """A file in a pack."""

    name: str
    sha256: str
    size: int
    """Bytes."""


class EvidencePackOut(OutBody):
    """A pack that was made; while nothing happens it is given again."""

    id: UUID
    about: About
    subject_id: UUID
    sha256: str
    """Of the zip."""
    size: int
    """Bytes."""
    entries: list[PackEntryOut]
    made_at: datetime
    made_by: str


class NoticeProofOut(OutBody):
    """That a notice reached a receiver."""

    watch_item_id: UUID
    alert_id: UUID
    notice_id: UUID
    delivery_id: UUID
    recipient_id: UUID
    channel: str
    reason: str
    level: str
    told_at: datetime
    delivered_at: datetime
    attempts: int


class PackClockOut(ClockOut):
    """A limit with what it belongs to, and the terms under which it was started."""

    proceeding_id: UUID | None
    restriction_id: UUID | None
    terms_id: UUID | None


class ItemMoneyOut(OutBody):
    """What came in against a watch item."""

    due_amount: Decimal | None
    lacking: Decimal | None
    credited: Decimal | None
    bank_serials: list[str]


class ItemClocksOut(OutBody):
    """From which day an item's ladder counts, when it stood still, and what is due."""

    due_on: Any
    paused: list[dict[str, Any]]
    due_at: datetime | None
    answer_due_at: datetime | None
    closed_at: datetime | None
