"""Tables of cases: watch items and their timeline, policies, proposals, arrears cases, persons."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from services.cases.rules.items import (
    CaseState,
    CloseReason,
    Happening,
    ItemState,
    ProposalState,
    WatchKind,
)
from services.cases.rules.ladder import Ladder, Level, Rung
from services.cases.rules.policies import Certainty, Mode
from shared import db


class Base(DeclarativeBase):
    """The tables of this service, and of no other."""

    metadata = db.metadata()
    type_annotation_map = {**db.COLUMN_TYPES, list[dict[str, Any]]: JSONB()}


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
    """`shadow`: stored to be looked at, opens nothing."""
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
    close_reason: Mapped[CloseReason | None]

    timeline: Mapped[list["WatchItemEntry"]] = relationship(
        lazy="raise", viewonly=True, order_by="(WatchItemEntry.at, WatchItemEntry.id)"
    )

    @property
    def assignee(self) -> Assignee:
        """Give who answers for it."""
        return Assignee(self.unit_id, self.person_id)

    @property
    def is_closed(self) -> bool:
        """Say whether a proof has closed it."""
        return self.state is ItemState.CLOSED

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

    def close(self, at: datetime, reason: CloseReason) -> None:
        """End it with its proof."""
        self._enter(ItemState.CLOSED, at)
        self.closed_at, self.close_reason = at, reason
        self.due_at = self.answer_due_at = None

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


class CaseProposal(db.Synced, Base):
    """An arrears case proposed to the wage office, one per project at a time."""

    __tablename__ = "case_proposals"
    __table_args__ = (
        Index(
            "uq_case_proposals_open",
            "project_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_case_proposals_project_id", "project_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    project: Mapped[dict[str, Any]]
    developer_id: Mapped[UUID | None]
    contractor_id: Mapped[UUID | None]
    area_code: Mapped[str]
    watch_item_id: Mapped[UUID] = mapped_column(ForeignKey("watch_items.id"))
    """The item that asked for it first."""
    state: Mapped[ProposalState] = mapped_column(default=ProposalState.OPEN)
    proposed_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """When it becomes a case by itself; None once decided."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    by_rule: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None]

    @property
    def is_open(self) -> bool:
        """Say whether it waits for a decision."""
        return self.state is ProposalState.OPEN

    def decide(
        self,
        state: ProposalState,
        at: datetime,
        by: str,
        *,
        reason: str | None = None,
        by_rule: bool = False,
    ) -> None:
        """End it: confirmed, refused or withdrawn."""
        self.state, self.decided_at, self.decided_by = state, at, by
        self.reason, self.by_rule, self.due_at = reason, by_rule, None


class ArrearsCase(db.Synced, Base):
    """An arrears case (欠薪案件): thin for now, the proposal it came from and its state."""

    __tablename__ = "arrears_cases"
    __table_args__ = (
        Index(
            "uq_arrears_cases_open",
            "project_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("uq_arrears_cases_proposal_id", "proposal_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    project: Mapped[dict[str, Any]]
    developer_id: Mapped[UUID | None]
    contractor_id: Mapped[UUID | None]
    area_code: Mapped[str]
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("case_proposals.id"))
    state: Mapped[CaseState] = mapped_column(default=CaseState.OPEN)
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    by_rule: Mapped[bool]


class ProjectPerson(Base):
    """A person's duty for a project, as registry told it last: ids and days, no name."""

    __tablename__ = "project_persons"
    __table_args__ = (Index("ix_project_persons_project_id", "project_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID]
    area_code: Mapped[str]
    person_id: Mapped[UUID]
    unit_id: Mapped[UUID]
    role: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
