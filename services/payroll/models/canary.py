"""The platform's canary: the rounds that it flew, and the alarms of those that did not return."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base
from services.payroll.rules.canary import Stage
from shared.db import same_id


class CanaryRound(Base):
    """One synthetic transfer that is owed and does not come: in no list, count or export."""

    __tablename__ = "canary_rounds"
    __table_args__ = (
        Index("ix_canary_rounds_started_at", "started_at"),
        Index("ix_canary_rounds_open", "started_at", postgresql_where=text("received_at IS NULL")),
        Index("ix_canary_rounds_back", "started_at", postgresql_where=text("back_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    """When its timer fell due; what is told of it is named by this."""
    started_at: Mapped[datetime]
    """When it entered by the bank's door; from then on its transfer is overdue."""
    account_index: Mapped[str]
    """Blind index of the account of its own, whose feed shows no credit."""
    found_at: Mapped[datetime | None]
    """When the search for missed transfers found it."""
    back_at: Mapped[datetime | None]
    """When its webhook arrived, by the machine's clock."""
    received_at: Mapped[datetime | None]
    """When its money came in after all, so that all that it opened is closed."""

    @property
    def missed_id(self) -> UUID:
        """Give the id of the event that tells that it was found: found again, it is the same."""
        return same_id(self.due_at, self.id, "missed")

    @property
    def received_id(self) -> UUID:
        """Give the id of the event that tells that its money came."""
        return same_id(self.due_at, self.id, "received")


class CanaryAlarm(Base):
    """A time in which no canary was back in time, told to operators by one replica at a time."""

    __tablename__ = "canary_alarms"
    __table_args__ = (
        Index(
            "uq_canary_alarms_open",
            "about",
            unique=True,
            postgresql_where=text("over_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    about: Mapped[str] = mapped_column(default="canary")
    """Always the same: of one matter one alarm is open."""
    since: Mapped[datetime]
    """When one should have been back."""
    stage: Mapped[Stage]
    """Where it stopped when people were told last."""
    told: Mapped[int] = mapped_column(default=0)
    """How often people were reached."""
    next_at: Mapped[datetime]
    """The machine's instant from which some replica tells people (again)."""
    over_at: Mapped[datetime | None]
    """When one was back, and those who were told had heard of it."""
