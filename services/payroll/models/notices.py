"""What banks and contractors told of missed transfers."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of
from services.payroll.rules.notices import CameFirst, NoticeKind


class MissNotice(Base):
    """Somebody's word, by law, that an obligation's money did not come; one of each kind."""

    __tablename__ = "miss_notices"
    __table_args__ = (
        Index("uq_miss_notices_obligation", "obligation_id", "kind", unique=True),
        Index("ix_miss_notices_order", "received_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[NoticeKind]
    obligation_id: Mapped[UUID] = mapped_column(of("obligations.id"))
    bank_id: Mapped[UUID | None]
    """The bank whose notice it is."""
    told_on: Mapped[date]
    """The day on which the bank told the contractor, or the contractor its authorities."""
    told_to: Mapped[str | None]
    """Whom, in words: a unit or a post, no person's name."""
    reference: Mapped[str | None]
    """The number of the letter."""
    came_first: Mapped[CameFirst]
    """Whether the miss had been found here when this came."""
    received_at: Mapped[datetime]
    received_from: Mapped[str]
