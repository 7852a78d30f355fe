"""Bodies of the papers of deposits."""

from datetime import date, datetime
from uuid import UUID

from services.registry.rules.deposit_papers import PaperKind
from services.registry.schemas.fields import Body, Filter, Name, Row


class PaperFilter(Filter):
    """Of which project or deposit, and what it shows."""

    project_id: UUID | None = None
    security_id: UUID | None = None
    kind: PaperKind | None = None


class PaperWithdrawalIn(Body):
    """Why a paper shows nothing after all."""

    reason: Name


class PaperOut(Row):
    """A version of a deposit's agreement, or of what shows that its account is marked."""

    id: UUID
    security_id: UUID
    project_id: UUID
    kind: PaperKind
    version: int
    """The highest one counts; those before it stay to be read."""
    dated_on: date
    """The day on which it was signed, or on which the bank marked the account."""
    told_by: str
    """Which office of the bank signed it, or says so."""
    file_kind: str
    """A kept file; `GET …/deposit-papers/{id}/file` gives it."""
    file_size: int
    digest: str
    """sha256 of the file."""
    filed_by: str
    filed_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawn_why: str | None
