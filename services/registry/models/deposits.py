"""Tables of deposits and guarantees: an area's terms, contractors' records, uses and returns."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.models.organisations import Organisation
from services.registry.models.projects import Project
from services.registry.models.tables import Base
from services.registry.rules.deposit_papers import PaperKind, PaperLacking
from services.registry.rules.deposits import (
    DepositTerms,
    Held,
    Limit,
    Reason,
    ReturnState,
    SecurityForm,
    SecurityPurpose,
    SecurityState,
    Step,
    UseState,
    limits,
)
from services.registry.rules.guarantees import TermWarning, terms_short
from services.registry.rules.requirements import Answerer, Certainty
from shared.db import Synced

_PER_CENT = Numeric(6, 2)


class DepositRule(Base):
    """A version of an area's numbers; never changed, only followed by another."""

    __tablename__ = "deposit_rules"
    __table_args__ = (
        UniqueConstraint("area_code", "version"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    version: Mapped[int]
    valid_from: Mapped[date]
    rate: Mapped[Decimal] = mapped_column(_PER_CENT)
    several_rate: Mapped[Decimal] = mapped_column(_PER_CENT)
    floor_rate: Mapped[Decimal] = mapped_column(_PER_CENT)
    cap: Mapped[Decimal | None]
    small_below: Mapped[Decimal]
    small_years: Mapped[int]
    reduce_years: Mapped[int]
    reduce_by: Mapped[Decimal] = mapped_column(_PER_CENT)
    exempt_years: Mapped[int]
    raise_years: Mapped[int]
    raise_by: Mapped[Decimal] = mapped_column(_PER_CENT)
    listed_raise_by: Mapped[Decimal] = mapped_column(_PER_CENT)
    guarantee_months: Mapped[int] = mapped_column(server_default="12")
    statement_months: Mapped[int] = mapped_column(server_default="3")
    """How many months the bank's statement of a deposit tells of (art. 21)."""
    interest_to: Mapped[Answerer] = mapped_column(server_default="contractor")
    """Whose a deposit's interest is (art. 15)."""
    agreement_asked: Mapped[bool] = mapped_column(server_default="true")
    """Whether the copy of a deposit's agreement lies here (art. 11)."""
    mark_asked: Mapped[bool] = mapped_column(server_default="true")
    """Whether the bank shows that it marked the account (art. 10)."""
    limits: Mapped[dict[str, Any]]
    basis: Mapped[str]
    certainty: Mapped[Certainty]
    created_at: Mapped[datetime]
    created_by: Mapped[str]

    @property
    def terms(self) -> DepositTerms:
        """Give the numbers as the rule takes them."""
        return DepositTerms(
            self.rate, self.several_rate, self.floor_rate, self.cap, self.small_below,
            self.small_years, self.reduce_years, self.reduce_by, self.exempt_years,
            self.raise_years, self.raise_by, self.listed_raise_by, self.guarantee_months,
        )  # fmt: skip

    def limit(self, step: Step) -> Limit:
        """Give how long a step may take."""
        return limits(self.limits)[step]


class WageRecord(Base):
    """What somebody stated of a contractor's past with wages; the newest statement counts."""

    __tablename__ = "wage_records"
    __table_args__ = (Index("ix_wage_records_organisation_id", "organisation_id", "stated_on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id))
    stated_on: Mapped[date]
    clean_since: Mapped[date | None]
    arrears_on: Mapped[date | None]
    listed_until: Mapped[date | None]
    reference: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class DepositAssessment(Base):
    """What was worked out last to be due for a project's deposit, and why."""

    __tablename__ = "deposit_assessments"

    project_id: Mapped[UUID] = mapped_column(ForeignKey(Project.id), primary_key=True)
    amount: Mapped[Decimal]
    rate: Mapped[Decimal] = mapped_column(_PER_CENT)
    reason: Mapped[Reason]
    rule_id: Mapped[UUID] = mapped_column(ForeignKey(DepositRule.id))
    assessed_on: Mapped[date]


class Security(Synced, Base):
    """A deposit or a payment guarantee of a project: its form, amount, issuer and days."""

    __tablename__ = "securities"
    __table_args__ = (
        UniqueConstraint("project_id", "purpose", "number"),
        Index("ix_securities_project_id", "project_id", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey(Project.id))
    purpose: Mapped[SecurityPurpose]
    form: Mapped[SecurityForm]
    number: Mapped[str]
    issuer: Mapped[str]
    amount: Mapped[Decimal]
    used: Mapped[Decimal] = mapped_column(default=Decimal("0.00"))
    """What was paid out of it to workers."""
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    state: Mapped[SecurityState]
    ended_on: Mapped[date | None]
    term_until: Mapped[date | None]
    """The first day on which its term may end by the area's numbers; None: they ask for none."""
    contract_until: Mapped[date | None]
    """The contract's last day, before which it is not to end; None: no contract, or no guarantee
    of wages."""
    statement_due_on: Mapped[date | None]
    """By when the bank's next statement is owed; None: it states nothing of it."""
    agreement_asked: Mapped[bool] = mapped_column(default=False, server_default="false")
    mark_asked: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Which papers the area asked for when it was given."""
    agreement_id: Mapped[UUID | None]
    agreement_on: Mapped[date | None]
    """The agreement with the bank that counts, and the day of its signing."""
    mark_id: Mapped[UUID | None]
    marked_on: Mapped[date | None]
    """What shows that the bank marked the account, and the day on which it did."""
    version: Mapped[int] = mapped_column(default=1)
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]

    @property
    def papers_lacking(self) -> list[PaperLacking]:
        """Give which papers are asked for and are not there, while it stands."""
        if self.state is not SecurityState.ACTIVE:
            return []
        papers = (
            (PaperKind.AGREEMENT, self.agreement_asked, self.agreement_id),
            (PaperKind.ACCOUNT_MARK, self.mark_asked, self.mark_id),
        )
        return [PaperLacking(kind) for kind, asked, there in papers if asked and not there]

    @property
    def warnings(self) -> list[TermWarning]:
        """Give what of its term is too short, while it stands."""
        if self.state is not SecurityState.ACTIVE:
            return []
        return terms_short(self.valid_until, self.term_until, self.contract_until)

    @property
    def held(self) -> Held:
        """Give what still stands of it, as the rules take it."""
        return Held(
            self.id, self.purpose, self.amount - self.used, self.valid_from, self.valid_until
        )


class DepositUse(Base):
    """A deposit is used: payment notice, the bank pays, the contractor replenishes."""

    __tablename__ = "deposit_uses"
    __table_args__ = (
        UniqueConstraint("security_id", "decision"),
        Index("ix_deposit_uses_project_id", "project_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    security_id: Mapped[UUID] = mapped_column(ForeignKey(Security.id))
    project_id: Mapped[UUID]
    decision: Mapped[str]
    """The number of the handling decision that was not obeyed in time."""
    amount: Mapped[Decimal]
    state: Mapped[UseState]
    received_on: Mapped[date]
    """The day on which the bank received the payment notice."""
    pay_by: Mapped[date]
    pay_late: Mapped[bool] = mapped_column(default=False)
    paid_on: Mapped[date | None]
    replenish_by: Mapped[date | None]
    replenish_late: Mapped[bool] = mapped_column(default=False)
    replenished_on: Mapped[date | None]
    terms_version: Mapped[int]
    calendar_version: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class DepositReturn(Base):
    """A deposit is given back: promise and notice, application, review, confirmation or refusal."""

    __tablename__ = "deposit_returns"
    __table_args__ = (
        Index(
            "uq_deposit_returns_open",
            "security_id",
            unique=True,
            postgresql_where=text("state <> 'refusal_told' AND state <> 'returned'"),
        ),
        Index("ix_deposit_returns_project_id", "project_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    security_id: Mapped[UUID] = mapped_column(ForeignKey(Security.id))
    project_id: Mapped[UUID]
    state: Mapped[ReturnState]
    promise: Mapped[str]
    noticed_on: Mapped[date]
    notice_until: Mapped[date]
    applied_on: Mapped[date | None]
    by: Mapped[date | None]
    """The last day of the step that is owed now; None while nobody owes one."""
    late: Mapped[bool] = mapped_column(default=False)
    reviewed_on: Mapped[date | None]
    open_arrears: Mapped[str | None]
    told_on: Mapped[date | None]
    """The day of the confirmation or of the written notice."""
    terms_version: Mapped[int]
    calendar_version: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
