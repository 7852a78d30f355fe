"""Proceedings beside arrears cases, each step of theirs, and what areas say of enforcement."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.cases.models.tables import Base
from services.cases.rules.arrears import PaymentSource
from services.cases.rules.enforcement import Threshold
from services.cases.rules.policies import Certainty
from services.cases.rules.proceedings import OVER, ProceedingKind, ProceedingStage
from services.cases.rules.restrictions import Measure, RestrictionKind


class Proceeding(Base):
    """A proceeding (程序): a referral, a judgment, a transfer, a listing, a publication."""

    __tablename__ = "proceedings"
    __table_args__ = (
        # Of some kinds a case has one under way (rules.proceedings.SINGLE).
        Index(
            "uq_proceedings_under_way",
            "case_id",
            "kind",
            unique=True,
            postgresql_where=text(
                "ended_at IS NULL AND kind IN"
                " ('transfer', 'listing', 'publication', 'supervision', 'plan')"
            ),
        ),
        Index("ix_proceedings_case_id", "case_id", "id"),
        Index("ix_proceedings_credit_code", "credit_code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    case_id: Mapped[UUID] = mapped_column(ForeignKey("arrears_cases.id"))
    area_code: Mapped[str]
    kind: Mapped[ProceedingKind]
    stage: Mapped[ProceedingStage]
    stage_since: Mapped[datetime]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    opened_org: Mapped[UUID | None]
    """The body that opened it; of a listed supervision, the one that can take it off."""
    by_rule: Mapped[bool]
    moved_by: Mapped[str | None]
    """Who acted last; another decides where two are asked for."""
    since_on: Mapped[date]
    """From when it is counted: the day on which the order to pay ran out, or of its paper."""
    name: Mapped[str | None]
    """Of the unit that it is about."""
    credit_code: Mapped[str | None]
    way: Mapped[str | None]
    body: Mapped[str | None]
    """Before which body it is now."""
    form: Mapped[str | None]
    amount: Mapped[Decimal | None]
    document_number: Mapped[str | None]
    """Of the last paper."""
    outcome: Mapped[str | None]
    party: Mapped[PaymentSource | None]
    """Of a demand: who is asked to pay."""
    unpaid_price: Mapped[Decimal | None]
    """Of a demand on the developer: the works price that it has not paid, which limits it."""
    baseline: Mapped[Decimal | None]
    """What was paid before: of a demand by its party, of a plan in the whole case."""
    leader: Mapped[str | None]
    """Of a plan: the post of the leader who answers for it (责任领导)."""
    person: Mapped[str | None]
    """Of a plan: the post of the person who does it (责任人)."""
    listed_at: Mapped[datetime | None]
    """When it was decided on; a period runs from it."""
    line_ids: Mapped[list[str]] = mapped_column(JSONB)
    """The lines that it is about; none: the whole case."""
    ended_at: Mapped[datetime | None]

    def enter(self, stage: ProceedingStage, at: datetime) -> None:
        """Stand in a stage since an instant."""
        self.stage, self.stage_since = stage, at
        self.ended_at = at if stage in OVER else None


class PlanInstalment(Base):
    """An instalment of a plan: so much by the end of a day."""

    __tablename__ = "plan_instalments"
    __table_args__ = (
        Index("uq_plan_instalments_position", "proceeding_id", "position", unique=True),
        CheckConstraint("amount > 0", name="amount"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    proceeding_id: Mapped[UUID] = mapped_column(ForeignKey("proceedings.id"))
    position: Mapped[int]
    due_on: Mapped[date]
    amount: Mapped[Decimal]


class ProceedingStep(Base):
    """A step of a proceeding: what was done, by whom, with what."""

    __tablename__ = "proceeding_steps"
    __table_args__ = (Index("ix_proceeding_steps_proceeding_id", "proceeding_id", "at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    proceeding_id: Mapped[UUID] = mapped_column(ForeignKey("proceedings.id"))
    at: Mapped[datetime]
    actor: Mapped[str]
    act: Mapped[str]
    """Of the table; `by_rule` or `clock_over` of what nobody did."""
    stage_from: Mapped[str | None]
    stage_to: Mapped[ProceedingStage]
    details: Mapped[dict[str, Any]]


class EnforcementTerms(Base):
    """From which amounts and for how many months an area enforces; a version never changes."""

    __tablename__ = "enforcement_terms"
    __table_args__ = (
        Index("uq_enforcement_terms_version", "area_code", "version", unique=True),
        CheckConstraint("version > 0", name="numbers"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    version: Mapped[int]
    valid_from: Mapped[date]
    crime_months: Mapped[int]
    crime_amount: Mapped[Decimal | None]
    """Of one worker (法释〔2013〕3号 art. 3); None: the province has not fixed it."""
    crime_workers: Mapped[int]
    crime_total: Mapped[Decimal | None]
    listing_months: Mapped[int]
    """How long a listing lasts (令45号 art. 9 to 11)."""
    removal_months: Mapped[int]
    """After how many months an early removal can be asked for (令45号 art. 12)."""
    application_months: Mapped[int]
    """Within how many months a court is asked to enforce (行政强制法 art. 53)."""
    publication_months: Mapped[int]
    """The rhythm of publications (令29号): a quarter, half a year."""
    measures: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, default=list, server_default=text("'[]'::jsonb")
    )
    """Which restriction is proposed after what, for how many months."""
    basis: Mapped[str]
    certainty: Mapped[Certainty]

    @property
    def follows(self) -> list[Measure]:
        """Give what is proposed after what."""
        return [
            Measure(row["after"], RestrictionKind(row["kind"]), row["months"])
            for row in self.measures
        ]

    @property
    def threshold(self) -> Threshold:
        """Give the crime amount."""
        return Threshold(self.crime_months, self.crime_amount, self.crime_workers, self.crime_total)
