"""What policies in shadow mode would have done."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.items import Happening, WatchKind


class ShadowStep(Base):
    """A line of an item that a shadow policy would have opened; never changed, never told."""

    __tablename__ = "shadow_steps"
    __table_args__ = (
        Index("ix_shadow_steps_policy", "policy_id", "at", "id"),
        Index("ix_shadow_steps_key", "policy_id", "key"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """It follows from the policy, the item and the line: recorded again, it is the same."""
    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policies.id"))
    kind: Mapped[WatchKind]
    key: Mapped[str]
    subject_id: Mapped[UUID]
    project_id: Mapped[UUID | None]
    area_code: Mapped[str]
    period: Mapped[str]
    opened_at: Mapped[datetime]
    what: Mapped[Happening]
    step: Mapped[str]
    level: Mapped[str]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
