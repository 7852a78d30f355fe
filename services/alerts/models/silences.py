"""Silences: alerts of which nothing leaves the house for a while, and by which terms."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.tables import Base
from services.alerts.rules.silences import SilenceState


class SilenceTerms(Base):
    """A version of what an area says of silences."""

    __tablename__ = "silence_terms"
    __table_args__ = (
        Index("uq_silence_terms_version", "area_code", "version", unique=True),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    version: Mapped[int]
    valid_from: Mapped[date]
    longest: Mapped[dict[str, Any]]
    """Hours by role; a role that is not named may not silence."""
    two_persons: Mapped[list[str]]
    """Levels that only two persons together silence."""
    source: Mapped[str]
    """Whose rule this is: a document and article, or whose practice."""
    certainty: Mapped[str]
    """A: official wording read. B: secondary text. C: to be verified."""
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class Silence(Base):
    """Somebody's word that some alerts are not sent to persons for a while; it is never edited."""

    __tablename__ = "silences"
    __table_args__ = (
        Index("ix_silences_order", "created_at", "id"),
        Index("ix_silences_area", "area_code", "state"),
        CheckConstraint("from_at < until_at", name="span"),
        CheckConstraint("approved_by IS NULL OR approved_by <> author", name="second_person"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    kinds: Mapped[list[str]]
    levels: Mapped[list[str]]
    areas: Mapped[list[str]]
    projects: Mapped[list[str]]
    watch_item_id: Mapped[UUID | None]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    reason: Mapped[str]
    author: Mapped[str]
    terms_id: Mapped[UUID] = mapped_column(ForeignKey("silence_terms.id"))
    """The version by which it may last so long."""
    state: Mapped[SilenceState]
    approved_by: Mapped[str | None]
    """The second person, where it needs one."""
    approved_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    """Who ended it early; None: its time was over."""
    end_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    def approve(self, by: str, at: datetime) -> None:
        """Let it take alerts from now on, on the word of a second person."""
        self.state, self.approved_by, self.approved_at = SilenceState.ACTIVE, by, at
        self.version += 1

    def end(self, at: datetime, by: str | None = None, reason: str | None = None) -> bool:
        """Take nothing any more; say whether it took anything until now."""
        was_active = self.state is SilenceState.ACTIVE
        self.state, self.ended_at = SilenceState.ENDED, at
        self.ended_by, self.end_reason = by, reason
        self.version += 1
        return was_active
