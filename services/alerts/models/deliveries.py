"""Endpoints of subscribers, what is pushed to them, and what became of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.alerts.models.alerts import Notice
from services.alerts.models.bundles import Bundle
from services.alerts.models.robots import Robot
from services.alerts.models.tables import Base
from services.alerts.rules.deliveries import Channel, DeliveryState, EndpointState, Payload
from services.alerts.rules.endpoints import Health
from services.alerts.rules.sms import Fate
from shared import clock
from shared.pii import Sealed


class Endpoint(Base):
    """An address of a subscriber to which events are pushed."""

    __tablename__ = "endpoints"
    __table_args__ = (Index("ix_endpoints_state", "state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str]
    description: Mapped[str]
    types: Mapped[list[str]]
    areas: Mapped[list[str]]
    projects: Mapped[list[str]] = mapped_column(server_default="[]")
    """Ids; empty: all projects of the areas."""
    org_id: Mapped[UUID | None]
    """Set: only events in which this organisation takes part."""
    secret: Mapped[str] = mapped_column(Sealed)
    """`whsec_…` signs by a shared secret (v1), `whsk_…` by a key of our own (v1a)."""
    former_secret: Mapped[str | None] = mapped_column(Sealed)
    """Signs as well until `former_until`, by the machine's clock."""
    former_until: Mapped[datetime | None]
    per_minute: Mapped[int | None]
    """How many it is sent in a minute at most; None: as many as go."""
    free_at: Mapped[datetime | None]
    """The machine's instant from which its pace allows the next."""
    payload: Mapped[Payload] = mapped_column(default=Payload.THIN, server_default="full")
    """Releases that knew no other wrote no word of it, and sent whole events."""
    ordered: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Of each project the next is sent when the one before has arrived or was given up."""
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    """In a row."""
    failing_since: Mapped[datetime | None]
    """The machine's instant of the first of these."""
    resting_until: Mapped[datetime | None]
    """The machine's instant before which it is not tried."""
    warned: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many warnings these failures have brought."""
    state: Mapped[EndpointState] = mapped_column(default=EndpointState.ACTIVE)
    state_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    changed_at: Mapped[datetime]

    @property
    def health(self) -> Health:
        """Give how it fares as rules read it."""
        return Health(self.failures, self.failing_since, self.resting_until)

    def fare(self, health: Health) -> None:
        """Take how it fares now; what arrived ends all warnings."""
        self.failures, self.failing_since = health.failures, health.failing_since
        self.resting_until = health.resting_until
        if not health.failures:
            self.warned = 0

    def secrets_at(self, wall: datetime) -> tuple[str, ...]:
        """Give what signs now: the secret, and the one before while its grace lasts."""
        grace = self.former_until is not None and wall < self.former_until
        return (self.secret, self.former_secret) if grace and self.former_secret else (self.secret,)

    def renew_secret(self, secret: str, former_until: datetime) -> None:
        """Sign by a new secret, and by the one before until an instant of the machine."""
        self.former_secret, self.former_until, self.secret = self.secret, former_until, secret

    def disable(self, reason: str) -> bool:
        """Send no more; say whether this is news."""
        news = self.state is EndpointState.ACTIVE
        self.state, self.state_reason = EndpointState.DISABLED, reason
        return news

    def enable(self) -> None:
        """Send again from now on, with all patience anew."""
        self.state, self.state_reason = EndpointState.ACTIVE, None
        self.fare(Health())


class ProjectSequence(Base):
    """How many messages there have been of a project; its row numbers the next."""

    __tablename__ = "project_sequences"

    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    last: Mapped[int]


class Message(Base):
    """What is pushed to endpoints: one event as CloudEvents JSON, one row however many receive."""

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_occurred_at", "occurred_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """The event's own id, which subscribers count by."""
    type: Mapped[str]
    area_code: Mapped[str]
    project_id: Mapped[UUID | None]
    sequence: Mapped[int | None]
    """Its place among all that was pushed of its project; None without a project."""
    organisations: Mapped[list[str]] = mapped_column(server_default="[]")
    """Ids of those who take part: an endpoint of one of them may be sent it again."""
    body: Mapped[str]
    occurred_at: Mapped[datetime]


