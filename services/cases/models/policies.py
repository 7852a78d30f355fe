"""Ladders as rows."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.items import (
    WatchKind,
)
from services.cases.rules.ladder import Ladder
from services.cases.rules.policies import Certainty, Mode


class Policy(Base):
    """A version of the ladder of one kind in one area; never changed, only followed by another."""

    __tablename__ = "policies"
    __table_args__ = (
        Index("uq_policies_version", "area_code", "kind", "version", unique=True),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    kind: Mapped[WatchKind]
    version: Mapped[int]
    valid_from: Mapped[date]
    mode: Mapped[Mode]
    """`shadow`: it is recorded what it would have done; it opens nothing and tells nobody."""
    unit: Mapped[str]
    """What the steps count: `wd` or `cd`."""
    levels: Mapped[list[dict[str, Any]]]
    steps: Mapped[list[dict[str, Any]]]
    jumps: Mapped[list[dict[str, Any]]]
    answer_within: Mapped[dict[str, Any]]
    proposal: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    basis: Mapped[str]
    certainty: Mapped[Certainty]
    created_at: Mapped[datetime]
    created_by: Mapped[str]

    def ladder(self) -> Ladder:
        """Give the rows as rules take them."""
        return Ladder.of(
            {
                "unit": self.unit,
                "levels": self.levels,
                "steps": self.steps,
                "jumps": self.jumps,
                "answer_within": self.answer_within,
                "proposal": self.proposal,
            }
        )
