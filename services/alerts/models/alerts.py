"""Alerts, their timeline, who was given notice of them, and what was sent for it."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.alerts.models.recipients import Recipient
from services.alerts.models.tables import Base
from services.alerts.rules.deliveries import NOT_TAKEN, Channel, DeliveryState
from services.alerts.rules.notices import OVER, WAITING, AlertState, Entry, Reason
from shared import db
from shared.wording import Text

if TYPE_CHECKING:
    from services.alerts.models.bundles import Carried
    from services.alerts.models.deliveries import Delivery


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
    major: Mapped[bool] = mapped_column(default=False, server_default="false")
    """It reaches the office at once, past any digest."""
    route_id: Mapped[UUID | None] = mapped_column(ForeignKey("routes.id"))
    """The version of the first route it takes that was in force when the alert was raised."""
    path: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    """The versions of the routes under which that one lies, the tree's root first, and it."""
    step: Mapped[int] = mapped_column(default=0)
    """The rung of that route's ladder; 0 is the first notice."""
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
    def is_urgent(self) -> bool:
        """Say whether it reaches people past all that makes other news wait."""
        return self.major or self.level == "red"

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


class Branch(Base):
    """A further route that an alert takes beside its first, with a ladder of its own."""

    __tablename__ = "branches"
    __table_args__ = (Index("uq_branches_number", "alert_id", "number", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alerts.id"))
    number: Mapped[int]
    """From 1 on; 0 is the alert's own route."""
    path: Mapped[list[str]]
    step: Mapped[int] = mapped_column(default=0)


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
        Index(
            "ix_notices_inhibition", "inhibited_by",
            postgresql_where=text("inhibited_by IS NOT NULL"),
        ),
        Index(
            "ix_notices_silence", "silenced_by",
            postgresql_where=text("silenced_by IS NOT NULL"),
        ),
    )  # fmt: skip

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
    read_at: Mapped[datetime | None]
    """When its receiver said in his inbox that he has read it."""
    silenced_by: Mapped[UUID | None] = mapped_column(ForeignKey("silences.id"))
    """The silence for which nothing was sent of it; it stays in the inbox."""
    inhibited_by: Mapped[UUID | None] = mapped_column(ForeignKey("project_facts.id"))
    """The fact for which nothing was sent of it; it stays in the inbox, too."""

    alert: Mapped[Alert] = relationship(lazy="raise", back_populates="notices")
    recipient: Mapped[Recipient] = relationship(lazy="raise")
    carried: Mapped[list["Carried"]] = relationship(lazy="raise", order_by="Carried.channel")
    """In which messages it goes with others, by channel."""
    deliveries: Mapped[list["Delivery"]] = relationship(
        lazy="raise", order_by="Delivery.channel", back_populates="notice"
    )

    @property
    def title(self) -> str:
        """Give what the post of its receiver is called."""
        return self.recipient.title

    @property
    def org_id(self) -> UUID | None:
        """Give its receiver's organisation."""
        return self.recipient.org_id

    @property
    def state(self) -> str:
        """Give how far it has come: `read`, `delivered`, `refused` by each channel, or `sent`."""
        ways = [each.state for each in self.deliveries if each.channel is not Channel.INBOX]
        if self.read_at:
            return "read"
        if not ways or DeliveryState.DELIVERED in ways:
            return "delivered"
        return "refused" if all(each in NOT_TAKEN for each in ways) else "sent"
