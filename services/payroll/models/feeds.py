"""Sources, their days, and the batches and lines that came for them."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of
from services.payroll.rules.feeds import AWAITED, BatchStatus, FeedStatus
from services.payroll.rules.statements import Direction, LineKind
from shared import db
from shared.pii import Sealed

# When a day was delivered or waived, whichever came first; without end while it is neither.
THERE_AT = "COALESCE(LEAST(closed_at, waived_at), 'infinity'::timestamp with time zone)"


class Source(Base):
    """Who owes a feed for every calendar day: a bank, or one of its sending branches."""

    __tablename__ = "sources"
    __table_args__ = (Index("uq_sources_code", "code", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    bank_id: Mapped[UUID] = mapped_column(index=True)
    area_code: Mapped[str]
    expected_by: Mapped[str]
    """The Beijing time of day, `10:00`, by which a day's closing batch is owed."""
    expected_after_wd: Mapped[int]
    """So many working days after the day."""
    from_day: Mapped[date]
    expected_until: Mapped[date]
    """The last day that has its row."""
    fed_until: Mapped[date]
    """The last day up to which every day from `from_day` on is complete or waived."""


class BankFeed(db.Synced, Base):
    """A source's day: what is owed by when, and whether it is there."""

    __tablename__ = "bank_feeds"
    __table_args__ = (
        Index("uq_bank_feeds_day", "source_id", "day", unique=True),
        Index("ix_bank_feeds_order", "day", "id"),
        # Which days were not there yet at an instant: few, if it is not long ago.
        Index("ix_bank_feeds_there", "source_id", text(THERE_AT), "day"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(of("sources.id"))
    bank_id: Mapped[UUID]
    area_code: Mapped[str]
    day: Mapped[date]
    expected_at: Mapped[datetime]
    calendar_version: Mapped[str]
    status: Mapped[FeedStatus] = mapped_column(default=FeedStatus.EXPECTED)
    late_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    """When the closing batch came."""
    completed_at: Mapped[datetime | None]
    """When the day was complete with all days before it."""
    waived_at: Mapped[datetime | None]

    def be_late(self, at: datetime) -> bool:
        """Be late if nothing closed the day in time; say whether that is news."""
        if self.status is not FeedStatus.EXPECTED:
            return False
        self.status, self.late_at = FeedStatus.LATE, at
        return True

    def close(self, at: datetime) -> bool:
        """Take the closing batch; say whether the day still was awaited."""
        awaited = self.status in AWAITED
        # A waived day counted for those after it already, so nothing waits for it any more.
        waived = self.status is FeedStatus.WAIVED
        self.status = FeedStatus.COMPLETE if waived else FeedStatus.CLOSED
        self.closed_at = at
        self.completed_at = at if waived else None
        return awaited

    def complete(self, at: datetime) -> None:
        """Be complete, with every day before it."""
        if self.status is FeedStatus.CLOSED:
            self.status, self.completed_at = FeedStatus.COMPLETE, at

    def waive(self, at: datetime) -> None:
        """Be waited for no longer."""
        self.status, self.waived_at = FeedStatus.WAIVED, at


class FeedBatch(Base):
    """A batch as it came: accepted, or rejected with its findings and kept whole, sealed."""

    __tablename__ = "feed_batches"
    __table_args__ = (Index("uq_feed_batches_digest", "feed_id", "digest", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feed_id: Mapped[UUID] = mapped_column(of("bank_feeds.id"))
    digest: Mapped[str]
    received_at: Mapped[datetime]
    received_from: Mapped[str]
    final: Mapped[bool]
    accounts: Mapped[int]
    lines: Mapped[int]
    status: Mapped[BatchStatus]
    findings: Mapped[list[Any]]
    body: Mapped[str | None] = mapped_column(Sealed)
    """Only of a rejected one: what it said."""

    @property
    def content(self) -> dict[str, Any] | None:
        """Give what a rejected batch said; None of an accepted one, whose lines are bank lines."""
        said: dict[str, Any] | None = json.loads(self.body) if self.body else None
        return said


class Waiver(Base):
    """One person's word that a day's feed will not come; two different ones end the waiting."""

    __tablename__ = "waivers"
    __table_args__ = (Index("uq_waivers_person", "feed_id", "waived_by", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feed_id: Mapped[UUID] = mapped_column(of("bank_feeds.id"))
    reason: Mapped[str]
    waived_by: Mapped[str]
    waived_at: Mapped[datetime]
    completes: Mapped[bool]
    """Whether this was the second person's."""


class AccountDay(Base):
    """The balances of one account on one day, as its feed told them."""

    __tablename__ = "account_days"
    __table_args__ = (
        Index("uq_account_days_day", "source_id", "account_index", "day", unique=True),
        Index("ix_account_days_feed", "feed_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feed_id: Mapped[UUID] = mapped_column(of("bank_feeds.id"))
    source_id: Mapped[UUID]
    account_index: Mapped[str]
    day: Mapped[date]
    opening: Mapped[Decimal]
    closing: Mapped[Decimal]


class BankLine(Base):
    """A credit or debit of one account. Without `account_id` nobody has registered the account."""

    __tablename__ = "bank_lines"
    __table_args__ = (
        Index("uq_bank_lines_serial", "source_id", "account_index", "serial", unique=True),
        Index("ix_bank_lines_account", "account_id", "at"),
        Index("ix_bank_lines_order", "at", "id"),
        Index("ix_bank_lines_feed", "feed_id"),
        Index(
            "ix_bank_lines_unmatched",
            "source_id",
            "at",
            postgresql_where=text("account_id IS NULL"),
        ),
        Index(
            "ix_bank_lines_left",
            "account_id",
            postgresql_where=text("left_amount > 0"),
        ),
        Index("ix_bank_lines_id", "id"),
        Index(
            "ix_bank_lines_returned", "account_index", postgresql_where=text("kind = 'returned'")
        ),
        Index("ix_bank_lines_to_match", "id", postgresql_where=text("to_match")),
        Index("ix_bank_lines_counterparty_name", "counterparty_name_index"),
        Index("ix_bank_lines_counterparty_account", "counterparty_account_index"),
        {"postgresql_partition_by": "HASH (account_index)"},
    )

    account_index: Mapped[str] = mapped_column(primary_key=True)
    """Blind index of the account's number: known for every account, registered or not."""
    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(of("sources.id"))
    feed_id: Mapped[UUID] = mapped_column(of("bank_feeds.id"))
    account_id: Mapped[UUID | None] = mapped_column(of("wage_accounts.id"))
    account_no: Mapped[str | None] = mapped_column(Sealed)
    """Only where the account is not registered: people must be able to find whose it is."""
    day: Mapped[date]
    serial: Mapped[str]
    at: Mapped[datetime]
    direction: Mapped[Direction]
    kind: Mapped[LineKind] = mapped_column(server_default=LineKind.ORDINARY)
    """Whether it gives back what an earlier line had moved (退汇); the database's default is for
    older code that still runs beside this."""
    amount: Mapped[Decimal]
    balance: Mapped[Decimal]
    left_amount: Mapped[Decimal]
    """Money that no period could take; 0 of what went out."""
    period: Mapped[str | None]
    """The period that the purpose names."""
    purpose: Mapped[str | None] = mapped_column(Sealed)
    counterparty_name: Mapped[str | None] = mapped_column(Sealed)
    counterparty_name_index: Mapped[str | None]
    counterparty_account: Mapped[str | None] = mapped_column(Sealed)
    counterparty_account_index: Mapped[str | None]
    reference: Mapped[str | None]
    """The serial of the line that it takes back, if the bank names it."""
    to_match: Mapped[bool] = mapped_column(default=False, server_default="false")
    """A return that went out, and whose credit is to be looked for."""
    received_at: Mapped[datetime]
