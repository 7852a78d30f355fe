"""Wage accounts, what is owed to them, and what money counts for it."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, known_at, of
from services.payroll.rules import accounts, obligations
from services.payroll.rules.accounts import AccountFacts, AccountMode, AccountStatus, CloseReason
from services.payroll.rules.notices import CameFirst, NoticeKind
from services.payroll.rules.obligations import ObligationStatus
from services.payroll.rules.plans import ClosedReason
from shared import clock, db
from shared.pii import Sealed


class WageAccount(db.Synced, Base):
    """The account from which a project's wages are paid (农民工工资专用账户)."""

    __tablename__ = "wage_accounts"
    __table_args__ = (
        Index("uq_wage_accounts_account_index", "account_index", unique=True),
        # One that is closed gives way to the next (53号 art. 9).
        Index(
            "uq_wage_accounts_project",
            "project_id",
            unique=True,
            postgresql_where=text("status <> 'closed'"),
        ),
        Index(
            "ix_wage_accounts_main", "main_index", postgresql_where=text("main_index IS NOT NULL")
        ),
        Index("ix_wage_accounts_order", "opened_on", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    source_id: Mapped[UUID] = mapped_column(of("sources.id"), index=True)
    area_code: Mapped[str]
    developer_id: Mapped[UUID]
    contractor_id: Mapped[UUID | None]
    account_no: Mapped[str] = mapped_column(Sealed)
    account_index: Mapped[str]
    account_name: Mapped[str]
    bank_name: Mapped[str]
    opened_on: Mapped[date]
    """While the account is pending: the day on which the bank will open it."""
    registered_at: Mapped[datetime] = known_at()
    """Since when it takes money: since it was entered, or since a pending one was opened."""
    mode: Mapped[AccountMode] = mapped_column(default=AccountMode.SINGLE, server_default="single")
    ledger_no: Mapped[str | None]
    """Which ledger of an account for several projects this is."""
    main_index: Mapped[str | None]
    """Blind index of that account's number; this one's own index is of number and ledger."""
    status: Mapped[AccountStatus] = mapped_column(default=AccountStatus.OPEN, server_default="open")
    pending: Mapped[bool] = mapped_column(default=False, server_default="false")
    agreement_on: Mapped[date | None]
    """When developer, contractor and bank signed (三方协议)."""
    agreement_ref: Mapped[str | None]
    filed_on: Mapped[date | None]
    filing_ref: Mapped[str | None]
    used_since: Mapped[date | None]
    """The day of the first line that came for it."""
    noticed_on: Mapped[date | None]
    close_reason: Mapped[CloseReason | None]
    closed_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    tellings: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it was told how the account stands; the number tells them apart."""

    def stand(self) -> bool:
        """Stand as the facts say; say whether that is news."""
        before, self.status = self.status, accounts.account_status(self.facts)
        return self.status is not before

    @property
    def facts(self) -> AccountFacts:
        """Give the facts of its life as rules take them."""
        return AccountFacts(
            not self.pending, self.filed_on, self.used_since, self.noticed_on, self.closed_on
        )


class Obligation(db.Synced, Base):
    """One expected transfer of labour cost: a contract's period, its due day, its amount."""

    __tablename__ = "obligations"
    # Nobody reads a row's transaction id off the object; without asking for it back, the changes
    # of a whole step of the poll go to the database together.
    __mapper_args__ = {"eager_defaults": False}
    __table_args__ = (
        Index("uq_obligations_period", "works_contract_id", "period", unique=True),
        Index("ix_obligations_project", "project_id", "due_on"),
        Index("ix_obligations_developer", "developer_id", "due_on"),
        Index("ix_obligations_order", "due_on", "id"),
        # What is lacking on the board: few rows of all that were ever owed.
        Index(
            "ix_obligations_lacking",
            "due_on",
            postgresql_where=text("credited_amount < due_amount"),
        ),
        # What the poll looks for: few rows of very many, found without reading the others.
        Index(
            "ix_obligations_planned", "due_on", "id", postgresql_where=text("status = 'planned'")
        ),
        Index(
            "ix_obligations_open",
            "source_id",
            "due_on",
            postgresql_where=text("status IN ('planned', 'due')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    works_contract_id: Mapped[UUID] = mapped_column(of("works_contracts.id"))
    account_id: Mapped[UUID | None] = mapped_column(of("wage_accounts.id"))
    source_id: Mapped[UUID | None] = mapped_column(of("sources.id"))
    area_code: Mapped[str]
    developer_id: Mapped[UUID]
    contractor_id: Mapped[UUID | None]
    period: Mapped[str]
    previous_period: Mapped[str | None]
    due_on: Mapped[date]
    due_since: Mapped[datetime] = known_at()
    """Since when it is due on this day: since its contract was told, or since working days were
    told that moved it. Before, it was due on another day that lay ahead, or not at all."""
    due_amount: Mapped[Decimal]
    credited_amount: Mapped[Decimal] = mapped_column(default=Decimal(0))
    on_time_amount: Mapped[Decimal] = mapped_column(default=Decimal(0))
    """What of it is dated on or before the due day."""
    status: Mapped[ObligationStatus] = mapped_column(default=ObligationStatus.PLANNED)
    missed_on: Mapped[date | None]
    """The day on which the miss was found; a payment afterwards does not erase it."""
    calendar_version: Mapped[str]
    known_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=func.now())
    """Since when it is owed at all: money that was there before prefers what was owed then."""
    bank_notice_at: Mapped[datetime | None]
    """When the bank's notice of the miss came (724号 art. 27)."""
    contractor_report_at: Mapped[datetime | None]
    """When the contractor's own report of it came."""
    report_overdue_on: Mapped[date | None]
    """The day with whose beginning the contractor's working days for its report were over."""
    told_first: Mapped[CameFirst | None]
    """What came first, the first of these or our own finding; None before any of them came."""
    reversals: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often money that had counted was taken back: tells apart what is told again."""
    added_amount: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    """What of the amount its developer approved beside the contract's terms (53号 art. 13)."""
    closed_reason: Mapped[ClosedReason | None]
    """Why it is owed no longer; only what lies ahead is ever closed."""

    @property
    def lacking(self) -> Decimal:
        """Give what is still owed."""
        return max(self.due_amount - self.credited_amount, Decimal(0))

    @property
    def owed(self) -> Decimal:
        """Give what money can count for: nothing where it is owed no longer."""
        return Decimal(0) if self.closed_reason else self.due_amount

    def _stand(self, *, due: bool) -> None:
        if self.closed_reason:
            self.status = ObligationStatus.CLOSED
            return
        self.status = obligations.status(
            self.due_amount,
            self.credited_amount,
            self.on_time_amount,
            missed=self.missed_on is not None,
            due=due,
        )

    def is_due(self, today: date) -> bool:
        """Say whether the due day is over."""
        return self.due_on < today

    def credit(self, credited: Decimal, on_time: Decimal, today: date) -> None:
        """Take what came in so far, and what of it is dated up to the due day.

        A miss ends that was none: all of the money was there in time.
        """
        annulled = self.missed_on is not None and on_time >= self.due_amount
        if annulled or credited < self.credited_amount or on_time < self.on_time_amount:
            self.reversals += 1
        if annulled:
            self.missed_on = self.report_overdue_on = None
        self.credited_amount, self.on_time_amount = credited, on_time
        self._stand(due=self.is_due(today))

    def fall_due(self, today: date) -> bool:
        """Be due once the due day is over; say whether that is news."""
        if self.status is not ObligationStatus.PLANNED or not self.is_due(today):
            return False
        self._stand(due=True)
        return True

    def miss(self, today: date, fed_until: date | None) -> bool:
        """Be missed if the due day is over, the data are there and money is not; say if it is news.

        `fed_until` is the last day up to which the source's data are complete; it does not matter
        where there is no account and so no feed to wait for.
        """
        fed = self.source_id is None or (fed_until is not None and self.due_on <= fed_until)
        if self.status not in obligations.OPEN or not self.is_due(today) or not fed:
            return False
        self.missed_on = today
        self._stand(due=True)
        return True

    def take_notice(self, kind: NoticeKind, first: CameFirst, at: datetime) -> None:
        """Note that the bank, or the contractor, told of a miss."""
        if kind is NoticeKind.BANK_NOTICE:
            self.bank_notice_at = at
        else:
            self.contractor_report_at = at
        self.told_first = self.told_first or first

    def replan(
        self, due_on: date, calendar_version: str, on_time: Decimal, told_at: datetime
    ) -> None:
        """Be due on another day, by a calendar that came later."""
        if due_on != self.due_on:
            self.due_on, self.due_since = due_on, max(self.due_since, told_at)
        self.calendar_version = calendar_version
        self.on_time_amount = on_time
        self._stand(due=False)

    def plan_as(
        self,
        due_on: date,
        amount: Decimal,
        closed: ClosedReason | None,
        calendar_version: str,
        told_at: datetime,
    ) -> None:
        """Be owed otherwise from now on, or no longer; it lies ahead."""
        if due_on != self.due_on or (self.closed_reason and not closed):
            self.due_on, self.due_since = due_on, max(self.due_since, told_at)
        self.due_amount, self.closed_reason = amount, closed
        self.calendar_version = calendar_version
        self._stand(due=False)

    def hold(self, credited: Decimal, on_time: Decimal) -> None:
        """Have less, because the rest went on to other transfers; it lies ahead."""
        self.credited_amount, self.on_time_amount = credited, on_time
        self._stand(due=False)

    def grow(self, amount: Decimal) -> None:
        """Be owed with more, which its developer approved; it lies ahead."""
        self.added_amount += amount
        self.due_amount += amount
        self._stand(due=False)


class Credit(Base):
    """What of a line counts for an obligation; 0 where an earlier line has taken its place."""

    __tablename__ = "credits"
    # No foreign key to the lines: on a partitioned table it would be one for each partition, and
    # lines are never deleted.
    __table_args__ = (
        Index("uq_credits_line", "obligation_id", "line_id", unique=True),
        Index("ix_credits_line", "line_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    obligation_id: Mapped[UUID] = mapped_column(of("obligations.id"))
    account_index: Mapped[str]
    line_id: Mapped[UUID]
    serial: Mapped[str]
    at: Mapped[datetime]
    credited_on: Mapped[date]
    """The Beijing day of the line: this decides whether money was in time."""
    period: Mapped[str | None]
    amount: Mapped[Decimal]
    decided_amount: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    """What of it persons decided; no other line takes its place."""
    counted_at: Mapped[datetime] = known_at()
    """Since when it counts, with whatever amount."""
    known_at: Mapped[datetime] = known_at()
    """Since when its line may choose what to count for."""

    def change(self, amount: Decimal, at: datetime) -> "CreditChange":
        """Count with another amount; give the note of it."""
        grown, self.amount = amount - self.amount, amount
        return CreditChange(
            id=db.new_id(),
            credit_id=self.id,
            obligation_id=self.obligation_id,
            credited_on=self.credited_on,
            counted_at=self.counted_at,
            changed_at=at,
            grown=grown,
        )


class CreditChange(Base):
    """A credit's amount became another one: an earlier line took its place, or gave it back."""

    __tablename__ = "credit_changes"
    __table_args__ = (Index("ix_credit_changes_obligation", "obligation_id", "changed_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    credit_id: Mapped[UUID] = mapped_column(of("credits.id"))
    obligation_id: Mapped[UUID] = mapped_column(of("obligations.id"))
    credited_on: Mapped[date]
    counted_at: Mapped[datetime]
    """Both as they stand on the credit."""
    changed_at: Mapped[datetime]
    grown: Mapped[Decimal]
    """By how much; negative where it became less."""


class Replan(Base):
    """Working days that came later: planned due days of an area are worked out again, in steps."""

    __tablename__ = "replans"
    __table_args__ = (Index("ix_replans_open", "id", postgresql_where=text("NOT done")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date]
    told_at: Mapped[datetime] = known_at()
    """When the days were told, or the area was."""
    after_id: Mapped[UUID | None]
    """The last obligation that was looked at."""
    done: Mapped[bool] = mapped_column(default=False)
