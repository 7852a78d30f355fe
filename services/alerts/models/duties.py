"""Patterns of duties, and leaves with whoever stands in."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.tables import Base
from services.alerts.rules.duties import DutyDays, Turn


class DutyPattern(Base):
    """Duties that come again by an area's calendar, of one recipient or of several in turn.

    It is never rewritten, only ended: who was on duty on a past day stays so.
    """

    __tablename__ = "duty_patterns"
    __table_args__ = (
        Index("ix_duty_patterns_area", "area_code", "from_on", "id"),
        CheckConstraint("until_on IS NULL OR from_on <= until_on + 1", name="span"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    days: Mapped[DutyDays]
    turn: Mapped[Turn]
    opens: Mapped[time]
    closes: Mapped[time]
    """No later than `opens`: on the day after."""
    recipient_ids: Mapped[list[str]]
    """In the order of their turns."""
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    """The last day on which a duty begins; the day before `from_on`: none does."""
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class Leave(Base):
    """Days on which a recipient is not told himself, and who is told in his place."""

    __tablename__ = "leaves"
    __table_args__ = (
        Index("ix_leaves_recipient", "recipient_id", "from_on"),
        Index("ix_leaves_order", "from_on", "id"),
        CheckConstraint("from_on <= until_on", name="span"),
        CheckConstraint("stand_in_id <> recipient_id", name="stand_in"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("recipients.id"))
    area_code: Mapped[str]
    """The recipient's."""
    from_on: Mapped[date]
    until_on: Mapped[date]
    """The last day."""
    stand_in_id: Mapped[UUID | None] = mapped_column(ForeignKey("recipients.id"))
    cancelled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
