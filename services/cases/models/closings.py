"""Closings by hand: the documents, who asked, who looked; and which documents areas take."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.closings import ClosingState
from services.cases.rules.items import WatchKind
from services.cases.rules.policies import Certainty


class ClosingTerms(Base):
    """Which proofs of a kind an area takes as documents, and whether two persons look; kept."""

    __tablename__ = "closing_terms"
    __table_args__ = (
        Index("uq_closing_terms_version", "area_code", "kind", "version", unique=True),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    kind: Mapped[WatchKind]
    version: Mapped[int]
    valid_from: Mapped[date]
    proofs: Mapped[list[str]]
    second_person: Mapped[bool]
    basis: Mapped[str]
    certainty: Mapped[Certainty]


class Closing(Base):
    """An officer closes an item by documents; where the terms say so, another one confirms it."""

    __tablename__ = "closings"
    __table_args__ = (
        Index(
            "uq_closings_asked",
            "watch_item_id",
            unique=True,
            postgresql_where=text("state = 'asked'"),
        ),
        Index("ix_closings_watch_item_id", "watch_item_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    watch_item_id: Mapped[UUID] = mapped_column(ForeignKey("watch_items.id"))
    terms_id: Mapped[UUID] = mapped_column(ForeignKey("closing_terms.id"))
    state: Mapped[ClosingState]
    proof: Mapped[str]
    reason: Mapped[str]
    evidence_ids: Mapped[list[Any]]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decision: Mapped[str | None]

    def decide(self, state: ClosingState, at: datetime, by: str, why: str) -> None:
        """End what was asked, or take back what was closed."""
        self.state, self.decided_at, self.decided_by, self.decision = state, at, by, why
