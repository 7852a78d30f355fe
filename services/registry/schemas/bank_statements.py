"""Bodies of the bank's statements of deposits."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.registry.rules.bank_statements import StatementState
from services.registry.schemas.fields import Filter, Row


class StatementFilter(Filter):
    """Of which project or deposit, and how it stands."""

    project_id: UUID | None = None
    security_id: UUID | None = None
    state: StatementState | None = None
    late: bool | None = None
    """Whether its last day passed without it."""


class StatementOut(Row):
    """The bank's statement of a deposit for one period: owed, filed, or owed no more."""

    id: UUID
    security_id: UUID
    project_id: UUID
    from_on: date
    to_on: date
    due_on: date
    late: bool
    state: StatementState
    stated_on: date | None
    balance: Decimal | None
    interest: Decimal | None
    interest_owner_id: UUID | None
    """The organisation whose the interest is; null: there was none."""
    file_id: UUID | None
    """A kept file; `GET …/bank-statements/{id}/file` gives it."""
    file_kind: str | None
    file_size: int | None
    digest: str | None
    """sha256 of the file."""
    filed_by: str | None
    filed_at: datetime | None