class Delivery(Base):
    """One message or notice on its way to one address, over all attempts."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("uq_deliveries_key", "key", unique=True),
        Index(
            "ix_deliveries_due", "lane", "next_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_deliveries_order", "created_at", "id"),
        Index(
            "uq_deliveries_bundle", "bundle_id", unique=True,
            postgresql_where=text("bundle_id IS NOT NULL"),
        ),
        Index("ix_deliveries_notice", "notice_id"),
        Index("ix_deliveries_endpoint", "endpoint_id", "created_at"),
        Index("ix_deliveries_robot", "robot_id", postgresql_where=text("state = 'waiting'")),
        # What a gateway took and has not reported on.
        Index("ix_deliveries_sent", "next_at", postgresql_where=text("state = 'sent'")),
        # What an endpoint that keeps the order still has to be sent of a project.
        Index(
            "ix_deliveries_sequence", "endpoint_id", "project_id", "sequence",
            postgresql_where=text("state = 'waiting' AND sequence IS NOT NULL"),
        ),
        CheckConstraint(
            "(channel = 'webhook') = (endpoint_id IS NOT NULL AND message_id IS NOT NULL)"
            " AND (channel <> 'webhook') = (notice_id IS NOT NULL)"
            " AND (channel IN ('wecom', 'dingtalk', 'feishu')) = (robot_id IS NOT NULL)",
            name="target",
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str]
    """`{endpoint}:{event}`, with `:{replay}` where it is sent again, or
    `{alert}:{step}:{receiver}:{channel}:{slot}` (domain 6.5), or `bundle:{bundle}`."""
    lane: Mapped[str]
    """What is slow together: an endpoint, a robot, the mail server, the SMS gateway."""
    channel: Mapped[Channel]
    type: Mapped[str]
    """The event's type, or the reason of the notice."""
    area_code: Mapped[str]
    org_id: Mapped[UUID | None]
    project_id: Mapped[UUID | None]
    sequence: Mapped[int | None]
    """As its message has them."""
    endpoint_id: Mapped[UUID | None] = mapped_column(ForeignKey("endpoints.id"))
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id"))
    notice_id: Mapped[UUID | None] = mapped_column(ForeignKey("notices.id"))
    robot_id: Mapped[UUID | None] = mapped_column(ForeignKey("robots.id"))
    bundle_id: Mapped[UUID | None] = mapped_column(ForeignKey("bundles.id"))
    """Set: it carries all notices of the bundle, of which `notice_id` is the first."""
    state: Mapped[DeliveryState] = mapped_column(default=DeliveryState.WAITING)
    made_attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_at: Mapped[datetime] = mapped_column(default=clock.wall)
    """The machine's instant from which it may be sent (again); once sent, when that was."""
    leased_until: Mapped[datetime | None]
    """The machine's instant until which one process has claimed it."""
    delivered_at: Mapped[datetime | None]
    report: Mapped[Fate | None]
    """What a gateway said became of it."""
    bounced_at: Mapped[datetime | None]
    bounce_status: Mapped[str | None]
    """When and why a mail came back, as RFC 3463 has it: `5.1.1`."""

    attempts: Mapped[list["Attempt"]] = relationship(
        lazy="raise", order_by="(Attempt.at, Attempt.id)"
    )
    endpoint: Mapped[Endpoint | None] = relationship(lazy="raise")
    message: Mapped[Message | None] = relationship(lazy="raise")
    notice: Mapped[Notice | None] = relationship(lazy="raise", back_populates="deliveries")
    robot: Mapped[Robot | None] = relationship(lazy="raise")
    bundle: Mapped[Bundle | None] = relationship(lazy="raise")

    def lease(self, until: datetime) -> None:
        """Give it to one process for a while."""
        self.leased_until = until

    def deliver(self, at: datetime) -> None:
        """Note that it arrived."""
        self.state, self.delivered_at, self.leased_until = DeliveryState.DELIVERED, at, None

    def hand_over(self, at: datetime) -> None:
        """Note that a gateway has it, and will report."""
        self.state, self.next_at, self.leased_until = DeliveryState.SENT, at, None

    def report_fate(self, fate: Fate, at: datetime) -> None:
        """Take what its gateway reports of it."""
        self.report, self.leased_until = fate, None
        if fate is Fate.DELIVERED:
            self.state, self.delivered_at = DeliveryState.DELIVERED, at
        else:
            self.state = DeliveryState.REFUSED

    def bounce(self, status: str, at: datetime) -> None:
        """Note that a mail which was taken came back."""
        self.state, self.bounced_at, self.bounce_status = DeliveryState.BOUNCED, at, status
        self.delivered_at = self.leased_until = None

    def put_off(self, until: datetime) -> None:
        """Try again later."""
        self.next_at, self.leased_until = until, None

    def send_again(self, at: datetime) -> None:
        """Send it once more, whatever became of it."""
        self.state, self.next_at, self.leased_until = DeliveryState.WAITING, at, None

    def give_up(self, state: DeliveryState) -> None:
        """Try no more."""
        self.state, self.leased_until = state, None


class Attempt(Base):
    """One try of a delivery and what came of it."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_delivery", "delivery_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    """By the machine's clock."""
    took_ms: Mapped[int]
    status: Mapped[int | None]
    error: Mapped[str | None]
    parts: Mapped[int] = mapped_column(default=1, server_default="1")
    """How many messages an SMS makes, which is what it costs."""
    answer: Mapped[str]
    """The first 4 kB of what came back, scrubbed."""
