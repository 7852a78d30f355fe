"""Proceedings beside cases: what opens them, what moves them, and as they are shown."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.cases.rules.arrears import PaymentSource
from services.cases.rules.proceedings import ProceedingKind, ProceedingStage
from services.cases.schemas.arrears import ClockOut, Line
from services.cases.schemas.case_lines import Yuan
from services.cases.schemas.case_steps import OfficersIn
from services.cases.schemas.evidence import EvidenceIds
from services.cases.schemas.fields import AreaCode, Asked, Code, Days, InBody, OutBody, Words
from shared import clock

CreditCode = Annotated[str, Field(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$")]


class InstalmentIn(InBody):
    """So much by the end of a day."""

    due_on: clock.Day
    amount: Yuan


class InstalmentOut(OutBody):
    """An instalment of a plan."""

    due_on: date
    amount: Decimal


class _Said(InBody):
    """What acts say; the table says which act needs what, and what lacks is named."""

    done_on: clock.Day | None = None
    """The day of the act itself, as its paper says; limits run from it."""
    document_number: Line | None = None
    reason: Words | None = None
    """Without personal data."""
    note: Words | None = None
    """Without personal data."""
    body: Line | None = None
    """Before which body it is: an arbitration, a court, the police."""
    way: Literal["mediation", "arbitration", "court", "legal_aid"] | None = None
    form: Literal["letter", "guided", "accompanied", "online"] | None = None
    name: Line | None = None
    """Of the unit that it is about."""
    credit_code: CreditCode | None = None
    amount: Yuan | None = None
    """In yuan."""
    days: Days | None = None
    """Working days."""
    officers: OfficersIn | None = None
    """Their ids."""
    party: PaymentSource | None = None
    """Who is asked to pay; in the order of the liability path, or with the reason."""
    unpaid_price: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)] | None = None
    """Works price that the developer has not paid, in yuan; it is asked for no more."""
    leader: Line | None = None
    """The post of the leader who answers for a plan (责任领导); no person's name."""
    person: Line | None = None
    """The post of the person who does it (责任人); no person's name."""
    instalments: Annotated[list[InstalmentIn], Field(max_length=60)] = []
    outcome: Code | None = None
    """What came of it: `settled`, `award`, `judgment`, `withdrawn`, `charged` …"""
    evidence_ids: EvidenceIds = []
    """Files that were brought for the case before."""


class ProceedingIn(_Said):
    """A proceeding that is opened beside a case."""

    kind: ProceedingKind
    line_ids: Annotated[list[UUID], Field(max_length=10_000)] = []
    """The lines that it is about; none: the whole case."""


class ProceedingStepIn(_Said):
    """An act upon a proceeding."""

    version: Annotated[int, Field(ge=1)]
    act: Code


class ProceedingFilter(Asked):
    """Which proceedings."""

    case_id: UUID | None = None
    kind: ProceedingKind | None = None
    stage: ProceedingStage | None = None
    credit_code: CreditCode | None = None
    area_code: AreaCode | None = None
    """This area and all below it."""
    under_way: bool | None = None


class ProceedingOut(OutBody):
    """A proceeding."""

    id: UUID
    version: int
    case_id: UUID
    area_code: str
    kind: ProceedingKind
    stage: ProceedingStage
    stage_since: datetime
    opened_at: datetime
    opened_by: str
    opened_org: UUID | None
    by_rule: bool
    since_on: date
    name: str | None
    credit_code: str | None
    way: str | None
    body: str | None
    form: str | None
    amount: Decimal | None
    document_number: str | None
    outcome: str | None
    party: PaymentSource | None
    unpaid_price: Decimal | None
    leader: str | None
    person: str | None
    listed_at: datetime | None
    line_ids: list[UUID]
    ended_at: datetime | None


class ProceedingStepOut(OutBody):
    """A step of a proceeding."""

    at: datetime
    actor: str
    act: str
    stage_from: ProceedingStage | None
    stage_to: ProceedingStage
    details: dict[str, Any]


class ProceedingActOut(OutBody):
    """Something that can be done with a proceeding now, by whoever asks, and what it needs."""

    act: str
    zh: str
    en: str
    needs: list[str]


class WholeProceedingOut(ProceedingOut):
    """A proceeding with its clocks, its steps, and what the caller can do with it."""

    instalments: list[InstalmentOut]
    clocks: list[ClockOut]
    steps: list[ProceedingStepOut]
    acts: list[ProceedingActOut]
