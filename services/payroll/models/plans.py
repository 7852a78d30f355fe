"""What changes what is owed, and what people said of it: terms, stops, requests, notes."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of
from services.payroll.rules.obligations import Noted
from services.payroll.rules.periods import Basis, Terms, TransferMonth
from services.payroll.rules.plans import Spell, Version
from services.payroll.rules.requests import AddOnState, FundingState
from shared import db
from shared.workdays import DueShift


class Supplement(Base):
    """A later version of a works contract's terms, from a period on."""

    __tablename__ = "supplements"
    __table_args__ = (Index("uq_supplements_version", "works_contract_id", "version", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    works_contract_id: Mapped[UUID] = mapped_column(of("works_contracts.id"))
    version: Mapped[int]
    valid_from: Mapped[str]
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
    told_at: Mapped[datetime]

    @property
    def as_version(self) -> Version:
        """Give it as rules take it."""
        terms = Terms(
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
        return Version(self.version, self.valid_from, terms)


class Stop(Base):
    """Days on which a project's works stand still, as registry told them."""

    __tablename__ = "project_stops"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Registry's suspension."""
    project_id: Mapped[UUID] = mapped_column(of("projects.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    """The last day; once the works go on, the last on which they did not."""
    reason: Mapped[str]
    told_at: Mapped[datetime]

    @property
    def spell(self) -> Spell:
        """Give it as rules take it."""
        return Spell(self.from_on, self.until_on)


class ObligationNote(Base):
    """One thing that happened to an obligation before or beside its money."""

    __tablename__ = "obligation_notes"
    __table_args__ = (
        Index("ix_obligation_notes_obligation", "obligation_id", "at"),
        # A reminder of a day is one, however often the day's job runs.
        Index("uq_obligation_notes_cause", "obligation_id", "cause", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    obligation_id: Mapped[UUID] = mapped_column(of("obligations.id"))
    at: Mapped[datetime]
    what: Mapped[Noted]
    cause: Mapped[str]
    actor: Mapped[str]
    details: Mapped[dict[str, Any]]


class FundingRequest(db.Synced, Base):
    """A developer asks finance for the money of an obligation; finance answers with a date."""

    __tablename__ = "funding_requests"
    __table_args__ = (
        Index(
            "uq_funding_requests_open",
            "obligation_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_funding_requests_order", "asked_at", "id"),
        CheckConstraint("amount > 0", name="amount"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    obligation_id: Mapped[UUID] = mapped_column(of("obligations.id"), index=True)
    amount: Mapped[Decimal]
    reason: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    state: Mapped[FundingState] = mapped_column(default=FundingState.OPEN)
    promised_on: Mapped[date | None]
    """The day by which finance pays; it does not move the due day."""
    promised_amount: Mapped[Decimal | None]
    answer: Mapped[str | None]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]


class AddOn(db.Synced, Base):
    """A contractor proposes more labour cost for a period; its developer decides (53号 art. 13)."""

    __tablename__ = "add_ons"
    __table_args__ = (
        Index(
            "uq_add_ons_open",
            "obligation_id",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
        CheckConstraint("amount > 0", name="amount"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    obligation_id: Mapped[UUID] = mapped_column(of("obligations.id"), index=True)
    amount: Mapped[Decimal]
    workers: Mapped[int | None]
    """How many more people work."""
    reason: Mapped[str]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    state: Mapped[AddOnState] = mapped_column(default=AddOnState.PROPOSED)
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision: Mapped[str | None]
