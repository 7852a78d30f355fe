"""Watch items and their timeline."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.cases.models.conditions import Condition
from services.cases.models.tables import Base
from services.cases.rules.conditions import pauses_of
from services.cases.rules.delay import WAITING, Party
from services.cases.rules.items import Happening, ItemState, WatchKind
from services.cases.rules.ladder import Known, Ladder, Level, Rung
from shared import db
from shared.wording import Text
from shared.workdays import Pause


class Assignee(NamedTuple):
    """Who answers for an item: a unit, and a person in it if one is in charge."""

    unit_id: UUID
    person_id: UUID | None


class WatchItem(db.Synced, Base):
    """Something that must be put right, on its way up the ladder until a proof closes it."""

    __tablename__ = "watch_items"
    __table_args__ = (
        Index("uq_watch_items_key", "key", unique=True, postgresql_where=text("state <> 'closed'")),
        # The same news told again after its item was closed is no news.
        Index("uq_watch_items_key_opened_at", "key", "opened_at", unique=True),
        Index("ix_watch_items_subject_id", "subject_id"),
        Index("ix_watch_items_project_id", "project_id"),
        Index("ix_watch_items_unit_id", "unit_id", "state"),
        Index("ix_watch_items_area_code", "area_code", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[WatchKind]
    key: Mapped[str]
    subject_id: Mapped[UUID]
    project_id: Mapped[UUID | None]
    project: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The project's card as it was told when the item opened; events hand it on."""
    works_contract_id: Mapped[UUID | None]
    developer_id: Mapped[UUID | None]
    contractor_id: Mapped[UUID | None]
    area_code: Mapped[str]
    period: Mapped[str]
    previous_period: Mapped[str | None]
    due_on: Mapped[date]
    """D: the day from which the rungs count."""
    due_amount: Mapped[Decimal | None]
    lacking: Mapped[Decimal | None]
    bank_serials: Mapped[list[str]] = mapped_column(default=list)
    """The bank lines that have come in against it: the proof."""
    unit_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    assigned_by: Mapped[str | None]
    """Who named the assignee by hand; None: it follows the project's responsible person."""
    waiting_for: Mapped[str | None]
    """The party that holds the period: those after it wait, and their clock stands still."""
    state: Mapped[ItemState] = mapped_column(default=ItemState.OPEN)
    state_since: Mapped[datetime]
    """When the state was entered: an answer limit counts from it, or from the level's entry."""
    level: Mapped[str]
    level_rank: Mapped[int]
    level_label: Mapped[str]
    level_colour: Mapped[str]
    level_since: Mapped[datetime]
    step: Mapped[str]
    """The last rung that was reached; what lies below it is passed for ever."""
    step_at: Mapped[datetime]
    facts: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    value: Mapped[Decimal | None] = mapped_column(Numeric(20, 6))
    """The value that was measured last, where a value decides on the level."""
    muted_by: Mapped[str | None]
    """Why its clock stands still; it stays visible and counted."""
    muted_at: Mapped[datetime | None]
    pauses: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    granted: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    """Times for which its clock stands still because an extension was granted."""
    proposing: Mapped[bool] = mapped_column(default=False)
    """Stands where its policy asks for an arrears case."""
    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policies.id"))
    policy_version: Mapped[int]
    calendar_version: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """The next rung or the answer limit, whichever is first; None once closed."""
    answer_due_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    promised_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None]
    """The proof in one word: ours, or the finder's."""

    timeline: Mapped[list["WatchItemEntry"]] = relationship(
        lazy="raise", viewonly=True, order_by="(WatchItemEntry.at, WatchItemEntry.id)"
    )

    @property
    def assignee(self) -> Assignee:
        """Give who answers for it."""
        return Assignee(self.unit_id, self.person_id)

    @property
    def credited(self) -> Decimal | None:
        """Give what has come in against it, where money is what it is about."""
        if self.due_amount is None or self.lacking is None:
            return None
        return self.due_amount - self.lacking

    @property
    def answerers(self) -> set[UUID]:
        """Give the organisations that may answer for it: the assignee's, and those who build."""
        named = (self.unit_id, self.developer_id, self.contractor_id)
        return {one for one in named if one is not None}

    @property
    def waiting(self) -> Text | None:
        """Give what those read who wait for the party that holds the period."""
        return WAITING[Party(self.waiting_for)] if self.waiting_for else None

    @property
    def is_closed(self) -> bool:
        """Say whether a proof has closed it."""
        return self.state is ItemState.CLOSED

    @property
    def known(self) -> Known:
        """Give what was told of it besides its day."""
        return Known(facts=frozenset(self.facts), value=self.value)

    def stood_still(self, at: datetime | None = None) -> tuple[Pause, ...]:
        """Give the times in which its clock stood still; until `at`, one that lasts included."""
        return pauses_of([*self.pauses, *self.granted], self.muted_at, at)

    @property
    def paused(self) -> list[dict[str, Any]]:
        """Give the times in which its clock stood still, or stands still for so long."""
        return [*self.pauses, *self.granted]

    def reach(self, rung: Rung, at: datetime, ladder: Ladder) -> None:
        """Stand on a rung since an instant; a rung without level leaves the level as it is."""
        self.step, self.step_at = rung.step, at
        self.proposing = ladder.is_proposed_at(rung.step)
        if rung.level:
            self.stand_on(ladder.level_at(rung.step), at)

    def stand_on(self, level: Level, since: datetime) -> None:
        """Take a level's code, rank, label and colour."""
        self.level, self.level_rank = level.code, level.rank
        self.level_label, self.level_colour = level.label, level.colour
        self.level_since = since

    def answer(self, at: datetime, promised_on: date | None) -> None:
        """Take an explanation; the ladder goes on, for a text closes nothing."""
        self._enter(ItemState.ANSWERED, at)
        self.answered_at, self.promised_on = at, promised_on

    def verify(self, at: datetime) -> None:
        """Go and see whether what was answered has been done."""
        self._enter(ItemState.VERIFYING, at)

    def reopen(self, at: datetime) -> None:
        """Ask for another answer: the one given was not enough."""
        self._enter(ItemState.OPEN, at)
        self.answered_at = self.promised_on = None

    def receive(self, lacking: Decimal, serials: list[str]) -> bool:
        """Lower what is lacking; False if this is known already (the sum only falls)."""
        if self.is_closed or self.lacking is None or lacking >= self.lacking:
            return False
        fresh = [serial for serial in serials if serial not in self.bank_serials]
        self.lacking, self.bank_serials = lacking, [*self.bank_serials, *fresh]
        return True

    def lose(self, lacking: Decimal, serials: list[str]) -> bool:
        """Lack more again, for some lines count no longer; False if this is known already."""
        if lacking == self.lacking:
            return False
        self.lacking = lacking
        self.bank_serials = [one for one in self.bank_serials if one not in serials]
        return True

    def open_again(self, state: ItemState, since: datetime) -> None:
        """Stand between the parties as before it was closed: its proof holds no longer."""
        self._enter(state, since)
        self.closed_at = self.close_reason = None

    def follow(self, condition: Condition) -> None:
        """Take what is told of its condition now; whom somebody has named by hand answers on."""
        self.project, self.area_code = condition.project, condition.area_code
        self.developer_id, self.contractor_id = condition.developer_id, condition.contractor_id
        self.due_on, self.facts, self.value = condition.since, condition.facts, condition.value
        self.muted_by, self.muted_at = condition.muted_by, condition.muted_at
        self.pauses = condition.pauses
        if self.assigned_by is None:
            self.unit_id = condition.unit_id

    def close(self, at: datetime, reason: str) -> None:
        """End it with its proof."""
        self._enter(ItemState.CLOSED, at)
        self.closed_at, self.close_reason = at, reason
        self.due_at = self.answer_due_at = self.waiting_for = None

    def _enter(self, state: ItemState, at: datetime) -> None:
        self.state, self.state_since = state, at


class WatchItemEntry(Base):
    """A line of an item's timeline: who, what, when, under which policy and calendar."""

    __tablename__ = "watch_item_entries"
    __table_args__ = (
        Index("ix_watch_item_entries_item", "watch_item_id", "at"),
        # What one cause (an event, a night's sweep) says of an item stands there once.
        Index(
            "uq_watch_item_entries_cause",
            "watch_item_id",
            "what",
            "cause_id",
            unique=True,
            postgresql_where=text("cause_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    watch_item_id: Mapped[UUID] = mapped_column(ForeignKey("watch_items.id"))
    at: Mapped[datetime]
    actor: Mapped[str]
    what: Mapped[Happening]
    level: Mapped[str]
    step: Mapped[str]
    policy_version: Mapped[int]
    calendar_version: Mapped[str]
    cause_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]]
