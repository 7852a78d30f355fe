"""Maintenance windows: while one lasts, nothing is sent by some channels; all of it waits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.tables import Base


class MaintenanceWindow(Base):
    """A span in which some channels are worked on. Its instants are the machine's.

    What a mail server needs has nothing to do with the day that a scenario plays.
    """

    __tablename__ = "maintenance_windows"
    __table_args__ = (
        Index("ix_maintenance_windows_order", "from_at", "id"),
        Index("ix_maintenance_windows_until", "until_at"),
        CheckConstraint("from_at < until_at", name="span"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    """Only what is told in this area or below it; the nation's is all."""
    channels: Mapped[list[str]]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    """The end, excluded; put earlier if the work is done before."""
    reason: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    ended_by: Mapped[str | None]
    """Who ended it before its time, or called it off."""

    def is_over(self, wall: datetime) -> bool:
        """Say whether nothing waits for it any more."""
        return self.until_at <= wall or self.ended_by is not None
