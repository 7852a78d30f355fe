"""Bodies of notices of a missed transfer."""

from datetime import date, datetime
from uuid import UUID

from services.payroll.rules.notices import CameFirst, NoticeKind
from services.payroll.schemas.fields import AccountNo, Body, Code, Filter, Name, Period, Row
from shared import clock


class BankNoticeIn(Body):
    """A bank tells that the labour cost of a period did not come to a wage account."""

    account_no: AccountNo
    period: Period
    told_on: clock.Day
    """The day on which the bank told the contractor."""
    told_to: Name | None = None
    """The unit or post that was told; no person's name."""
    reference: Code | None = None
    """The number of the letter."""


class ContractorReportIn(Body):
    """A contractor reports that the labour cost of a period did not come."""

    told_on: clock.Day
    """The day on which it reported to its authorities."""
    told_to: Name | None = None
    reference: Code | None = None


class NoticeFilter(Filter):
    """Which notices a list shows."""

    kind: NoticeKind | None = None
    obligation_id: UUID | None = None
    came_first: CameFirst | None = None


class NoticeOut(Row):
    """Who told of a missed transfer, and whether it had been found here before."""

    id: UUID
    kind: NoticeKind
    obligation_id: UUID
    bank_id: UUID | None
    told_on: date
    told_to: str | None
    reference: str | None
    came_first: CameFirst
    received_at: datetime
    received_from: str
