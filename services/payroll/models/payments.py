"""What finance says it sent to wage accounts."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of


class TreasuryPayment(Base):
    """A payment of labour cost out of the treasury (国库拨款), and where it was seen to arrive."""

    __tablename__ = "treasury_payments"
    __table_args__ = (
        # The same voucher told twice is one payment.
        Index("uq_treasury_payments_voucher", "payer_area", "voucher", unique=True),
        # A credit is one payment.
        Index(
            "uq_treasury_payments_seen",
            "seen_line_id",
            unique=True,
            postgresql_where=text("seen_line_id IS NOT NULL"),
        ),
        Index("ix_treasury_payments_project", "project_id", "period"),
        Index("ix_treasury_payments_order", "sent_on", "id"),
        Index(
            "ix_treasury_payments_unseen",
            "project_id",
            postgresql_where=text("seen_line_id IS NULL"),
        ),
        CheckConstraint("amount > 0", name="amount"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payer_area: Mapped[str]
    """The area whose finance bureau sent it."""
    voucher: Mapped[str]
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    obligation_id: Mapped[UUID | None] = mapped_column(of("obligations.id"))
    """What it was sent for; None: no contract names the period."""
    period: Mapped[str]
    amount: Mapped[Decimal]
    sent_on: Mapped[date]
    seen_line_id: Mapped[UUID | None]
    """The credit that it is."""
    seen_on: Mapped[date | None]
    """The day of that credit."""
    funding_source: Mapped[str | None]
    payment_list_id: Mapped[UUID | None] = mapped_column(of("payment_lists.id"))
    """The file in which it came; None: it was told by the interface."""
    received_at: Mapped[datetime]
    received_from: Mapped[str]

    def be_seen(self, line_id: UUID, day: date) -> None:
        """Be seen in the account."""
        self.seen_line_id, self.seen_on = line_id, day

    @property
    def waiting_since(self) -> date | None:
        """Give since when it is waited for; None once it is seen."""
        return None if self.seen_line_id else self.sent_on
