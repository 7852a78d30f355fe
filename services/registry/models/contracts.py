"""Works contracts."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.models.organisations import Organisation
from services.registry.models.projects import Project
from services.registry.models.tables import Base
from services.registry.rules.contracts import LabourCostBasis, LabourCostTerms, TransferMonth
from shared.db import Synced
from shared.workdays import DueShift


class WorksContract(Synced, Base):
    """A works contract between developer and contractor, with its labour-cost terms."""

    __tablename__ = "works_contracts"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        Index("ix_works_contracts_contractor_id", "contractor_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey(Project.id))
    number: Mapped[str]
    contractor_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id))
    signed_on: Mapped[date]
    contract_amount: Mapped[Decimal]
    basis: Mapped[LabourCostBasis]
    amount: Mapped[Decimal | None]
    share: Mapped[Decimal | None]
    first_period: Mapped[str]
    last_period: Mapped[str]
    cycle_months: Mapped[int]
    transfer_day: Mapped[int]
    transfer_month: Mapped[TransferMonth]
    due_shift: Mapped[DueShift]
    registered_at: Mapped[datetime]

    @property
    def labour_cost(self) -> LabourCostTerms:
        """Give the terms of labour cost as the contract has them."""
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
