"""Table of reports of mails that a mail server had taken and then could not deliver."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.deliveries import Delivery
from services.alerts.models.tables import Base
from services.alerts.rules.bounces import Action, BounceState


class Bounce(Base):
    """A mail that came back to us, whatever it was; the file has it as it came."""

    __tablename__ = "bounces"
    __table_args__ = (
        Index("uq_bounces_digest", "digest", unique=True),
        Index("ix_bounces_order", "received_at", "id"),
        Index("ix_bounces_delivery", "delivery_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[BounceState]
    delivery_id: Mapped[UUID | None] = mapped_column(ForeignKey(Delivery.id))
    action: Mapped[Action | None]
    status: Mapped[str | None]
    """As RFC 3463 has it, `5.1.1`."""
    said: Mapped[str | None]
    """The other server's own words, without addresses."""
    digest: Mapped[str]
    """sha256 of the mail as it came, in hex."""
    file_id: Mapped[UUID]
    file_size: Mapped[int]
    received_at: Mapped[datetime]
    received_from: Mapped[str]
    """The subject of whoever handed it in."""
