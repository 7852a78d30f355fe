"""Warning letters (提示、警示): what an office says to many employers at once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.tables import Base


class WarningLetter(Base):
    """A letter as it was sent; its alert, which asks for no answer, carries the notices."""

    __tablename__ = "warning_letters"
    __table_args__ = (
        Index("ix_warning_letters_order", "sent_at", "id"),
        Index("ix_warning_letters_area", "area_code", "sent_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alerts.id"))
    area_code: Mapped[str]
    asked: Mapped[dict[str, Any]]
    """Whom the office asked for."""
    title: Mapped[str]
    text_zh: Mapped[str]
    text_en: Mapped[str | None]
    receivers: Mapped[int]
    """How many were found then."""
    sent_at: Mapped[datetime]
    sent_by: Mapped[str]
