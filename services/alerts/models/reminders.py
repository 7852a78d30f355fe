"""What units were told before their transfers were due: notices, no alerts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.tables import Base


class Reminder(Base):
    """That a unit was told on a day of transfers that lie ahead, and which posts were told."""

    __tablename__ = "reminders"
    __table_args__ = (
        Index("uq_reminders_event", "event_id", "unit_id", unique=True),
        Index("ix_reminders_order", "told_at", "id"),
        Index("ix_reminders_unit", "unit_id", "told_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID]
    unit_id: Mapped[UUID]
    area_code: Mapped[str]
    step: Mapped[str]
    workdays: Mapped[int]
    transfers: Mapped[list[dict[str, Any]]]
    recipient_ids: Mapped[list[str]]
    """Posts of the unit that were in office; none: nobody of it can be told."""
    told_at: Mapped[datetime]
