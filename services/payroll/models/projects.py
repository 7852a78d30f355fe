"""Organisations, projects and works contracts, as registry told them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of
from services.payroll.rules.periods import Basis, Terms, TransferMonth
from shared.workdays import DueShift


class Organisation(Base):
    """A company, bank or body, as registry told it last."""

    __tablename__ = "organisations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    area_code: Mapped[str]
    roles: Mapped[list[str]]
    told_at: Mapped[datetime]


class Project(Base):
    """A project, as registry told it last; `card` is what our events carry of it."""

    __tablename__ = "projects"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    status: Mapped[str]
    developer_id: Mapped[UUID]
    contractor_id: Mapped[UUID | None]
    card: Mapped[dict[str, Any]]
    told_at: Mapped[datetime]


class ProjectState(Base):
    """A card that a project had before its present one, as registry told it then."""

    __tablename__ = "project_states"

    project_id: Mapped[UUID] = mapped_column(of("projects.id"), primary_key=True)
    told_at: Mapped[datetime] = mapped_column(primary_key=True)
    card: Mapped[dict[str, Any]]


class WorksContract(Base):
    """A works contract with its labour-cost terms."""

    __tablename__ = "works_contracts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(of("projects.id"), index=True)
    contractor_id: Mapped[UUID]
    signed_on: Mapped[date]
    contract_amount: Mapped[Decimal]
    basis: Mapped[Basis]
    labour_cost: Mapped[Decimal | None]
    share: Mapped[Decimal | None]
    first_period: Mapped[str]
    last_period: Mapped[str]
    transfer_day: Mapped[int]
    transfer_month: Mapped[TransferMonth]
    due_shift: Mapped[DueShift]
    pay_cycle: Mapped[str | None]
    pay_day: Mapped[int | None]

    @property
    def terms(self) -> Terms:
        """Give the terms as rules take them."""
        return Terms(
            self.basis,
            self.contract_amount,
            self.labour_cost,
            self.share,
            self.first_period,
            self.last_period,
            self.transfer_day,
            self.transfer_month,
            self.due_shift,
            self.pay_cycle,
            self.pay_day,
        )
