"""Bodies of works contracts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from services.registry.rules.contracts import (
    LabourCostBasis,
    LabourCostTerms,
    PayCycle,
    ProgressBasis,
    TransferMonth,
)
from services.registry.schemas.fields import Body, Code, Filter, Row
from shared import clock
from shared.workdays import DueShift

# Ranges that the rules judge, so that every finding comes at once, are only shown here.
Money = Annotated[
    Decimal, Field(max_digits=14, decimal_places=2, description='Yuan, above zero, `"1200.00"`')
]
Period = Annotated[str, Field(max_length=10, description="A month, YYYY-MM")]


class _Terms(Body):
    """What can be agreed anew: all but the first period."""

    model_config = ConfigDict(from_attributes=True)

    basis: LabourCostBasis
    """`per_period`: `amount` each period; `total`: `amount` in all; `share`: per cent of the
    contract amount; where the contract names none, that of its area, if it has one."""
    amount: Money | None = None
    share: Annotated[
        Decimal | None,
        Field(max_digits=5, decimal_places=2, description="Per cent, above 0 and at most 100"),
    ] = None
    last_period: Period
    cycle_months: int = Field(default=1, description="At most 1 (724号 art. 24)")
    transfer_day: int = Field(description="1 to 31; the month's last day if it is shorter")
    transfer_month: TransferMonth = TransferMonth.SAME
    due_shift: DueShift = DueShift.BACKWARDS
    progress_basis: ProgressBasis | None = None
    """By what progress is measured: `monthly`, `stages` (形象进度), `fixed`."""
    measuring_months: int | None = Field(default=None, description="Months, at least 1")
    pay_cycle: PayCycle | None = None
    """How often wages are paid (724号 art. 12)."""
    pay_day: int | None = Field(default=None, description="1 to 31; needed if paid by the month")


class LabourCost(_Terms):
    """The terms that 724号 art. 24 and 53号 art. 5 ask for."""

    first_period: Period

    def terms(self) -> LabourCostTerms:
        """Give the terms as the rules take them."""
        return LabourCostTerms(**self.model_dump())


class NewLabourCost(_Terms):
    """The terms as a supplement agrees on them; they hold from its `valid_from` on."""

    def terms(self, first_period: str) -> LabourCostTerms:
        """Give the terms as the rules take them; the contract's first period stays."""
        return LabourCostTerms(first_period=first_period, **self.model_dump())


class WorksContractIn(Body):
    """A works contract between a project's developer and its contractor."""

    project_id: UUID
    number: Code
    contractor_id: UUID
    signed_on: clock.Day
    contract_amount: Money
    labour_cost: LabourCost | None = None
    """Left out, the contract is refused with the article that asks for it."""


class SupplementIn(Body):
    """A supplement (补充协议): the terms as they are from a period on; the past stays."""

    number: Code
    signed_on: clock.Day
    valid_from: Period
    """The first period for which it holds; not one that is over."""
    contract_amount: Money
    labour_cost: NewLabourCost


class VersionFilter(Filter):
    """Which versions of a contract a list shows."""

    period: Period | None = None
    """The one in force for this period; all if left out."""


class VersionOut(Row):
    """The terms of a works contract from a period on: as signed (1), or by a supplement."""

    works_contract_id: UUID
    version: int
    number: str
    signed_on: date
    valid_from: str
    contract_amount: Decimal
    labour_cost: LabourCost
    guide_share: Decimal | None
    share_by_guide: bool
    registered_at: datetime


class WorksContractFilter(Filter):
    """Which works contracts a list shows."""

    project_id: UUID | None = None
    contractor_id: UUID | None = None
    below_guide: bool | None = None
    """Whether the labour cost comes to less than the area's share."""


class WorksContractOut(Row):
    """A works contract with its terms as they were agreed last; its versions say from when."""

    id: UUID
    project_id: UUID
    number: str
    contractor_id: UUID
    signed_on: date
    contract_amount: Decimal
    labour_cost: LabourCost
    labour_share: Decimal | None
    """What share of the contract amount that comes to, in per cent."""
    guide_share: Decimal | None
    """The area's share on the day on which the terms were agreed; null: it had none."""
    share_by_guide: bool
    """Whether the share is the area's, because the contract names none."""
    below_guide: bool
    version: int
    registered_at: datetime
    changed_at: datetime
