"""Bundles: notices that go in one message, and by which terms."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.alerts.models.tables import Base
from services.alerts.rules.bundles import BundleKind
from services.alerts.rules.deliveries import Channel


class BundleTerms(Base):
    """A version of what an area says of digests and floods."""

    __tablename__ = "bundle_terms"
    __table_args__ = (
        Index("uq_bundle_terms_version", "area_code", "version", unique=True),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("flood_count > 0 AND flood_minutes > 0", name="flood"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    version: Mapped[int]
    valid_from: Mapped[date]
    digest_levels: Mapped[list[str]]
    """What a recipient's digest takes, if he wants one."""
    digest_at: Mapped[time]
    """When a digest leaves on a working day: just after the rungs of the opening hour."""
    flood_count: Mapped[int]
    """So many go to a recipient by a channel within the minutes; more go in one message."""
    flood_minutes: Mapped[int]
    never_folded: Mapped[list[str]]
    """Levels that go at once, past any digest, group and flood."""
    source: Mapped[str]
    """Whose rule this is: a document and article, or whose practice."""
    certainty: Mapped[str]
    """A: official wording read. B: secondary text. C: to be verified."""
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class Bundle(Base):
    """Notices to a recipient by a channel that leave in one message at an instant."""

    __tablename__ = "bundles"
    __table_args__ = (
        Index(
            "ix_bundles_open", "recipient_id", "channel", "kind", "group_key",
            postgresql_where=text("sealed_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("recipients.id"))
    channel: Mapped[Channel]
    kind: Mapped[BundleKind]
    group_key: Mapped[str]
    """What those of a group share; empty for other kinds."""
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """When it leaves, by the domain's clock."""
    sealed_at: Mapped[datetime | None]
    """From then on it takes no more, and its delivery carries what it has."""
    total: Mapped[int] = mapped_column(default=0)
    counts: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """How many of which kind and level, once sealed."""
    titles: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """The first of them, in both languages, once sealed."""


class Carried(Base):
    """That a notice goes to its recipient by a channel within a bundle, and not by itself."""

    __tablename__ = "carried"
    __table_args__ = (
        Index("uq_carried_notice", "notice_id", "channel", unique=True),
        Index("ix_carried_bundle", "bundle_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    bundle_id: Mapped[UUID] = mapped_column(ForeignKey("bundles.id"))
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("notices.id"))
    channel: Mapped[Channel]

    bundle: Mapped[Bundle] = relationship(lazy="raise")
