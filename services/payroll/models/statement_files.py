"""Statement files as they came, and their lines until they count."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of
from services.payroll.rules.statement_files import StatementStatus
from services.payroll.rules.statements import Direction, LineKind
from shared.pii import Sealed


class StatementFile(Base):
    """A bank's statement as a file: kept, read, and accepted as a whole or refused as a whole."""

    __tablename__ = "statement_files"
    __table_args__ = (
        Index("uq_statement_files_content", "source_id", "sha256", unique=True),
        Index("ix_statement_files_order", "received_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(of("sources.id"))
    bank_id: Mapped[UUID]
    area_code: Mapped[str]
    file_id: Mapped[UUID]
    """Of the kept file; its name is sealed with it."""
    sha256: Mapped[str]
    size: Mapped[int]
    """In bytes."""
    account_no: Mapped[str | None] = mapped_column(Sealed)
    """As the sender named it; None: the file names it itself."""
    final: Mapped[bool]
    """Whether it closes its days."""
    received_at: Mapped[datetime]
    received_from: Mapped[str]
    status: Mapped[StatementStatus] = mapped_column(index=True)
    lines_read: Mapped[int] = mapped_column(default=0)
    """Progress of what is read in the background."""
    claimed_until: Mapped[datetime | None]
    """By the machine's time: who reads it has so long to say that he still does."""
    finished_at: Mapped[datetime | None]
    findings: Mapped[list[Any]]
    more_findings: Mapped[int] = mapped_column(default=0)
    """How many there are beside those told."""
    account_id: Mapped[UUID | None] = mapped_column(of("wage_accounts.id"))
    from_day: Mapped[date | None]
    to_day: Mapped[date | None]
    opening: Mapped[Decimal | None]
    closing: Mapped[Decimal | None]
    lines: Mapped[int] = mapped_column(default=0)
    fresh_lines: Mapped[int] = mapped_column(default=0)
    """Those that were not here before."""


class StatementLine(Base):
    """A line of a file that is being read. It goes to `bank_lines`, or away, when the file ends.

    Not logged: after a crash the file is read again from its beginning.
    """

    __tablename__ = "statement_lines"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    statement_file_id: Mapped[UUID] = mapped_column(
        ForeignKey("statement_files.id"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    """In the order of the file, from 1."""
    row: Mapped[int]
    id: Mapped[UUID]
    day: Mapped[date]
    serial: Mapped[str]
    at: Mapped[datetime]
    direction: Mapped[Direction]
    kind: Mapped[LineKind]
    amount: Mapped[Decimal]
    balance: Mapped[Decimal]
    left_amount: Mapped[Decimal]
    period: Mapped[str | None]
    purpose: Mapped[str | None] = mapped_column(Sealed)
    counterparty_name: Mapped[str | None] = mapped_column(Sealed)
    counterparty_name_index: Mapped[str | None]
    counterparty_account: Mapped[str | None] = mapped_column(Sealed)
    counterparty_account_index: Mapped[str | None]
    wage_month: Mapped[str | None]
    """Of a payment of wages: the month for which it counts."""
    known: Mapped[bool]
    """Whether the same line is among the bank lines already."""
