"""Retaliation as it is told of, shown to offices, and answered."""

from datetime import datetime
from uuid import UUID

from services.cases.rules.retaliations import RetaliationKind
from services.cases.schemas.fields import InBody, OutBody, Words
from services.cases.schemas.public import MailboxIn


class RetaliationIn(InBody):
    """That whoever complained suffers for it, as an office heard."""

    kind: RetaliationKind
    report_id: UUID | None = None
    """Of whom, if it is known."""


class PublicRetaliationIn(MailboxIn):
    """The same, from whoever has the receipt; in his own words, if he likes."""

    kind: RetaliationKind
    text: Words | None = None
    """Kept sealed, as a message of the mailbox."""


class RetaliationAnswerIn(InBody):
    """What was done about it; no names of workers."""

    measure: Words


class RetaliationOut(OutBody):
    """Retaliation that was told of. What was said of it stands in the mailbox, sealed."""

    id: UUID
    case_id: UUID
    report_id: UUID | None
    kind: RetaliationKind
    told_at: datetime
    told_by: str
    answered_at: datetime | None
    answered_by: str | None
    measure: str | None


class RetaliationTakenOut(OutBody):
    """That it was taken: the body in charge and those above it are told at once."""

    kind: RetaliationKind
    told_at: datetime
