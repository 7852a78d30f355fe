"""What happened to a transfer before its miss, kept so that the item tells one history."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.items import Happening


class Precursor(Base):
    """A forecast, a reminder, or what people asked for, about something that may become an item."""

    __tablename__ = "precursors"
    __table_args__ = (Index("uq_precursors_cause", "subject_id", "cause_id", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID]
    """The obligation."""
    at: Mapped[datetime]
    what: Mapped[Happening]
    cause_id: Mapped[UUID]
    """The event that told it."""
    details: Mapped[dict[str, Any]]
