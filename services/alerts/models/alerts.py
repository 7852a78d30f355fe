"""Alerts, their timeline, who was given notice of them, and what was sent for it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.alerts.models.recipients import Recipient
from services.alerts.models.tables import Base
from services.alerts.rules.deliveries import Channel, DeliveryState, EndpointState
from services.alerts.rules.notices import OVER, WAITING, AlertState, Entry, Reason
from shared import clock, db
from shared.pii import Sealed
from shared.wording import Text


class Alert(db.Synced, Base):
    """What people are told about one watch item at one level (or about the platform itself)."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index("uq_alerts_dedupe_key", "dedupe_key", unique=True),
        Index("ix_alerts_watch_item", "watch_item_id"),
        Index("ix_alerts_order", "raised_at", "id"),
        Index("ix_alerts_area", "area_code", "raised_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str]
    """sha256 of kind, subject, period and level."""
    kind: Mapped[str]
    about_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    watch_item_id: Mapped[UUID | None]
    project_id: Mapped[UUID | None] = mapped_column(index=True)
    project_name: Mapped[str | None]
    investment_type: Mapped[str | None]
    area_code: Mapped[str]
    period: Mapped[str]
    level: Mapped[str]
    level_rank: Mapped[int]
    level_label: Mapped[str]
    developer_id: Mapped[UUID | None]
    contractor_id: Mapped[UUID | None]
    sector_authority_id: Mapped[UUID | None]
    unit_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    due_on: Mapped[date | None]
    lacking: Mapped[Decimal | None]
    details: Mapped[dict[str, Any]]
    state: Mapped[AlertState] = mapped_column(default=AlertState.RAISED)
    raised_at: Mapped[datetime]
    repeats: Mapped[int] = mapped_column(default=0)
    route_id: Mapped[UUID | None] = mapped_column(ForeignKey("routes.id"))
    """The version of the route that was in force when the alert was raised."""
    step: Mapped[int] = mapped_column(default=0)
    """The rung of the notification ladder; 0 is the first notice."""
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    promised_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None]
    replayed: Mapped[bool] = mapped_column(default=False)
    """Learned from history, so nobody was told and nothing is timed."""

    timeline: Mapped[list["TimelineEntry"]] = relationship(
        lazy="raise", order_by="(TimelineEntry.at, TimelineEntry.id)"
    )
    notices: Mapped[list["Notice"]] = relationship(
        lazy="raise", order_by="(Notice.told_at, Notice.id)", back_populates="alert"
    )

    @property
    def is_over(self) -> bool:
        """Say whether nobody need answer any more."""
        return self.state in OVER

    @property
    def waiting(self) -> Text | None:
        """Give what a contractor reads while another party holds the money; None once it is over.

        Whom the item waits for is known as of its last event.
        """
        return None if self.is_over else WAITING.get(self.details.get("waiting_for") or "")

    def sent(self) -> None:
        """Note that somebody was told."""
        if self.state is AlertState.RAISED:
            self.state = AlertState.SENT

    def acknowledge(self, by: str, at: datetime, promised_on: date | None) -> None:
        """Let somebody answer for it."""
        self.state = AlertState.ACKNOWLEDGED
        self.acknowledged_by, self.acknowledged_at, self.promised_on = by, at, promised_on

    def reopen(self) -> None:
        """Ask for an answer anew: the promise lapsed, or it happened again."""
        self.state = AlertState.RAISED
        self.acknowledged_by = self.acknowledged_at = self.promised_on = None
        self.closed_at = self.close_reason = None

    def close(self, at: datetime, reason: str) -> None:
        """End it with its item."""
        self.state, self.closed_at, self.close_reason = AlertState.CLOSED, at, reason

    def supersede(self, at: datetime) -> None:
        """Leave the field to the alert of a higher level."""
        self.state, self.closed_at = AlertState.SUPERSEDED, at


class TimelineEntry(Base):
    """One thing that happened to an alert."""

    __tablename__ = "timeline_entries"
    __table_args__ = (
        Index("ix_timeline_entries_alert", "alert_id", "at"),
        # An event leaves one trace on an alert, however often it is handled.
        Index(
            "uq_timeline_entries_event", "alert_id", "event_id", unique=True,
            postgresql_where=text("event_id IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alerts.id"))
    at: Mapped[datetime]
    entry: Mapped[Entry]
    actor: Mapped[str]
    event_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]]


