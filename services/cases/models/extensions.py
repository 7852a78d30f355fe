"""Requests for more time, and what areas grant at most."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.extensions import Bounds, ExtensionState
from services.cases.rules.policies import Certainty
from shared.workdays import Unit


class ExtensionTerms(Base):
    """How long and how often an area extends items of a kind (`*`: of any); never changed."""

    __tablename__ = "extension_terms"
    __table_args__ = (
        Index("uq_extension_terms_version", "area_code", "kind", "version", unique=True),
        CheckConstraint("longest > 0 AND how_often >= 0", name="bounds"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    kind: Mapped[str]
    version: Mapped[int]
    valid_from: Mapped[date]
    unit: Mapped[Unit]
    longest: Mapped[int]
    how_often: Mapped[int]
    basis: Mapped[str]
    certainty: Mapped[Certainty]

    @property
    def bounds(self) -> Bounds:
        """Give the row as rules take it."""
        return Bounds(self.longest, Unit(self.unit), self.how_often)


class Extension(Base):
    """A request for more time by who answers for an item, and the decision of somebody else."""

    __tablename__ = "extensions"
    __table_args__ = (
        # One request at a time.
        Index(
            "uq_extensions_asked",
            "watch_item_id",
            unique=True,
            postgresql_where=text("state = 'asked'"),
        ),
        Index("ix_extensions_watch_item_id", "watch_item_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    watch_item_id: Mapped[UUID] = mapped_column(ForeignKey("watch_items.id"))
    terms_id: Mapped[UUID] = mapped_column(ForeignKey("extension_terms.id"))
    state: Mapped[ExtensionState] = mapped_column(default=ExtensionState.ASKED)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    org_id: Mapped[UUID | None]
    until_on: Mapped[date]
    """The last day that is asked for."""
    reason: Mapped[str]
    evidence_ids: Mapped[list[Any]]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    granted_until_on: Mapped[date | None]
    decision: Mapped[str | None]
    """Why it was granted or refused."""

    def decide(
        self, state: ExtensionState, at: datetime, by: str, why: str, until_on: date | None
    ) -> None:
        """End the request."""
        self.state, self.decided_at, self.decided_by = state, at, by
        self.decision, self.granted_until_on = why, until_on
