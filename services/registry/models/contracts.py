"""Works contracts and the versions of their terms."""

from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.models.organisations import Organisation
from services.registry.models.projects import Project
from services.registry.models.tables import Base
from services.registry.rules import labour_shares
from services.registry.rules.contracts import (
    LabourCostBasis,
    LabourCostTerms,
    PayCycle,
    ProgressBasis,
    TransferMonth,
)
from shared.db import Synced
from shared.workdays import DueShift


class Terms:
    """The columns of labour-cost terms."""

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
    progress_basis: Mapped[ProgressBasis | None]
    measuring_months: Mapped[int | None]
    pay_cycle: Mapped[PayCycle | None]
    pay_day: Mapped[int | None]
    guide_share: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    """The area's share on the day on which the terms were agreed, in per cent; None: none."""
    share_by_guide: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether the share is the area's, because the contract names none."""

    @property
    def labour_cost(self) -> LabourCostTerms:
        """Give the terms of labour cost."""
        names = [field.name for field in fields(LabourCostTerms)]
        return LabourCostTerms(**{name: getattr(self, name) for name in names})

    def says(self, terms: LabourCostTerms) -> bool:
        """Say whether these are the terms; a share that was not named may be the area's."""
        own = self.labour_cost
        return terms in {own, replace(own, share=None)} if self.share_by_guide else terms == own

    @property
    def labour_share(self) -> Decimal | None:
        """Give what share of the contract its labour cost comes to, in per cent."""
        return labour_shares.share_of(self.contract_amount, self.labour_cost)

    @property
    def below_guide(self) -> bool:
        """Say whether that is less than the area's share."""
        share = self.labour_share
        return self.guide_share is not None and share is not None and share < self.guide_share


class WorksContract(Terms, Synced, Base):
    """A works contract between developer and contractor, with its terms as agreed last."""

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
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    registered_at: Mapped[datetime]


class ContractVersion(Terms, Base):
    """A contract's terms from a period on: as signed (1), or as a supplement has them."""

    __tablename__ = "works_contract_versions"
    __table_args__ = (UniqueConstraint("works_contract_id", "number"),)

    works_contract_id: Mapped[UUID] = mapped_column(ForeignKey(WorksContract.id), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    """The contract's own number, or the supplement's."""
    signed_on: Mapped[date]
    valid_from: Mapped[str]
    registered_at: Mapped[datetime]
