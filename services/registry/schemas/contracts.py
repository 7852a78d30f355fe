"""Bodies of works contracts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from services.registry.rules.contracts import LabourCostBasis, LabourCostTerms, TransferMonth
from services.registry.schemas.fields import Body, Code, Filter, Row
from shared.workdays import DueShift

# Ranges that the rules judge, so that every finding comes at once, are only shown here.
Money = Annotated[
    Decimal, Field(max_digits=14, decimal_places=2, description='Yuan, above zero, `"1200.00"`')
]
Period = Annotated[str, Field(max_length=10, description="A month, YYYY-MM")]


class LabourCost(Body):
    """The terms that 724号 art. 24 and 53号 art. 5 ask for."""

    model_config = ConfigDict(from_attributes=True)

    basis: LabourCostBasis
    """`per_period`: `amount` each period; `total`: `amount` in all; `share`: per cent of the
    contract amount."""
    amount: Money | None = None
    share: Annotated[
        Decimal | None,
        Field(max_digits=5, decimal_places=2, description="Per cent, above 0 and at most 100"),
    ] = None
    first_period: Period
    last_period: Period
    cycle_months: int = Field(default=1, description="At most 1 (724号 art. 24)")
    transfer_day: int = Field(description="1 to 31; the month's last day if it is shorter")
    transfer_month: TransferMonth = TransferMonth.SAME
    due_shift: DueShift = DueShift.BACKWARDS

    def terms(self) -> LabourCostTerms:
        """Give the terms as the rules take them."""
        return LabourCostTerms(
            self.basis,
            self.amount,
            self.share,
            self.first_period,
            self.last_period,
            self.cycle_months,
            self.transfer_day,
            self.transfer_month,
            self.due_shift,
        )


class WorksContractIn(Body):
    """A works contract between a project's developer and its contractor."""

    project_id: UUID
    number: Code
    contractor_id: UUID
    signed_on: date
    contract_amount: Money
    labour_cost: LabourCost | None = None
    """Left out, the contract is refused with the article that asks for it."""


class WorksContractFilter(Filter):
    """Which works contracts a list shows."""

    project_id: UUID | None = None
    contractor_id: UUID | None = None


class WorksContractOut(Row):
    """A works contract with its labour-cost terms."""

    id: UUID
    project_id: UUID
    number: str
    contractor_id: UUID
    signed_on: date
    contract_amount: Decimal
    labour_cost: LabourCost
    registered_at: datetime
    changed_at: datetime
