"""Arrears cases, who told of them, and what was done with them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.arrears import (
    Cause,
    Channel,
    Conclusion,
    Nature,
    Relation,
    Speaker,
    Sums,
)
from services.cases.rules.case_clocks import Investment
from services.cases.rules.course import Act, Stage, answerable
from services.cases.rules.items import CaseState
from services.cases.rules.routing import GovernmentLevel
from shared import db
from shared.pii import Sealed


class ArrearsCase(db.Synced, Base):
    """An arrears case (欠薪案件): one for each matter, through whatever channels it was told."""

    __tablename__ = "arrears_cases"
    __table_args__ = (
        # Of what a project's misses ask for, one is open at a time; people may tell of more.
        Index(
            "uq_arrears_cases_open",
            "project_id",
            unique=True,
            postgresql_where=text("state = 'open' AND proposal_id IS NOT NULL"),
        ),
        Index("uq_arrears_cases_proposal_id", "proposal_id", unique=True),
        Index("uq_arrears_cases_employer_handle", "employer_handle", unique=True),
        Index("uq_arrears_cases_number", "office", "year", "sequence", unique=True),
        Index("ix_arrears_cases_area_code", "area_code", "stage"),
        Index("ix_arrears_cases_unit_id", "unit_id", "stage"),
        Index("ix_arrears_cases_project_id", "project_id"),
        Index("ix_arrears_cases_employer_id", "employer_id"),
        Index("ix_arrears_cases_opened_at", "opened_at"),
        Index("ix_arrears_cases_clear_by", "clear_by", postgresql_where=text("state = 'open'")),
        CheckConstraint("(stage = 'ended') = (state = 'closed')", name="is_over"),
        CheckConstraint("(conclusion IS NULL) OR stage IN ('checking', 'ended')", name="end"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    """Of two who act on what they have read, the second hears that it is stale."""
    office: Mapped[str | None]
    year: Mapped[int | None]
    sequence: Mapped[int | None]
    number: Mapped[str | None]
    """As it is written, 鹤欠案〔2023〕第7号; None of what is older than numbers are."""
    area_code: Mapped[str]
    """Of the place of work, which decides who is competent (423号 art. 13)."""
    place: Mapped[str] = mapped_column(default="", server_default="")
    industry: Mapped[str] = mapped_column(default="construction", server_default="construction")
    employer_kind: Mapped[str | None]
    """What else it is routed by: `unionised`, `shop` …"""
    level: Mapped[GovernmentLevel | None]
    project_id: Mapped[UUID | None]
    project: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    developer_id: Mapped[UUID | None]
    contractor_id: Mapped[UUID | None]
    employer_id: Mapped[UUID | None]
    employer_name: Mapped[str | None]
    """As it was told; an organisation of the registry has its id, too."""
    employer_handle: Mapped[UUID] = mapped_column(
        default=uuid4, server_default=text("gen_random_uuid()")
    )
    """By which the employer knows it; by chance, since an id in order of time tells when."""
    proposal_id: Mapped[UUID | None] = mapped_column(ForeignKey("case_proposals.id"))
    related_id: Mapped[UUID | None] = mapped_column(ForeignKey("arrears_cases.id"))
    """The newest case that it has to do with: of the same employer, site or person."""
    channel: Mapped[Channel] = mapped_column(
        default=Channel.WATCH_ITEM, server_default=Channel.WATCH_ITEM.value
    )
    """Through which it was told of first."""
    nature: Mapped[Nature] = mapped_column(default=Nature.WAGES, server_default=Nature.WAGES.value)
    cause: Mapped[Cause | None]
    investment: Mapped[Investment | None]
    """Whose money builds it: the clearing day goes by it; None: it is not public."""
    arisen_on: Mapped[date | None]
    """When the wages fell due; fresh or stock, and the clearing day, go by it."""
    months: Mapped[str | None]
    """The months that are owed, as they were told: `2023-01..2023-03`."""
    clear_by: Mapped[date | None]
    workers_told: Mapped[int | None]
    amount_told: Mapped[Decimal | None]
    workers: Mapped[int] = mapped_column(default=0, server_default="0")
    claimed: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    verified: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    paid: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    owed: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    workers_owed: Mapped[int] = mapped_column(default=0, server_default="0")
    state: Mapped[CaseState] = mapped_column(default=CaseState.OPEN)
    """Whether it is under way; the stage says where."""
    stage: Mapped[Stage] = mapped_column(
        default=Stage.INVESTIGATING, server_default=Stage.INVESTIGATING.value
    )
    stage_since: Mapped[datetime] = mapped_column(server_default=text("now()"))
    stage_before: Mapped[str | None]
    """Where it stood before its end was proposed, and goes back if the proof is not enough."""
    unit_id: Mapped[UUID | None]
    """The body that answers for it: whoever it was routed or handed to."""
    receiver_id: Mapped[UUID | None]
    """The first receiver (首问负责), who answers for it until another body has signed."""
    hand_overs: Mapped[int] = mapped_column(default=0, server_default="0")
    copied_to_id: Mapped[UUID | None]
    """The labour inspectorate that was sent a copy (抄报)."""
    copied_at: Mapped[datetime | None]
    copy_taken_at: Mapped[datetime | None]
    copy_taken_by: Mapped[str | None]
    received_at: Mapped[datetime | None]
    """When it was told of first; the limit of acceptance runs from it."""
    accepted_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    by_rule: Mapped[bool] = mapped_column(default=False)
    pay_within: Mapped[int | None]
    """Working days that the last decision gave to pay; None: as the area's terms say."""
    next_at: Mapped[datetime | None]
    """The next date of an open case: the first of its clocks that runs out."""
    incident_id: Mapped[UUID | None] = mapped_column(ForeignKey("incidents.id"))
    """The last mass or extreme incident over it: the case is red since."""
    retaliations_open: Mapped[int] = mapped_column(default=0, server_default="0")
    """Of what whoever complained suffers for it, so much nobody has dealt with yet."""
    conclusion: Mapped[Conclusion | None]
    end_proposed_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]

    @property
    def answerable_id(self) -> UUID | None:
        """Give the body that answers for it now: until another signs, whoever received it."""
        return answerable(self.stage, self.unit_id, self.receiver_id)

    def enter(self, stage: Stage, at: datetime) -> None:
        """Stand in a stage since an instant."""
        self.stage, self.stage_since = stage, at
        self.state = CaseState.CLOSED if stage is Stage.ENDED else CaseState.OPEN

    def add_up(self, sums: Sums) -> None:
        """Take what its lines come to."""
        self.workers, self.workers_owed = sums.workers, sums.workers_owed
        self.claimed, self.verified = sums.claimed, sums.verified
        self.paid, self.owed = sums.paid, sums.owed


