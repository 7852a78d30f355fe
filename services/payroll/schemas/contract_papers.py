"""Bodies of the papers of labour contracts."""

from datetime import datetime
from uuid import UUID

from services.payroll.schemas.fields import Row
from shared.files import FileKind, Scan


class ContractPaperOut(Row):
    """A version of what was signed; the last one counts."""

    id: UUID
    contract_id: UUID
    version: int
    kind: FileKind
    size: int
    """In bytes."""
    sha256: str | None
    """Null: its time is over, and it was discarded."""
    scan: Scan
    """What a scanner for viruses said."""
    filed_at: datetime
    filed_by: str
