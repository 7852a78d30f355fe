"""Signs of a group dispute, what was decided on them, and what came of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.tables import Base


class Sign(Base):
    """Somebody saw that people gather, or are about to, over unpaid wages."""

    __tablename__ = "signs"
    __table_args__ = (
        Index("ix_signs_order", "seen_at", "id"),
        Index("ix_signs_area", "area_code", "seen_at"),
        CheckConstraint("persons > 0", name="persons"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alerts.id"))
    area_code: Mapped[str]
    project_id: Mapped[UUID | None]
    project_name: Mapped[str | None]
    persons: Mapped[int]
    """About how many."""
    seen_at: Mapped[datetime]
    what: Mapped[str]
    reported_by: Mapped[str]
    reported_at: Mapped[datetime]
    plan_started: Mapped[bool | None]
    """Whether the emergency plan was started; None: not decided yet."""
    plan_reason: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
