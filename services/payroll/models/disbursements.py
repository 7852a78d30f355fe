"""Wages that go to the bank: batches, their lines, each attempt to pay one, and disputes."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of
from services.payroll.rules.disbursements import Answer, Hold, HoldReason, LineStatus
from services.payroll.rules.results import Word


class Disbursement(Base):
    """A batch of wages from an approved sheet (总包代发); how it stands follows from its lines."""

    __tablename__ = "disbursements"
    __table_args__ = (
        Index("uq_disbursements_sheet", "sheet_id", unique=True),
        Index("uq_disbursements_number", "number", unique=True),
        Index("ix_disbursements_order", "made_at", "id"),
        Index("ix_disbursements_project", "project_id", "period"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    """By which the bank knows it."""
    sheet_id: Mapped[UUID] = mapped_column(of("sheets.id"))
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    employer_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(of("wage_accounts.id"))
    bank_id: Mapped[UUID] = mapped_column(index=True)
    """Whose word on its lines counts: the bank of the account."""
    period: Mapped[str]
    run: Mapped[int]
    lines: Mapped[int]
    total: Mapped[Decimal]
    nothing_due: Mapped[int]
    """Lines of the sheet with nothing to pay, which are none of the batch."""
    rounds: Mapped[int]
    """How often lines of it went to the bank; each round has its own instruction."""
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    sent_on: Mapped[date]


class DisbursementLine(Base):
    """One worker's wages of a sheet; the line stays the same however often it is tried."""

    __tablename__ = "disbursement_lines"
    __table_args__ = (
        Index("uq_disbursement_lines_line", "sheet_id", "sheet_line_id", "period", unique=True),
        Index("ix_disbursement_lines_batch", "disbursement_id", "position"),
        Index("ix_disbursement_lines_worker", "worker_id", "period"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("status <> 'held' OR hold IS NOT NULL", name="hold"),
        {"postgresql_partition_by": "RANGE (period)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    disbursement_id: Mapped[UUID] = mapped_column(of("disbursements.id"))
    sheet_id: Mapped[UUID]
    sheet_line_id: Mapped[UUID]
    position: Mapped[int]
    """In the order of the sheet; that of the sheet's line."""
    worker_id: Mapped[UUID | None]
    amount: Mapped[Decimal]
    status: Mapped[LineStatus]
    hold: Mapped[HoldReason | None]
    """Why it is held; of what came back, why it could not be sent again."""
    held_until: Mapped[datetime | None]
    """When a card that waits counts."""
    attempts: Mapped[int]
    settled_on: Mapped[date | None]
    serial: Mapped[str | None]
    """The bank's, of the attempt that settled it."""
    returned_on: Mapped[date | None]
    """The day of the last return."""
    return_reason: Mapped[str | None]

    def hear(self, word: Word) -> None:
        """Stand as the bank says of the last attempt to pay it."""
        self.status = word.status
        settled = word.status is LineStatus.SETTLED
        self.settled_on, self.serial = (word.day, word.serial) if settled else (None, None)
        if word.status is LineStatus.RETURNED:
            self.returned_on, self.return_reason = word.day, word.reason

    def wait(self, hold: Hold) -> None:
        """Stay as it is, because it cannot be sent yet."""
        self.hold, self.held_until = hold.reason, hold.until

    def go_again(self, worker_id: UUID) -> None:
        """Be in an instruction for the bank once more; what came back of it stays known."""
        self.worker_id = worker_id
        self.status, self.hold, self.held_until = LineStatus.SENT, None, None
        self.attempts += 1


class PaymentAttempt(Base):
    """One time that the bank was told to pay a line, to which card, and what came of it."""

    __tablename__ = "payment_attempts"
    __table_args__ = (
        Index("uq_payment_attempts_number", "line_id", "number", "period", unique=True),
        Index("ix_payment_attempts_round", "disbursement_id", "round"),
        Index("ix_payment_attempts_account", "account_id", "sent_on"),
        {"postgresql_partition_by": "RANGE (period)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    line_id: Mapped[UUID]
    disbursement_id: Mapped[UUID] = mapped_column(of("disbursements.id"))
    account_id: Mapped[UUID]
    number: Mapped[int]
    """Of the line's attempts, from 1."""
    round: Mapped[int]
    """Of the batch's, from 1."""
    amount: Mapped[Decimal]
    payee_id: Mapped[UUID] = mapped_column(of("payee_accounts.id"))
    payee_index: Mapped[str]
    """Blind index of the card as bank lines name counterparties."""
    status: Mapped[LineStatus]
    sent_on: Mapped[date]
    day: Mapped[date | None]
    """On which it settled or came back."""
    serial: Mapped[str | None]
    reason_code: Mapped[str | None]
    reason: Mapped[str | None]
    told_at: Mapped[datetime | None]
    told_by: Mapped[str | None]

    def hear(self, word: Word, by: str, at: datetime) -> None:
        """Stand as the bank says."""
        self.status, self.day, self.serial = word.status, word.day, word.serial
        self.reason_code, self.reason = word.reason_code, word.reason
        self.told_at, self.told_by = at, by


class LineDispute(Base):
    """A worker's word that a line is not as it should be; beside the bank's, which stays."""

    __tablename__ = "line_disputes"
    __table_args__ = (
        Index(
            "uq_line_disputes_open",
            "line_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_line_disputes_batch", "disbursement_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID]
    disbursement_id: Mapped[UUID] = mapped_column(of("disbursements.id"))
    answer: Mapped[Answer]
    said_on: Mapped[date]
    note: Mapped[str | None]
    told_at: Mapped[datetime]
    told_by: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    proof: Mapped[str | None]
    """What showed that it is settled."""

    def close(self, proof: str, by: str, at: datetime) -> None:
        """Be settled, by what somebody saw."""
        self.proof, self.closed_by, self.closed_at = proof, by, at
