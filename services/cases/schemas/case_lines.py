"""The people of an arrears case and their money, as they are entered and shown."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.cases.rules.arrears import LineState, PaymentProof, PaymentPurpose, PaymentSource
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
    purpose: PaymentPurpose = PaymentPurpose.WAGES
    """A cost of living is advanced by the emergency fund alone."""


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
    purpose: PaymentPurpose
    told_at: datetime
    told_by: str


class ReversalIn(InBody):
    """Why a payment counts no longer."""

    version: _Version
    reason: Words


class RecoveryIn(InBody):
    """Money that came back to the emergency fund, for whom it had advanced it."""

    version: _Version
    paid_by: PaymentSource
    amount: Yuan
    received_on: clock.Day
    bank_serial: Line


class RecoveryOut(OutBody):
    """Money that came back, or what takes it back."""

    id: UUID
    case_id: UUID
    paid_by: PaymentSource
    amount: Decimal
    received_on: date
    bank_serial: str
    reverses_id: UUID | None
    reason: str | None
    told_at: datetime
    told_by: str


class MoneyOut(OutBody):
    """What a case comes to, in yuan: for the workers, by source, and what is to be recovered."""

    claimed: Decimal
    verified: Decimal
    paid: Decimal
    owed: Decimal
    by_source: dict[PaymentSource, Decimal]
    """Reversals taken off; they come to what was paid in the lines, withdrawn ones included."""
    withdrawn: Decimal
    """Paid in lines that were withdrawn afterwards; in no sum of the case."""
    living_cost: Decimal
    """Of it: advances of the cost of living."""
    advanced: Decimal
    """Paid by the emergency fund for others, to be recovered."""
    recovered: Decimal
    to_recover: Decimal
    asked: list[PaymentSource]
    """Who of the liability path has been asked to pay, in its order."""
    next_party: PaymentSource | None
    """Who is to be asked next, while anything is owed."""