class CaseNumber(Base):
    """How many cases an area's office has opened in a year; locked while one is opened."""

    __tablename__ = "case_numbers"
    __table_args__ = (Index("uq_case_numbers_office", "office", "year", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    office: Mapped[str]
    year: Mapped[int]
    last: Mapped[int]

    def take(self) -> int:
        """Give the next number; a transaction that fails gives it back."""
        self.last += 1
        return self.last


class CaseReport(Base):
    """What somebody told of a case (接报): through which channel, who, and in which words."""

    __tablename__ = "case_reports"
    __table_args__ = (
        Index("ix_case_reports_case_id", "case_id", "id"),
        # A platform's own number names its report: pushed again it is the same.
        Index("uq_case_reports_external_id", "channel", "external_id", unique=True),
        Index("uq_case_reports_receipt_hash", "receipt_hash", unique=True),
        Index("ix_case_reports_phone", "phone_index"),
        Index("ix_case_reports_id_number", "id_index"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("arrears_cases.id"))
    relation: Mapped[Relation]
    """To what was told before: SAME came to a case that was there."""
    channel: Mapped[Channel]
    external_id: Mapped[str | None]
    speaker: Mapped[Speaker]
    anonymous: Mapped[bool]
    name: Mapped[str | None] = mapped_column(Sealed)
    name_index: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(Sealed)
    phone_index: Mapped[str | None]
    id_number: Mapped[str | None] = mapped_column(Sealed)
    id_index: Mapped[str | None]
    text: Mapped[str] = mapped_column(Sealed)
    said: Mapped[dict[str, Any]]
    """What was told that names nobody: place, employer, months, workers, amount."""
    received_at: Mapped[datetime]
    told_at: Mapped[datetime]
    told_by: Mapped[str]
    answered_at: Mapped[datetime | None]
    """When whoever reported was contacted first."""
    board_id: Mapped[UUID | None] = mapped_column(ForeignKey("notice_boards.id"))
    """The notice board whose form it was told by."""
    receipt_hash: Mapped[str | None]
    """Of the receipt that was shown once to whoever told, and opens his mailbox."""
    withdrawn_at: Mapped[datetime | None]
    """When whoever told has taken it back; what becomes of the case others decide."""


class CaseStep(Base):
    """A line of a case's history: who did what, from where to where."""

    __tablename__ = "case_steps"
    __table_args__ = (Index("ix_case_steps_case_id", "case_id", "at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("arrears_cases.id"))
    at: Mapped[datetime]
    actor: Mapped[str]
    act: Mapped[Act | None]
    """None of what nobody did: it was told, or a clock ran out."""
    what: Mapped[str]
    """The act, `told` or `clock_over`."""
    stage_from: Mapped[str | None]
    stage_to: Mapped[Stage]
    details: Mapped[dict[str, Any]]
