"""The clocks of arrears cases, and the terms that areas give them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, and_, text
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.case_clocks import ClockKind, Limit
from services.cases.rules.conditions import pause_row, pauses_of
from services.cases.rules.policies import Certainty
from services.cases.rules.routing import Way
from shared.workdays import Pause, Unit


class ClockTerms(Base):
    """How long an area gives for a step of a case; a version never changes."""

    __tablename__ = "clock_terms"
    __table_args__ = (
        Index("uq_clock_terms_version", "area_code", "kind", "version", unique=True),
        CheckConstraint("version > 0 AND length > 0 AND more >= 0", name="numbers"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    kind: Mapped[ClockKind]
    version: Mapped[int]
    valid_from: Mapped[date]
    unit: Mapped[Unit]
    length: Mapped[int]
    more: Mapped[int]
    """So much may be granted on top in all, in the same unit; 0: nothing."""
    basis: Mapped[str]
    certainty: Mapped[Certainty]


class CaseTerms(Base):
    """What an area says of cases beside their limits; a version never changes."""

    __tablename__ = "case_terms"
    __table_args__ = (
        Index("uq_case_terms_version", "area_code", "version", unique=True),
        CheckConstraint("version > 0 AND officers > 0", name="numbers"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    version: Mapped[int]
    valid_from: Mapped[date]
    prefix: Mapped[str]
    """What stands before a case's number, 欠案."""
    officers: Mapped[int]
    """By how many officers an investigation and a transfer are made (423号 art. 16)."""
    complaint_years: Mapped[int]
    """How long after it happened a breach can be complained of (423号 art. 20)."""
    basis: Mapped[str]
    certainty: Mapped[Certainty]


class RoutingTerms(Base):
    """Which body an area's cases go to (分流表); a version never changes."""

    __tablename__ = "routing_terms"
    __table_args__ = (
        Index("uq_routing_terms_version", "area_code", "version", unique=True),
        CheckConstraint("version > 0 AND bounces > 1", name="numbers"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    version: Mapped[int]
    valid_from: Mapped[date]
    routes: Mapped[list[dict[str, Any]]]
    """In their order: the first that fits decides."""
    otherwise_id: Mapped[UUID | None]
    """The body that has what fits no row; None: whoever was told has it."""
    superior_id: Mapped[UUID | None]
    """Above those bodies; it decides where they do not."""
    bounces: Mapped[int]
    """The so-manyth hand-over goes to the superior."""
    inspectorate_id: Mapped[UUID | None]
    """The labour inspectorate that each case of wages is copied to (抄报); None: it is not."""
    basis: Mapped[str]
    certainty: Mapped[Certainty]

    @property
    def ways(self) -> list[Way]:
        """Give the rows of the table."""
        return [Way(**{**row, "unit_id": UUID(row["unit_id"])}) for row in self.routes]


class CaseClock(Base):
    """A limit of a case that runs, or ran: since when, how long, and when it stood still."""

    __tablename__ = "case_clocks"
    __table_args__ = (
        Index(
            "uq_case_clocks_running",
            "case_id",
            "kind",
            unique=True,
            postgresql_where=text(
                "ended_at IS NULL AND proceeding_id IS NULL AND restriction_id IS NULL"
            ),
        ),
        Index(
            "uq_case_clocks_proceeding",
            "proceeding_id",
            "kind",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND proceeding_id IS NOT NULL"),
        ),
        Index(
            "uq_case_clocks_restriction",
            "restriction_id",
            "kind",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND restriction_id IS NOT NULL"),
        ),
        Index("ix_case_clocks_case_id", "case_id", "started_at"),
        Index("ix_case_clocks_area_code", "area_code", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("arrears_cases.id"))
    proceeding_id: Mapped[UUID | None] = mapped_column(ForeignKey("proceedings.id"))
    """Of a proceeding beside the case."""
    restriction_id: Mapped[UUID | None] = mapped_column(ForeignKey("restrictions.id"))
    """Of a restriction that was proposed; neither: of the case's own course."""
    area_code: Mapped[str]
    kind: Mapped[ClockKind]
    terms_id: Mapped[UUID | None] = mapped_column(ForeignKey("clock_terms.id"))
    """None: its length was given, or follows from months."""
    started_at: Mapped[datetime]
    unit: Mapped[Unit]
    length: Mapped[int]
    granted: Mapped[int]
    pauses: Mapped[list[dict[str, Any]]]
    still_since: Mapped[datetime | None]
    """Since when it stands still; it has no due instant meanwhile."""
    due_at: Mapped[datetime | None]
    calendar_version: Mapped[str]
    over_at: Mapped[datetime | None]
    """When it ran out unkept."""
    ended_at: Mapped[datetime | None]

    @property
    def limit(self) -> Limit:
        """Give how long it runs."""
        return Limit(self.length, self.unit, self.granted)

    @property
    def stood_still(self) -> tuple[Pause, ...]:
        """Give the intervals that are not counted."""
        return pauses_of(self.pauses)

    def stop(self, at: datetime) -> None:
        """Stand still from now on."""
        self.still_since, self.due_at = at, None

    def go_on(self, at: datetime, reason: str, approver: str) -> None:
        """Run again; the interval is kept."""
        if self.still_since is not None and self.still_since < at:
            row = pause_row(self.still_since, at, reason, approver)
            self.pauses = [*self.pauses, row]
        self.still_since = None


OWN_COURSE = and_(CaseClock.proceeding_id.is_(None), CaseClock.restriction_id.is_(None))
"""Of the case's own course, of no proceeding or restriction beside it."""