class Notice(Base):
    """That a recipient is told of an alert, and why just he and why now."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("uq_notices_slot", "alert_id", "recipient_id", "slot", unique=True),
        Index("ix_notices_recipient", "recipient_id", "told_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alerts.id"))
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("recipients.id"))
    step: Mapped[int]
    reason: Mapped[Reason]
    slot: Mapped[str]
    """What makes this telling one and the same: the event or the instant that caused it."""
    told_at: Mapped[datetime]
    trace: Mapped[dict[str, Any]]
    """Why this route and this recipient."""

    alert: Mapped[Alert] = relationship(lazy="raise", back_populates="notices")
    recipient: Mapped[Recipient] = relationship(lazy="raise")
    deliveries: Mapped[list["Delivery"]] = relationship(
        lazy="raise", order_by="Delivery.channel", back_populates="notice"
    )


class Endpoint(Base):
    """An address of a subscriber to which events are pushed."""

    __tablename__ = "endpoints"
    __table_args__ = (Index("ix_endpoints_state", "state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str]
    description: Mapped[str]
    types: Mapped[list[str]]
    areas: Mapped[list[str]]
    org_id: Mapped[UUID | None]
    """Set: only events in which this organisation takes part."""
    secret: Mapped[str] = mapped_column(Sealed)
    state: Mapped[EndpointState] = mapped_column(default=EndpointState.ACTIVE)
    state_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    changed_at: Mapped[datetime]

    def disable(self, reason: str) -> bool:
        """Send no more; say whether this is news."""
        news = self.state is EndpointState.ACTIVE
        self.state, self.state_reason = EndpointState.DISABLED, reason
        return news

    def enable(self) -> None:
        """Send again from now on."""
        self.state, self.state_reason = EndpointState.ACTIVE, None


class Message(Base):
    """What is pushed to endpoints: one event as CloudEvents JSON, one row however many receive."""

    __tablename__ = "messages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """The event's own id, which subscribers count by."""
    type: Mapped[str]
    area_code: Mapped[str]
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
        Index("ix_deliveries_notice", "notice_id"),
        Index("ix_deliveries_endpoint", "endpoint_id", "created_at"),
        CheckConstraint(
            "(channel = 'webhook') = (endpoint_id IS NOT NULL AND message_id IS NOT NULL)"
            " AND (channel <> 'webhook') = (notice_id IS NOT NULL)",
            name="target",
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str]
    """`{endpoint}:{event}`, or `{alert}:{step}:{receiver}:{channel}:{slot}` (domain 6.5)."""
    lane: Mapped[str]
    """What is slow together: an endpoint, or the mail server."""
    channel: Mapped[Channel]
    type: Mapped[str]
    """The event's type, or the reason of the notice."""
    area_code: Mapped[str]
    org_id: Mapped[UUID | None]
    endpoint_id: Mapped[UUID | None] = mapped_column(ForeignKey("endpoints.id"))
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id"))
    notice_id: Mapped[UUID | None] = mapped_column(ForeignKey("notices.id"))
    state: Mapped[DeliveryState] = mapped_column(default=DeliveryState.WAITING)
    made_attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_at: Mapped[datetime] = mapped_column(default=clock.wall)
    """The machine's instant from which it may be sent (again)."""
    leased_until: Mapped[datetime | None]
    """The machine's instant until which one process has claimed it."""
    delivered_at: Mapped[datetime | None]

    attempts: Mapped[list["Attempt"]] = relationship(
        lazy="raise", order_by="(Attempt.at, Attempt.id)"
    )
    endpoint: Mapped[Endpoint | None] = relationship(lazy="raise")
    message: Mapped[Message | None] = relationship(lazy="raise")
    notice: Mapped[Notice | None] = relationship(lazy="raise", back_populates="deliveries")

    def lease(self, until: datetime) -> None:
        """Give it to one process for a while."""
        self.leased_until = until

    def deliver(self, at: datetime) -> None:
        """Note that it arrived."""
        self.state, self.delivered_at, self.leased_until = DeliveryState.DELIVERED, at, None

    def put_off(self, until: datetime) -> None:
        """Try again later."""
        self.next_at, self.leased_until = until, None

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
    answer: Mapped[str]
    """The first 4 kB of what came back, scrubbed."""
