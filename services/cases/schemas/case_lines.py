"""The people of an arrears case and their money, as they are entered and shown."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.cases.rules.arrears import LineState, PaymentProof, PaymentSource
from services.cases.schemas.arrears import ArrearsCaseOut, IdNumber, Line, Months
from services.cases.schemas.fields import InBody, OutBody, Words, WordsOut
from shared import clock
from shared.pii import MaskedIdNumber, MaskedName

_Version = Annotated[int, Field(ge=1)]
Yuan = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]


class ArrearsLineIn(InBody):
    """One worker's claim."""

    name: Line
    id_number: IdNumber | None = None
    months: Months
    claimed: Yuan


class ArrearsLinesIn(InBody):
    """Workers of a case; each is entered or reported."""

    version: _Version
    lines: Annotated[list[ArrearsLineIn], Field(min_length=1, max_length=10_000)]


class ArrearsLineOut(OutBody):
    """One worker's line."""

    id: UUID
    position: int
    name: MaskedName
    id_number: MaskedIdNumber | None
    worker_id: UUID | None
    months: str
    claimed: Decimal
    verified: Decimal | None
    paid: Decimal
    owed: Decimal
    disputed: bool
    state: LineState


class FindingOut(OutBody):
    """Why a row was not entered."""

    place: str
    """As in the body that was sent, `lines[2].id_number`."""
    code: str
    detail: WordsOut
    remedy: WordsOut | None


class LinesTakenOut(OutBody):
    """What came of some rows: accepted and rejected come to the rows that were sent."""

    rows: int
    accepted: int
    rejected: int
    entered: int
    """Of those accepted, whom the case had no line of."""
    findings: list[FindingOut]
    case: ArrearsCaseOut


class VerificationIn(InBody):
    line_id: UUID
    verified: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]


class VerificationsIn(InBody):
    """What investigation has found to be owed; only that counts for clearing (R3.7)."""

    version: _Version
    lines: Annotated[list[VerificationIn], Field(min_length=1, max_length=10_000)]


class LinkIn(InBody):
    line_id: UUID
    worker_id: UUID | None
    """Of payroll's roster, as its comparison tells it; none: it is unknown again."""


class LinksIn(InBody):
    """Whom of payroll's workers some lines are of."""

    version: _Version
    links: Annotated[list[LinkIn], Field(min_length=1, max_length=10_000)]


class LineChangeIn(InBody):
    """What a worker says of his line: he withdraws it, disputes a payment, or no longer does."""

    version: _Version
    withdrawn: bool | None = None
    disputed: bool | None = None
    reason: Words


class PaymentIn(InBody):
    """Money that came to a worker, from where, with what shows it."""

    line_id: UUID
    amount: Yuan
    source: PaymentSource
    paid_on: clock.Day
    proof: PaymentProof
    bank_serial: Line | None = None
    evidence_id: UUID | None = None


class PaymentsIn(InBody):
    """Payments to workers of a case; all of them count, or none."""

    version: _Version
    payments: Annotated[list[PaymentIn], Field(min_length=1, max_length=10_000)]


class PaymentOut(OutBody):
    """A payment, or what takes one back."""

    id: UUID
    line_id: UUID
    source: PaymentSource
    amount: Decimal
    paid_on: date
    proof: PaymentProof
    bank_serial: str | None
    evidence_id: UUID | None
    reverses_id: UUID | None
    reason: str | None
    told_at: datetime
    told_by: str


class ReversalIn(InBody):
    """Why a payment counts no longer."""

    version: _Version
    reason: Words
