"""The people of an arrears case, line by line, and what they were paid."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules import arrears as rules
from services.cases.rules.arrears import LineState, PaymentProof, PaymentPurpose, PaymentSource
from shared.pii import Sealed


class ArrearsLine(Base):
    """One worker's claim in a case (欠薪台账行): claimed, verified, paid."""

    __tablename__ = "arrears_lines"
    __table_args__ = (
        Index("uq_arrears_lines_position", "case_id", "position", unique=True),
        Index(
            "uq_arrears_lines_person",
            "case_id",
            "id_index",
            unique=True,
            postgresql_where=text("id_index IS NOT NULL"),
        ),
        Index("ix_arrears_lines_id_index", "id_index"),
        CheckConstraint("claimed >= 0 AND paid >= 0", name="amounts"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("arrears_cases.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Sealed)
    name_index: Mapped[str]
    id_number: Mapped[str | None] = mapped_column(Sealed)
    id_index: Mapped[str | None]
    worker_id: Mapped[UUID | None]
    """Of payroll, where the worker is on a roster."""
    months: Mapped[str]
    """The months that are owed, as they were told: `2023-01..2023-03`."""
    claimed: Mapped[Decimal]
    verified: Mapped[Decimal | None]
    paid: Mapped[Decimal]
    disputed: Mapped[bool]
    """The worker says that what counts as paid did not come, or not in full."""
    withdrawn: Mapped[bool]
    referred: Mapped[bool]
    """It goes its way before an arbitrator or a court."""

    @property
    def state(self) -> LineState:
        """Say where it stands, by its amounts."""
        return rules.line_state(self)

    @property
    def owed(self) -> Decimal:
        """Give what it still owes, in yuan."""
        return rules.owed(self)


class ArrearsPayment(Base):
    """Money that came to a worker of a case, or was taken back; never changed, only reversed."""

    __tablename__ = "arrears_payments"
    __table_args__ = (
        Index("ix_arrears_payments_case_id", "case_id", "id"),
        # A bank line pays a worker once.
        Index(
            "uq_arrears_payments_serial",
            "line_id",
            "bank_serial",
            unique=True,
            postgresql_where=text("bank_serial IS NOT NULL AND reverses_id IS NULL"),
        ),
        Index(
            "uq_arrears_payments_reverses",
            "reverses_id",
            unique=True,
            postgresql_where=text("reverses_id IS NOT NULL"),
        ),
        CheckConstraint("(amount < 0) = (reverses_id IS NOT NULL)", name="sign"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("arrears_cases.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("arrears_lines.id"))
    source: Mapped[PaymentSource]
    amount: Mapped[Decimal]
    """In yuan; below zero of what takes another back."""
    paid_on: Mapped[date]
    proof: Mapped[PaymentProof]
    bank_serial: Mapped[str | None]
    evidence_id: Mapped[UUID | None] = mapped_column(ForeignKey("evidence.id"))
    """Of cash: the signed receipt with the worker's confirmation."""
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("arrears_payments.id"))
    reason: Mapped[str | None]
    purpose: Mapped[PaymentPurpose] = mapped_column(
        default=PaymentPurpose.WAGES, server_default=PaymentPurpose.WAGES.value
    )
    told_at: Mapped[datetime]
    told_by: Mapped[str]


class ArrearsRecovery(Base):
    """Money that came back to the emergency fund (追偿); never changed, only reversed."""

    __tablename__ = "arrears_recoveries"
    __table_args__ = (
        Index("ix_arrears_recoveries_case_id", "case_id", "id"),
        Index(
            "uq_arrears_recoveries_reverses",
            "reverses_id",
            unique=True,
            postgresql_where=text("reverses_id IS NOT NULL"),
        ),
        CheckConstraint("(amount < 0) = (reverses_id IS NOT NULL)", name="sign"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("arrears_cases.id"))
    paid_by: Mapped[PaymentSource]
    """For whom it was advanced, and who gives it back."""
    amount: Mapped[Decimal]
    """In yuan; below zero of what takes another back."""
    received_on: Mapped[date]
    bank_serial: Mapped[str]
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("arrears_recoveries.id"))
    reason: Mapped[str | None]
    told_at: Mapped[datetime]
    told_by: Mapped[str]
