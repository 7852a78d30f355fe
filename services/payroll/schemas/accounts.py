"""Bodies of wage accounts."""

from datetime import date, datetime
from uuid import UUID

from services.payroll.rules.accounts import AccountMode, AccountStatus, CloseReason
from services.payroll.schemas.fields import AccountNo, Body, Code, Filter, Name, Row
from shared import clock
from shared.pii import MaskedAccount


class WageAccountIn(Body):
    """A project's wage account (53号 art. 6)."""

    project_id: UUID
    source: Code
    """The code of the source that sends this account's lines."""
    account_no: AccountNo
    account_name: Name
    bank_name: Name
    opened_on: clock.Day
    pending: bool = False
    """The bank has not opened it yet; `opened_on` is the day on which it will."""
    ledger_no: Code | None = None
    """The ledger of this project, where one account serves several (53号 art. 6)."""
    agreement_on: clock.Day | None = None
    """When developer, contractor and bank signed their agreement (三方协议)."""
    filed_on: clock.Day | None = None
    """When it was filed with the authority that supervises it."""


class WageAccountFilter(Filter):
    """Which wage accounts a list shows."""

    project_id: UUID | None = None
    status: AccountStatus | None = None


class WageAccountOut(Row):
    """A wage account; its number is masked."""

    id: UUID
    project_id: UUID
    source_id: UUID
    area_code: str
    developer_id: UUID
    contractor_id: UUID | None
    account_no: MaskedAccount
    account_name: str
    bank_name: str
    opened_on: date
    """While it is pending: the day on which the bank will open it."""
    mode: AccountMode
    ledger_no: str | None
    status: AccountStatus
    agreement_on: date | None
    agreement_ref: str | None
    filed_on: date | None
    filing_ref: str | None
    used_since: date | None
    noticed_on: date | None
    close_reason: CloseReason | None
    closed_on: date | None
    changed_at: datetime
