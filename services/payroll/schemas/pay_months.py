"""Bodies of the monthly picture: who attended, stands on a sheet, was paid."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.payroll.rules.paydays import MonthState
from services.payroll.schemas.fields import AreaCode, Filter, Period, Row


class MonthFilter(Filter):
    """Which months of which projects; list and counts alike."""

    project_id: UUID | None = None
    period: Period | None = None
    area_code: AreaCode | None = None
    """This area and what lies in it."""
    developer_id: UUID | None = None
    contractor_id: UUID | None = None
    state: MonthState | None = None


class _Figures(Row):
    """People, and yuan of each. Paid is what is settled on the worker's own account."""

    attended_paid: int | None
    """Of those who attended, whose every line of the month is settled."""
    on_sheet: int
    on_sheet_total: Decimal
    settled: int
    settled_total: Decimal
    undisputed: int
    """Settled, and the worker disputes none of it."""
    undisputed_total: Decimal
    returned: int
    returned_total: Decimal
    pending: int
    """With the bank, which has not said the last word: not paid."""
    pending_total: Decimal
    held: int
    """Not sent: the card is missing, not the own, or was changed just now."""
    held_total: Decimal
    disputed: int
    disputed_total: Decimal
    paid_share: Decimal | None
    """Per cent of those who attended that are paid; null: nobody told of attendance."""
    settled_share: Decimal | None
    """Per cent of those on sheets that are settled; null: nobody is on one."""
    undisputed_share: Decimal | None


class MonthOut(_Figures):
    """How the wages of a month of a project stand."""

    id: UUID
    project_id: UUID
    project_name: str
    area_code: str
    developer_id: UUID
    contractor_id: UUID | None
    period: str
    state: MonthState
    """`not_submitted`: somebody owes a sheet; `unpaid`: all are there and a pay day is over."""
    attended: int | None
    """Null: nobody told of attendance, so that nobody can say."""
    on_roster: int
    submitted_on: date | None
    reviewed_on: date | None
    sent_on: date | None
    settled_on: date | None
    looked_at: datetime
    """When it was worked out."""


class MonthCounts(_Figures):
    """The same added up."""

    months: int
    projects: int
    months_open: int
    months_nobody: int
    months_not_submitted: int
    months_unpaid: int
    months_under_way: int
    months_paid: int
    """Every line of every sheet is settled (按月足额发放)."""
    attended: int
