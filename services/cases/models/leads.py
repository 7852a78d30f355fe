"""Leads that other platforms push, and what became of them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.leads import Conclusion, LeadSource, LeadState
from shared import db
from shared.pii import Sealed


class Lead(db.Synced, Base):
    """A lead on unpaid wages; what tells of persons in it is sealed."""

    __tablename__ = "leads"
    __table_args__ = (
        # Pushed once more it is the same lead.
        Index("uq_leads_external_id", "source", "external_id", unique=True),
        Index("ix_leads_area_code", "area_code", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[LeadSource]
    external_id: Mapped[str]
    area_code: Mapped[str]
    """Of the place of arrears, by which leads are routed (domain L9.2)."""
    place: Mapped[str]
    """The site or employer, as public notices name them; no person."""
    text: Mapped[str] = mapped_column(Sealed)
    project_id: Mapped[UUID | None]
    workers: Mapped[int | None]
    amount: Mapped[Decimal | None]
    received_at: Mapped[datetime]
    """When the sender got it."""
    pushed_at: Mapped[datetime]
    pushed_by: Mapped[str]
    state: Mapped[LeadState] = mapped_column(default=LeadState.RECEIVED)
    conclusion: Mapped[Conclusion | None]
    result: Mapped[str | None]
    """What was found and done, without personal data: the sender reads it."""
    workers_found: Mapped[int | None]
    amount_found: Mapped[Decimal | None]
    amount_paid: Mapped[Decimal | None]
    concluded_at: Mapped[datetime | None]
    concluded_by: Mapped[str | None]

    def conclude(self, conclusion: Conclusion, at: datetime, by: str, **found: object) -> None:
        """Be answered; a later answer replaces an earlier one."""
        self.state, self.conclusion = LeadState.CONCLUDED, conclusion
        self.concluded_at, self.concluded_by = at, by
        for name, value in found.items():
            setattr(self, name, value)
