"""What became of a month's wages at a project, and by which day each employer owes them."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payroll.models.tables import Base, of
from services.payroll.rules.paydays import Because, MonthState, Owed


def _none() -> Mapped[int]:
    return mapped_column(default=0, server_default="0")


def _nothing() -> Mapped[Decimal]:
    return mapped_column(default=Decimal(0), server_default="0")


class PayMonth(Base):
    """A month of a project: who was there, who stands on a sheet, who was paid.

    Worked out by a poll from attendance, roster, sheets and what the bank said, whenever one of
    them was told something of the month; so a page of an area's projects reads rows.
    """

    __tablename__ = "pay_months"
    __table_args__ = (
        Index("uq_pay_months_period", "project_id", "period", unique=True),
        Index("ix_pay_months_order", "period", "id"),
        Index("ix_pay_months_touched", "id", postgresql_where=text("touched")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(of("projects.id"))
    period: Mapped[str]
    touched: Mapped[bool] = mapped_column(default=True, server_default="true")
    """Something was told of it since it was worked out."""
    looked_at: Mapped[datetime | None]
    attended: Mapped[int | None]
    """People whom gates or sheets of attendance saw; None: nobody told of anybody."""
    on_roster: Mapped[int] = _none()
    on_sheet: Mapped[int] = _none()
    """People on the sheets for which somebody stands."""
    on_sheet_total: Mapped[Decimal] = _nothing()
    settled: Mapped[int] = _none()
    """People with a line that is on the own account; and so on for what else became of lines."""
    settled_total: Mapped[Decimal] = _nothing()
    undisputed: Mapped[int] = _none()
    """Of the settled, those of whom nobody disputes a line."""
    undisputed_total: Mapped[Decimal] = _nothing()
    returned: Mapped[int] = _none()
    returned_total: Mapped[Decimal] = _nothing()
    pending: Mapped[int] = _none()
    """With the bank, which has not said the last word: not paid."""
    pending_total: Mapped[Decimal] = _nothing()
    held: Mapped[int] = _none()
    held_total: Mapped[Decimal] = _nothing()
    disputed: Mapped[int] = _none()
    disputed_total: Mapped[Decimal] = _nothing()
    attended_paid: Mapped[int | None]
    """Of those who attended, whose every line is settled."""
    state: Mapped[MonthState] = mapped_column(
        default=MonthState.OPEN, server_default=MonthState.OPEN.value
    )
    owed: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Somebody owes wages of it."""
    employer_id: Mapped[UUID | None]
    """Who holds the sheets: one that has submitted none, else the last that did."""
    submitted_on: Mapped[date | None]
    """The day on which the last of those who owe a sheet submitted it; None: not all did."""
    reviewed_on: Mapped[date | None]
    sent_on: Mapped[date | None]
    settled_on: Mapped[date | None]
    """The day of the last line; None: not every line of every sheet that is owed is settled."""

    @property
    def course(self) -> tuple[bool | UUID | date | None, ...]:
        """Give how far it has come, which is told when it moves."""
        return (
            self.owed,
            self.employer_id,
            self.submitted_on,
            self.reviewed_on,
            self.sent_on,
            self.settled_on,
        )


class Payday(Base):
    """The day by which an employer's wages of a month are to be paid (724号 art. 13, 14)."""

    __tablename__ = "paydays"
    __table_args__ = (
        Index("uq_paydays_employer", "month_id", "employer_id", unique=True),
        Index("ix_paydays_due", "due_on", postgresql_where=text("judged_on IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    month_id: Mapped[UUID] = mapped_column(of("pay_months.id"))
    project_id: Mapped[UUID] = mapped_column(of("projects.id"), index=True)
    employer_id: Mapped[UUID]
    period: Mapped[str]
    because: Mapped[Because]
    """By what it is known that people worked."""
    workers: Mapped[int]
    """0: by what is known now nobody did, and nothing is owed."""
    due_on: Mapped[date]
    policy_version: Mapped[int | None]
    """Of the row that named the day; None: the works contract did."""
    policy_area: Mapped[str | None]
    calendar_version: Mapped[str]
    judged_on: Mapped[date | None]
    """The day on which it was over and the bank's data up to it were there."""
    submitted_on: Mapped[date | None]
    settled_on: Mapped[date | None]
    """The day of the last line; None: not every line of its sheets is settled."""

    @property
    def owed(self) -> Owed:
        """Give it as rules take it."""
        return Owed(
            self.id,
            self.period,
            self.employer_id,
            self.workers,
            self.due_on,
            self.judged_on is not None,
            self.submitted_on,
            self.settled_on,
        )
