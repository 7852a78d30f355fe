"""Bodies of deposits and guarantees: terms, records, securities, uses, returns."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.registry.rules.deposit_papers import PaperKind
from services.registry.rules.deposits import (
    Reason,
    ReturnState,
    SecurityForm,
    SecurityPurpose,
    SecurityState,
    Step,
    UseState,
)
from services.registry.rules.requirements import Answerer, Certainty
from services.registry.schemas.fields import AreaCode, Body, Code, Filter, Name, Row
from shared import clock
from shared.workdays import Unit

Yuan = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]
PerCent = Annotated[Decimal, Field(ge=0, le=1000, max_digits=6, decimal_places=2)]
Years = Annotated[int, Field(ge=0, le=50)]
Months = Annotated[int, Field(ge=1, le=120)]


class LimitIn(Body):
    """How long a step may take."""

    length: Annotated[int, Field(ge=1, le=3650)]
    unit: Unit
    """`wd` or `cd`."""


class LimitsIn(Body):
    """How long each step of use and return may take."""

    bank_pays: LimitIn
    """After the bank received the payment notice (65号 art. 19)."""
    replenish: LimitIn
    """After the bank paid (art. 20)."""
    notice: LimitIn
    """How long the coming return is shown (art. 22)."""
    review: LimitIn
    confirm: LimitIn
    tell_refusal: LimitIn
    statement: LimitIn
    """How long after a period the bank may take to state a deposit (art. 21)."""


class _Numbers(BaseModel):
    """An area's numbers; rates and changes in per cent, amounts in yuan."""

    area_code: AreaCode
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    valid_from: clock.Day
    rate: PerCent
    """Of the contract amount."""
    several_rate: PerCent
    """For a contractor with several works in the area."""
    floor_rate: PerCent
    """Below which no reduction goes."""
    cap: Yuan | None = None
    """The most that is due for one contract, before a raise."""
    small_below: Yuan
    """Works below are exempt, if there were no arrears for `small_years`."""
    small_years: Years
    reduce_years: Years
    reduce_by: PerCent
    exempt_years: Years
    raise_years: Years
    """Arrears in so many last years raise what is due by `raise_by`."""
    raise_by: PerCent
    listed_raise_by: PerCent
    guarantee_months: Months
    """How long a guarantee is to be good at least; a shorter one is taken with a warning."""
    statement_months: Annotated[int, Field(ge=1, le=12)]
    """How many months the bank's statement of a deposit tells of: 3, quarterly."""
    interest_to: Answerer
    """Whose a deposit's interest is (art. 15)."""
    agreement_asked: bool = True
    """Whether the copy of a deposit's agreement with the bank is to be filed (art. 11)."""
    mark_asked: bool = True
    """Whether the bank is to show that it marked the account (art. 10)."""
    basis: Name
    certainty: Certainty


class DepositRuleIn(_Numbers, Body):
    """A version of an area's numbers."""

    limits: LimitsIn


class DepositRuleOut(_Numbers, Row):
    """A version of an area's numbers."""

    id: UUID
    limits: dict[Step, LimitIn]


class AreaFilter(Filter):
    """Of which area."""

    area_code: AreaCode | None = None


class WageRecordIn(Body):
    """What is stated of a contractor's past with wages."""

    stated_on: clock.Day
    clean_since: clock.Day | None = None
    """No arrears since this day; left out: nothing is proved."""
    arrears_on: clock.Day | None = None
    """The last day of arrears that is known."""
    listed_until: clock.Day | None = None
    """The last day on the list for joint punishment."""
    reference: Name
    """Who states it, and where it lies."""


class WageRecordOut(Row):
    """What is stated of a contractor's past with wages."""

    id: UUID
    organisation_id: UUID
    stated_on: date
    clean_since: date | None
    arrears_on: date | None
    listed_until: date | None
    reference: str
    recorded_at: datetime


class DepositDueOut(Row):
    """What is due for a project's deposit, and why."""

    contract_amount: Decimal
    amount: Decimal
    """Yuan."""
    rate: Decimal
    """Per cent of the contract amount that it comes to."""
    reason: Reason
    rule_id: UUID
    covered: Decimal
    """What is given and stands today, in yuan."""
    lacking: Decimal


class SecurityIn(Body):
    """A deposit or a payment guarantee."""

    purpose: SecurityPurpose
    form: SecurityForm
    number: Code
    """The account's, guarantee's or policy's number; never a whole bank account number."""
    issuer: Name
    amount: Yuan
    valid_from: clock.Day
    valid_until: clock.Day | None = None
    """Its last day; cash has none."""
    replaces: UUID | None = None
    """The security that it is given for."""


class SecurityFilter(Filter):
    """Of which project."""

    project_id: UUID | None = None


class SecurityListFilter(SecurityFilter):
    """Of which project, and with what term."""

    short_term: bool | None = None
    """Whether it ends before the area's numbers or the contract allow."""
    lacks_papers: bool | None = None
    """Whether the agreement or the mark of the account is asked for and is not there."""


class WarningOut(Row):
    """What is wrong with what was taken all the same."""

    code: str
    zh: str
    en: str
    until: date
    """Until when it is to last at least."""


class LackingOut(Row):
    """A paper that is asked for and is not there."""

    kind: PaperKind
    zh: str
    en: str


class SecurityOut(Row):
    """A deposit or a payment guarantee."""

    id: UUID
    project_id: UUID
    purpose: SecurityPurpose
    form: SecurityForm
    number: str
    issuer: str
    amount: Decimal
    used: Decimal
    valid_from: date
    valid_until: date | None
    state: SecurityState
    ended_on: date | None
    warnings: list[WarningOut]
    """Why its term is too short, if it is."""
    statement_due_on: date | None
    """By when the bank's next statement is owed."""
    agreement_id: UUID | None
    """The copy of the agreement with the bank: the version that counts."""
    agreement_on: date | None
    mark_id: UUID | None
    """What shows that the bank marked the account: the version that counts."""
    marked_on: date | None
    papers_lacking: list[LackingOut]
    """Which of both the area asks for and is not there: a warning, it hinders nothing."""
    version: int
    recorded_at: datetime


class UseIn(Body):
    """A payment notice: a handling decision was not obeyed in time."""

    decision: Code
    """Its number."""
    amount: Yuan
    received_on: clock.Day
    """The day on which the bank received the notice."""


class DayIn(Body):
    """The day on which it was done."""

    on: clock.Day


class UseOut(Row):
    """A use of a deposit, with its limits."""

    id: UUID
    security_id: UUID
    project_id: UUID
    decision: str
    amount: Decimal
    state: UseState
    received_on: date
    pay_by: date
    pay_late: bool
    paid_on: date | None
    replenish_by: date | None
    replenish_late: bool
    replenished_on: date | None


class ReturnIn(Body):
    """A coming return: the contractor's promise, and the notice on the board and on the web."""

    promise: Name
    noticed_on: clock.Day


class ReviewIn(Body):
    """What the review found."""

    on: clock.Day
    open_arrears: Name | None = None
    """What is owed yet; left out: nothing, the deposit goes back."""


class ReturnOut(Row):
    """A return of a deposit, with the limit of the step that is owed now."""

    id: UUID
    security_id: UUID
    project_id: UUID
    state: ReturnState
    promise: str
    noticed_on: date
    notice_until: date
    applied_on: date | None
    by: date | None
    late: bool
    reviewed_on: date | None
    open_arrears: str | None
    told_on: date | None
