"""The chain of a contract's period, from its due day to the money's last stop."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.cases.models.tables import Base
from services.cases.rules.delay import StageCode


class PayChain(Base):
    """A period of a works contract, as far as payroll has told of it."""

    __tablename__ = "pay_chains"
    __table_args__ = (Index("ix_pay_chains_project", "project_id", "due_on", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """The obligation's."""
    works_contract_id: Mapped[UUID]
    project_id: Mapped[UUID]
    area_code: Mapped[str]
    developer_id: Mapped[UUID | None]
    contractor_id: Mapped[UUID | None]
    """None: payroll told of money only, and did not say whose project it is."""
    period: Mapped[str]
    due_on: Mapped[date]
    due_amount: Mapped[Decimal | None]

    stages: Mapped[list["PayStage"]] = relationship(lazy="raise", viewonly=True)

    def learn(self, **told: object) -> None:
        """Take what is told; what is left out or unknown stays as it was told before."""
        for name, value in told.items():
            if value is not None and getattr(self, name) != value:
                setattr(self, name, value)


class PayStage(Base):
    """A stage of a chain that was reached, by whose word."""

    __tablename__ = "pay_stages"
    __table_args__ = (Index("uq_pay_stages_code", "chain_id", "code", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(ForeignKey("pay_chains.id"))
    code: Mapped[str]
    reached_on: Mapped[date | None]
    """None: it was told and taken back, as when a payment was returned."""
    told_at: Mapped[datetime]
    proof: Mapped[dict[str, Any]]

    def tell(self, reached_on: date | None, at: datetime, proof: dict[str, Any]) -> bool:
        """Take what is told unless something newer was; say whether that is news."""
        if at < self.told_at or self.reached_on == reached_on:
            return False
        self.reached_on, self.told_at, self.proof = reached_on, at, proof
        return True


class WageMonth(Base):
    """How far the wages of a month of a project have come, as payroll told it last."""

    __tablename__ = "wage_months"
    __table_args__ = (Index("uq_wage_months_period", "project_id", "period", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    period: Mapped[str]
    told_at: Mapped[datetime]
    owed: Mapped[bool]
    employer_id: Mapped[UUID | None]
    """Who holds the sheets, or held them last."""
    submitted_on: Mapped[date | None]
    reviewed_on: Mapped[date | None]
    sent_on: Mapped[date | None]
    settled_on: Mapped[date | None]

    def tell(self, at: datetime, **told: object) -> None:
        """Take what is told unless something newer was."""
        if at < self.told_at:
            return
        self.told_at = at
        for name, value in told.items():
            setattr(self, name, value)

    @property
    def reached(self) -> dict[str, date]:
        """Give the stages that are reached, each with its day."""
        days = {
            StageCode.SHEET_SUBMITTED.value: self.submitted_on,
            StageCode.SHEET_REVIEWED.value: self.reviewed_on,
            StageCode.BANK_PAID.value: self.sent_on,
            StageCode.WORKERS_CREDITED.value: self.settled_on,
        }
        return {code: day for code, day in days.items() if day is not None}
