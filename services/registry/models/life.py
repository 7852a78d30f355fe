"""What happens to a project between its start and its end."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.models.projects import Project
from services.registry.models.tables import Base
from services.registry.rules.life import SuspensionReason, SuspensionState
from shared.db import Synced


class Suspension(Synced, Base):
    """Days on which a project is stopped, both included: one person asks, another approves."""

    __tablename__ = "suspensions"
    __table_args__ = (Index("ix_suspensions_project_id", "project_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey(Project.id))
    reason: Mapped[SuspensionReason]
    explanation: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date]
    state: Mapped[SuspensionState] = mapped_column(default=SuspensionState.REQUESTED)
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    begun_at: Mapped[datetime | None]
    """When it was told that the works stopped; None before its first day."""
    resumed_on: Mapped[date | None]
    """The first day of works after it, if they resumed before its end."""

    @property
    def last_on(self) -> date:
        """Give its last day: as planned, or before it if the works resumed early."""
        return (
            min(self.until_on, self.resumed_on - timedelta(days=1))
            if self.resumed_on
            else (self.until_on)
        )
