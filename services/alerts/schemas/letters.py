"""Bodies of warning letters: to whom, what, and what became of it at each receiver."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from services.alerts.rules.deliveries import Channel
from services.alerts.rules.routing import Receiver
from services.alerts.schemas.alerts import NoticeDeliveryOut
from services.alerts.schemas.forms import (
    AreaCode,
    Code,
    InBody,
    InvestmentType,
    Line,
    OutBody,
    Word,
)

Written = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
EmployerRole = Literal[
    Receiver.DEVELOPER, Receiver.CONTRACTOR, Receiver.WAGE_OFFICER, Receiver.UNIT_HEAD
]


class LetterFilter(InBody):
    """Which posts of employers; all that is named must hold.

    What alerts say of projects tells the sector and the investment type of an employer; level and
    kind ask for an open one.
    """

    area_code: AreaCode
    roles: Annotated[list[EmployerRole], Field(min_length=1, max_length=4)] = [
        Receiver.DEVELOPER,
        Receiver.CONTRACTOR,
        Receiver.WAGE_OFFICER,
    ]
    organisations: Annotated[list[UUID], Field(max_length=1000)] = []
    sector_authority_id: UUID | None = None
    investment_type: InvestmentType | None = None
    level: Word | None = None
    kind: Code | None = None


class WarningLetterIn(InBody):
    """A letter: to whom, its title, its text in Chinese and, if you like, in English."""

    receivers: LetterFilter
    title: Line
    text_zh: Written
    text_en: Written | None = None


class WouldReceiveOut(OutBody):
    """A post that a letter would reach, and by which ways."""

    recipient_id: UUID
    title: str
    org_id: UUID | None
    area_code: str
    roles: list[str]
    channels: list[Channel]


class LetterRehearsalOut(OutBody):
    """Whom a letter would reach; nobody is told."""

    receivers: int
    organisations: int
    items: list[WouldReceiveOut]


class WarningLetterOut(OutBody):
    """A letter as it was sent."""

    id: UUID
    area_code: str
    asked: dict[str, Any]
    title: str
    text_zh: str
    text_en: str | None
    receivers: int
    sent_at: datetime
    sent_by: str


class LetterCountsOut(WarningLetterOut):
    """A letter, and how many of its receivers it has come how far with."""

    sent: int
    """On its way by some channel."""
    delivered: int
    """Taken by a channel; of who has the inbox alone: it lies there."""
    refused: int
    """Taken by none of the channels; it lies in the inbox."""
    read: int
    """Read in the inbox."""


class ReceiptOut(OutBody):
    """What became of a letter at one receiver."""

    id: UUID
    recipient_id: UUID
    title: str
    org_id: UUID | None
    state: Literal["sent", "delivered", "refused", "read"]
    read_at: datetime | None
    trace: dict[str, Any]
    deliveries: list[NoticeDeliveryOut]


class ReadIn(InBody):
    """Which of the caller's notices he has read."""

    notice_ids: Annotated[list[UUID], Field(min_length=1, max_length=500)]


class ReadOut(OutBody):
    """Which are marked as read now; what is not the caller's is left out."""

    read: list[UUID]
