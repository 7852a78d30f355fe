"""Recipients, and who is on duty."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.alerts.models.robots import Robot
from services.alerts.models.tables import Base
from services.alerts.rules.bundles import Digest
from services.alerts.rules.deliveries import Channel
from shared.pii import Sealed


class Recipient(Base):
    """A person or post that can be told. Never a personal name: `person_id` is registry's."""

    __tablename__ = "recipients"
    __table_args__ = (
        Index("ix_recipients_area", "area_code", "id"),
        Index("ix_recipients_org", "org_id"),
        Index("ix_recipients_person", "person_id"),
        Index("ix_recipients_phone", "phone_index"),
        Index("ix_recipients_mail", "mail_index"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    roles: Mapped[list[str]]
    area_code: Mapped[str]
    org_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    subject: Mapped[str | None]
    """The subject of its access token, by which it finds its inbox."""
    phone: Mapped[str | None] = mapped_column(Sealed)
    phone_index: Mapped[str | None]
    mail: Mapped[str | None] = mapped_column(Sealed)
    mail_index: Mapped[str | None]
    channels: Mapped[list[str]]
    language: Mapped[str] = mapped_column(default="zh", server_default="zh")
    digest: Mapped[Digest] = mapped_column(default=Digest.NONE, server_default="none")
    """Whether what the area counts among the lower levels comes once, in the morning."""
    robot_id: Mapped[UUID | None] = mapped_column(ForeignKey("robots.id"))
    """Set: a chat group, told by this robot of its own."""
    robot_kind: Mapped[Channel | None]
    """Whose platform the robot is of; it never changes."""
    failing: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Ways that did not reach it last, each with why, since when and when last."""
    quiet: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    """Hours in which a channel waits: `{"channel": "mail", "begins": "22:00", "ends": "07:00"}`."""
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    """The last day in office."""
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    robot: Mapped[Robot | None] = relationship(lazy="raise")

    def ways(self, provided: Collection[str]) -> list[Channel]:
        """Give the ways by which it can be told now, in its own order; the inbox always is one.

        `provided` are the channels for which the installation has a provider.
        """
        own: dict[str, str | None] = {Channel.MAIL: self.mail, Channel.SMS: self.phone}
        ways = [Channel.INBOX]
        ways += [
            Channel(way) for way in dict.fromkeys(self.channels)
            if own.get(way) and way in provided
        ]  # fmt: skip
        return [*ways, self.robot_kind] if self.robot_kind else ways

    def fail(self, way: Channel, reason: str, at: datetime) -> None:
        """Note that a way did not reach it, and since when that is so."""
        since = self.failing.get(way, {}).get("since", at.isoformat())
        said = {"reason": reason, "since": since, "last": at.isoformat()}
        self.failing = self.failing | {way.value: said}

    def reached(self, way: Channel) -> None:
        """Note that a way reached it, or that its address there is another now."""
        self.failing = {each: said for each, said in self.failing.items() if each != way}


class DutyRoster(Base):
    """Who is on duty for an area, from one instant to another (excluded)."""

    __tablename__ = "duty_rosters"
    __table_args__ = (
        Index("ix_duty_rosters_area", "area_code", "from_at"),
        CheckConstraint("from_at < until_at", name="span"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("recipients.id"))
    created_at: Mapped[datetime]


class UnitPost(Base):
    """A person in a dated role of a unit, as registry told it last: ids and days, no name."""

    __tablename__ = "unit_posts"
    __table_args__ = (Index("ix_unit_posts_organisation_id", "organisation_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID]
    person_id: Mapped[UUID]
    role: Mapped[str]
    """`unit_head`, `office_director` or `duty_officer`."""
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    told_at: Mapped[datetime]
