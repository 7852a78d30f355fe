"""Conditions that may become items, and what was told of every matter, in order."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.conditions import ConditionState, Found, pause_row, pauses_of
from services.cases.rules.history import Told
from services.cases.rules.items import WatchKind
from services.cases.rules.ladder import Known
from shared.workdays import Pause

MEASURE = Numeric(20, 6)
"""A measured value: months of cover, a share, a number of workers."""


class Condition(Base):
    """What a finder tells of: it waits for its policy's day, is open as an item, or has ended."""

    __tablename__ = "conditions"
    __table_args__ = (
        Index("uq_conditions_key", "key", unique=True, postgresql_where=text("state <> 'ended'")),
        Index("ix_conditions_project_id", "project_id"),
        # What a calendar or a policy changes are those that still wait, area by area.
        Index(
            "ix_conditions_latent", "area_code", "kind", postgresql_where=text("state = 'latent'")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[WatchKind]
    key: Mapped[str]
    subject_id: Mapped[UUID]
    project_id: Mapped[UUID | None]
    project: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    developer_id: Mapped[UUID | None]
    contractor_id: Mapped[UUID | None]
    area_code: Mapped[str]
    period: Mapped[str]
    unit_id: Mapped[UUID]
    since: Mapped[date]
    """D: the basis day, which may lie ahead."""
    facts: Mapped[list[str]] = mapped_column(default=list)
    value: Mapped[Decimal | None] = mapped_column(MEASURE)
    muted_by: Mapped[str | None]
    muted_at: Mapped[datetime | None]
    pauses: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    state: Mapped[ConditionState] = mapped_column(default=ConditionState.LATENT)
    watch_item_id: Mapped[UUID | None] = mapped_column(ForeignKey("watch_items.id"))
    opens_at: Mapped[datetime | None]
    """When time opens the item; None while a value is high enough or the clock stands still."""
    found_at: Mapped[datetime]
    told_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    proof: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @property
    def is_latent(self) -> bool:
        """Say whether it waits for its day."""
        return self.state is ConditionState.LATENT

    @property
    def known(self) -> Known:
        """Give what is known of it besides its day."""
        return Known(facts=frozenset(self.facts), value=self.value)

    def stood_still(self, at: datetime | None = None) -> tuple[Pause, ...]:
        """Give the times in which its clock stood still; until `at`, one that lasts included."""
        return pauses_of(self.pauses, self.muted_at, at)

    def tell(self, found: Found) -> None:
        """Take what its finder says now, in place of what it said before."""
        self.project, self.area_code, self.unit_id = found.project, found.area_code, found.unit_id
        self.developer_id, self.contractor_id = found.developer_id, found.contractor_id
        self.since, self.facts, self.value = found.since, list(found.facts), found.value
        self.told_at = found.at
        if found.muted_by and not self.muted_by:
            self.muted_at = found.at
        elif self.muted_by and self.muted_at and not found.muted_by:
            row = pause_row(self.muted_at, found.at, self.muted_by, "finder")
            self.pauses, self.muted_at = [*self.pauses, row], None
        self.muted_by = found.muted_by

    def open(self, item_id: UUID) -> None:
        """Be an item from now on."""
        self.state, self.watch_item_id, self.opens_at = ConditionState.OPEN, item_id, None

    def rest(self) -> None:
        """Wait again: the value has recovered, and may fall again."""
        self.state, self.watch_item_id = ConditionState.LATENT, None

    def end(self, at: datetime, reason: str, proof: dict[str, Any]) -> None:
        """Be put right."""
        self.state, self.ended_at, self.end_reason = ConditionState.ENDED, at, reason
        self.told_at, self.proof, self.opens_at = at, proof, None


class Telling(Base):
    """What somebody told of a matter, and after which rung: from these the past is rehearsed."""

    __tablename__ = "tellings"
    __table_args__ = (
        Index("ix_tellings_kind", "kind", "at"),
        Index("ix_tellings_key", "key", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """The event's."""
    kind: Mapped[WatchKind]
    key: Mapped[str]
    subject_id: Mapped[UUID]
    project_id: Mapped[UUID | None]
    area_code: Mapped[str]
    period: Mapped[str]
    what: Mapped[Told]
    at: Mapped[datetime]
    known_at: Mapped[datetime]
    """When it was taken in, among the rungs: late if a rung was reached between."""
    body: Mapped[dict[str, Any]]


class CalendarTelling(Base):
    """A year's working days as they were told at a time; the newest are `known_calendars`."""

    __tablename__ = "calendar_tellings"
    __table_args__ = (Index("ix_calendar_tellings_area", "area_code", "year", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    year: Mapped[int]
    at: Mapped[datetime]
    exceptions: Mapped[dict[str, Any]]
    provisional: Mapped[bool]
