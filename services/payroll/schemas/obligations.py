"""Bodies of obligations."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.payroll.rules.matching import MatchedAs
from services.payroll.rules.notices import CameFirst, ReportStanding
from services.payroll.rules.obligations import ObligationStatus
from services.payroll.rules.plans import ClosedReason
from services.payroll.schemas.fields import Filter, Period, Row
from shared import clock


class ObligationFilter(Filter):
    """Which obligations a list shows."""

    project_id: UUID | None = None
    developer_id: UUID | None = None
    period: Period | None = None
    status: ObligationStatus | None = None
    due_from: clock.Day | None = None
    due_to: clock.Day | None = None
    """Included."""
    report: ReportStanding | None = None
    """How the contractor stands with its own report of the miss: `awaited`, `overdue` or `given`;
    of what is missed and not paid since, for the first two."""


class ObligationOut(Row):
    """One expected transfer: what is owed by when, and what came."""

    id: UUID
    project_id: UUID
    works_contract_id: UUID
    account_id: UUID | None
    area_code: str
    developer_id: UUID
    contractor_id: UUID | None
    period: str
    due_on: date
    due_amount: Decimal
    credited_amount: Decimal
    on_time_amount: Decimal
    """What of it is dated on or before the due day."""
    lacking: Decimal
    status: ObligationStatus
    added_amount: Decimal
    """What of the amount the developer approved beside the contract's terms."""
    closed_reason: ClosedReason | None
    """Why it is owed no longer; null while it is."""
    missed_on: date | None
    """The day on which the miss was found; a later payment does not erase it."""
    bank_notice_at: datetime | None
    """When the bank told of the miss (724号 art. 27)."""
    contractor_report_at: datetime | None
    """When the contractor reported it."""
    report_overdue_on: date | None
    """Since when the contractor's report is overdue, or came too late; the law says 及时, how many
    working days that are is a policy of the area (`contractor_report`)."""
    told_first: CameFirst | None
    """What came first: the first of these two, or our own finding."""
    calendar_version: str
    changed_at: datetime


class CreditOut(Row):
    """Money that counts for an obligation, by the serial of its bank line."""

    line_id: UUID
    serial: str
    credited_on: date
    amount: Decimal
    decided_amount: Decimal
    """What of it two persons decided."""
    matched_as: list[MatchedAs]
    """How it was matched; several may be true."""
