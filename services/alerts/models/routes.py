"""Routes: who is told of what."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.tables import Base
from services.alerts.rules.ladders import EscalationStep, WorkingDay


class Route(Base):
    """A version of a route: which alerts take it, who is told, and how it climbs."""

    __tablename__ = "routes"
    __table_args__ = (
        Index("uq_routes_version", "area_code", "code", "version", unique=True),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    code: Mapped[str]
    """What the route is called in its area, over all its versions."""
    version: Mapped[int]
    valid_from: Mapped[date]
    enabled: Mapped[bool] = mapped_column(default=True)
    priority: Mapped[int]
    """Within an area the smallest number that matches wins."""
    kinds: Mapped[list[str]]
    levels: Mapped[list[str]]
    investment_types: Mapped[list[str]]
    receivers: Mapped[list[str]]
    on_steps: Mapped[dict[str, Any]]
    """Receivers of steps of the item's ladder that have others: `{"notice": ["developer"]}`."""
    steps: Mapped[list[dict[str, Any]]]
    """The notification ladder, rung by rung."""
    opens: Mapped[time]
    closes: Mapped[time]
    source: Mapped[str]
    """Whose rule this is: a document and article, or whose practice."""
    certainty: Mapped[str]
    """A: official wording read. B: secondary text. C: to be verified."""
    created_at: Mapped[datetime]
    created_by: Mapped[str]

    @property
    def ladder(self) -> list[EscalationStep]:
        """Give the rungs as rules read them."""
        return [EscalationStep.read(step) for step in self.steps]

    @property
    def working_day(self) -> WorkingDay:
        """Give the hours in which people are at work."""
        return WorkingDay(self.opens, self.closes)

    def receivers_at(self, step: str | None) -> list[str]:
        """Give who is told at a step of the item's ladder, or at the alert's birth."""
        return list(self.on_steps.get(step or "", self.receivers))
