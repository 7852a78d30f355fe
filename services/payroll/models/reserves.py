"""What moved on an account month by month: the sums from which its reserve follows."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of


class AccountMonth(Base):
    """An account's month. Kept for every account whose lines came, registered or not."""

    __tablename__ = "account_months"
    __table_args__ = (
        Index("uq_account_months_month", "source_id", "account_index", "month", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(of("sources.id"))
    account_index: Mapped[str]
    month: Mapped[str]
    came_in: Mapped[Decimal] = mapped_column(default=Decimal(0))
    went_out: Mapped[Decimal] = mapped_column(default=Decimal(0))
    payroll: Mapped[Decimal] = mapped_column(default=Decimal(0))
    """Wages paid for this month, in whichever month, less what of them came back."""
    payroll_lines: Mapped[int] = mapped_column(default=0)
    returned_lines: Mapped[int] = mapped_column(default=0)
