"""Templates: the words of notices, by channel, kind, level and language."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.tables import Base
from services.alerts.rules.deliveries import Channel


class Template(Base):
    """A version of the words by which a channel tells of a kind of alert."""

    __tablename__ = "templates"
    __table_args__ = (
        Index(
            "uq_templates_version",
            "area_code", "channel", "kind", "level", "language", "version", unique=True,
        ),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("channel NOT IN ('webhook', 'inbox')", name="worded"),
        CheckConstraint("(channel = 'sms') = (provider_id <> '')", name="provider"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    channel: Mapped[Channel]
    kind: Mapped[str]
    """Empty: any kind that has no template of its own."""
    level: Mapped[str]
    """Empty: any level."""
    language: Mapped[str]
    version: Mapped[int]
    valid_from: Mapped[date]
    enabled: Mapped[bool] = mapped_column(default=True)
    """A disabled one leaves the word to the less exact, or to the area above."""
    title: Mapped[str]
    text: Mapped[str]
    provider_id: Mapped[str]
    """As what an SMS is registered with its provider."""
    source: Mapped[str]
    certainty: Mapped[str]
    """A: official wording read. B: secondary text. C: to be verified."""
    created_at: Mapped[datetime]
    created_by: Mapped[str]
