"""Bodies of reserves: what a wage account holds, and for how long it lasts."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from services.payroll.rules.accounts import AccountMode, AccountStatus
from services.payroll.schemas.fields import AreaCode, Filter, Row


class ReserveFilter(Filter):
    """Whose accounts a list of reserves shows."""

    area_code: AreaCode | None = None
    """This area and what lies in it."""
    developer_id: UUID | None = None


class ReserveOut(Row):
    """What a project's wage account holds (人工费储存金), and for how many months it lasts."""

    account_id: UUID
    project_id: UUID
    project_name: str
    area_code: str
    developer_id: UUID
    contractor_id: UUID | None
    mode: AccountMode
    ledger_no: str | None
    status: AccountStatus
    balance: Decimal
    """In yuan: with what its first day began, and what came in, less what went out."""
    bank_balance: Decimal | None
    """What the bank told last. It differs only where a day was waived on which money moved."""
    account_balance: Decimal
    """What is on the whole account: on all its ledgers, where it has any."""
    fed_until: date
    """The last day through which the bank's data are complete."""
    average_payroll: Decimal | None
    """Wages a month, in yuan, over the closed months that had any; null if none had."""
    months_averaged: int
    months_covered: Decimal | None
    """Balance by average, to one decimal, rounded down."""


class MonthOut(Row):
    """What moved in a month, in yuan."""

    month: str
    came_in: Decimal
    went_out: Decimal
    payroll: Decimal
    """Wages paid for this month, less what came back."""
    payroll_lines: int
    """Payments of wages for this month."""
    returned_lines: int
    """Those of them that came back."""
    settled_share: Decimal | None
    """Per cent of them that did not come back; null if there was none."""


class ProjectReserveOut(ReserveOut):
    """A project's reserve with its months, oldest first."""

    months: list[MonthOut]
