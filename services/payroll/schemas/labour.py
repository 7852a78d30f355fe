"""Bodies of labour contracts, and of the cards that wages go to."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.payroll.rules.trades import ContractForm, PayUnit, PeriodType
from services.payroll.schemas.fields import Body, Filter, Money, Row
from shared import clock
from shared.pii import MaskedCard
from shared.problems import TextError
from shared.wording import Text


class ContractTermsIn(Body):
    """What a worker and an employer signed."""

    form: ContractForm = ContractForm.LABOUR_CONTRACT
    period_type: PeriodType = PeriodType.FIXED_TERM
    start_on: clock.Day
    end_on: clock.Day | None = None
    """The last day; left out of what ends with a task."""
    unit: PayUnit | None = None
    unit_price: Annotated[Money, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.end_on and self.end_on < self.start_on:
            raise TextError(
                "term", Text("合同结束日期早于开始日期", "The contract ends before it begins")
            )
        return self


class LabourContractOut(Row):
    """A labour contract or agreement."""

    id: UUID
    project_id: UUID
    employer_id: UUID
    worker_id: UUID
    form: ContractForm
    period_type: PeriodType
    start_on: date
    end_on: date | None
    unit: PayUnit | None
    unit_price: Decimal | None
    sha256: str | None
    """Of the signed paper, where it was filed."""
    told_at: datetime


class WorkerFilter(Filter):
    """Whose rows a list shows."""

    worker_id: UUID | None = None


class PayeeAccountOut(Row):
    """A card that wages of the project go to, from an instant on."""

    id: UUID
    project_id: UUID
    worker_id: UUID
    card_no: MaskedCard
    bank_code: str | None
    bank_name: str | None
    is_own: bool
    """The name on the card is the worker's."""
    told_at: datetime
    told_by: str
    usable_from: datetime
    """A changed card waits, so that a swapped one is noticed."""
    replaced_at: datetime | None
