"""Bodies of lists that came in files."""

from datetime import datetime
from uuid import UUID

from services.payroll.rules.lists import ListState
from services.payroll.schemas.feeds import KeptTextOut
from services.payroll.schemas.fields import Row


class FilledListOut(Row):
    """What became of a file; accepted and rejected sum to its rows."""

    id: UUID
    area_code: str
    received_at: datetime
    state: ListState
    rows: int
    accepted: int
    rejected: int


class CellFindingOut(Row):
    """What is wrong, and where: a cell, a row (no column), or the file (row 0)."""

    place: str
    """As spreadsheets name it, `专户!C5`."""
    sheet: str
    row: int
    column: str
    code: str
    detail: KeptTextOut
    remedy: KeptTextOut | None
