"""Bodies of statement files."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.payroll.rules.statement_files import StatementStatus
from services.payroll.schemas.feeds import KeptFindingOut
from services.payroll.schemas.fields import Code, Filter, Row

# Of the file; a hundred thousand lines come to 5 MB as xlsx and to 15 MB as csv.
MOST_BYTES = 32 * 1024 * 1024
# What is larger is read in the background.
AT_ONCE = 256 * 1024


class StatementFileFilter(Filter):
    """Which files a list shows."""

    source: Code | None = None
    status: StatementStatus | None = None


class StatementFileOut(Row):
    """A statement file: how far it is read, and what became of it."""

    id: UUID
    source_id: UUID
    status: StatementStatus
    """`reading`: in the background; ask again. `refused`: nothing of it counts."""
    final: bool
    """Whether it closes its days for the source."""
    sha256: str
    size: int
    """In bytes."""
    received_at: datetime
    received_from: str
    lines_read: int
    """How many lines are read so far."""
    finished_at: datetime | None
    account_id: UUID | None
    from_day: date | None
    to_day: date | None
    opening: Decimal | None
    closing: Decimal | None
    lines: int
    fresh_lines: int
    """Lines that were not here before."""
    findings: list[KeptFindingOut]
    """Each with cell, row and column in its place and words, and what to do."""
    more_findings: int
    """How many findings there are beside those told."""
