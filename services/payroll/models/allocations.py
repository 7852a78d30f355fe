"""What persons, or a bank's return, decided of a line's money, step by step."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.payroll.models.tables import Base, of
from services.payroll.rules.matching import AllocationKind, AllocationState, Step

_IN_FORCE = text("state IN ('confirmed', 'reversing')")


class Allocation(Base):
    """An amount of a line that is not free to choose: it counts for what was decided."""

    __tablename__ = "allocations"
    __table_args__ = (
        # Two persons who want to decide of one line at once: the second is told.
        Index(
            "uq_allocations_pending",
            "line_id",
            unique=True,
            postgresql_where=text("state IN ('proposed', 'reversing')"),
        ),
        # A return takes back one credit.
        Index(
            "uq_allocations_returning",
            "returning_line_id",
            unique=True,
            postgresql_where=text("state NOT IN ('refused', 'reversed')"),
        ),
        Index("ix_allocations_line", "line_id", postgresql_where=_IN_FORCE),
        Index("ix_allocations_obligation", "obligation_id", postgresql_where=_IN_FORCE),
        CheckConstraint("amount > 0", name="amount"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[AllocationKind]
    account_index: Mapped[str]
    line_id: Mapped[UUID]
    """The credit of which it decides."""
    source_id: Mapped[UUID] = mapped_column(of("sources.id"))
    serial: Mapped[str]
    obligation_id: Mapped[UUID | None] = mapped_column(of("obligations.id"))
    returning_line_id: Mapped[UUID | None]
    amount: Mapped[Decimal]
    state: Mapped[AllocationState] = mapped_column(default=AllocationState.PROPOSED)
    by_rule: Mapped[bool] = mapped_column(default=False)
    """Found by the return itself; nobody proposed it."""
    asked_by: Mapped[str]
    """Who asked for what waits for a second person, or asked last."""
    reason: Mapped[str]
    proposed_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was refused, or reversed."""

    steps: Mapped[list["AllocationStep"]] = relationship(
        lazy="raise", viewonly=True, order_by="(AllocationStep.at, AllocationStep.id)"
    )

    def confirm(self, at: datetime) -> Step:
        """Take the second person's yes to whatever was asked for; say what it came to."""
        if self.state is AllocationState.PROPOSED:
            self.state, self.confirmed_at = AllocationState.CONFIRMED, at
            return Step.CONFIRMED
        self.state, self.ended_at = AllocationState.REVERSED, at
        return Step.REVERSED

    def refuse(self, at: datetime) -> Step:
        """Take a no to whatever was asked for; say what it came to."""
        if self.state is AllocationState.PROPOSED:
            self.state, self.ended_at = AllocationState.REFUSED, at
            return Step.REFUSED
        self.state = AllocationState.CONFIRMED
        return Step.REVERSAL_REFUSED


class AllocationStep(Base):
    """Who did what to a decision, when and why."""

    __tablename__ = "allocation_steps"
    __table_args__ = (Index("ix_allocation_steps_allocation", "allocation_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    allocation_id: Mapped[UUID] = mapped_column(of("allocations.id"))
    what: Mapped[Step]
    by: Mapped[str]
    at: Mapped[datetime]
    reason: Mapped[str | None]
