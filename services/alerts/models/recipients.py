"""Recipients, and who is on duty."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.tables import Base
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
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    """The last day in office."""
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    def ways(self, *, by_mail: bool) -> list[Channel]:
        """Give the ways by which it can be told now; the inbox always is one."""
        ways = [Channel.INBOX]
        if by_mail and self.mail and Channel.MAIL in self.channels:
            ways.append(Channel.MAIL)
        return ways


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
