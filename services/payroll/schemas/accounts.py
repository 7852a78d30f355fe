"""Bodies of wage accounts."""

from datetime import date, datetime
from uuid import UUID

from services.payroll.schemas.fields import AccountNo, Body, Code, Filter, Name, Row
from shared.pii import MaskedAccount


class WageAccountIn(Body):
    """A project's wage account (53号 art. 6)."""

    project_id: UUID
    source: Code
    """The code of the source that sends this account's lines."""
    account_no: AccountNo
    account_name: Name
    bank_name: Name
    opened_on: date


class WageAccountFilter(Filter):
    """Which wage accounts a list shows."""

    project_id: UUID | None = None


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
    changed_at: datetime
