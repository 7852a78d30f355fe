"""Feeds that cases expects, and how often areas expect them."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.policies import Certainty
from shared.expectations import Every, Expected, FeedKind


class Expectation(Expected, Base):
    """A feed that has to be heard of: the calls of a provincial system's key."""


class FeedTerms(Base):
    """How often an area expects to hear of a kind of feed, and by when; kept."""

    __tablename__ = "feed_terms"
    __table_args__ = (
        Index("uq_feed_terms_version", "area_code", "kind", "version", unique=True),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    kind: Mapped[FeedKind]
    version: Mapped[int]
    valid_from: Mapped[date]
    every: Mapped[Every]
    workday: Mapped[int]
    by: Mapped[str]
    grace_minutes: Mapped[int]
    basis: Mapped[str]
    certainty: Mapped[Certainty]
