"""Robots of chat groups, which people add."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.tables import Base
from services.alerts.rules.deliveries import Channel, EndpointState
from services.alerts.rules.robots import PACE
from shared.pii import Sealed


class Robot(Base):
    """A robot of a chat group: whoever has its address may post there, so it is a secret."""

    __tablename__ = "robots"
    __table_args__ = (
        Index("ix_robots_area", "area_code", "id"),
        CheckConstraint("kind IN ('wecom', 'dingtalk', 'feishu')", name="platform"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    kind: Mapped[Channel]
    """Whose platform it is of."""
    title: Mapped[str]
    """What people call the group."""
    address: Mapped[str] = mapped_column(Sealed)
    secret: Mapped[str | None] = mapped_column(Sealed)
    """What signs messages, where the robot asks for it (加签, 签名校验)."""
    free_at: Mapped[datetime | None]
    """The machine's instant from which its platform's pace allows the next."""
    state: Mapped[EndpointState] = mapped_column(default=EndpointState.ACTIVE)
    state_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    changed_at: Mapped[datetime]

    @property
    def per_minute(self) -> int:
        """Give how many it is sent in a minute at most."""
        return PACE[self.kind]

    @property
    def signed(self) -> bool:
        """Say whether its messages are signed."""
        return self.secret is not None

    def hold(self, until: datetime) -> None:
        """Send nothing before an instant: its platform said that it was too much."""
        self.free_at = max(self.free_at, until) if self.free_at else until

    def disable(self, reason: str) -> bool:
        """Send no more; say whether this is news."""
        news = self.state is EndpointState.ACTIVE
        self.state, self.state_reason = EndpointState.DISABLED, reason
        return news

    def enable(self) -> None:
        """Send again from now on."""
        self.state, self.state_reason = EndpointState.ACTIVE, None
