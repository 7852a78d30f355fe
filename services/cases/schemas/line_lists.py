"""Lists of a case's workers in files, as they are shown."""

from datetime import datetime
from uuid import UUID

from services.cases.rules.case_people import LineListState
from services.cases.schemas.fields import OutBody, WordsOut


class LineListOut(OutBody):
    """What became of a file; accepted and rejected sum to its rows."""

    id: UUID
    case_id: UUID
    received_at: datetime
    received_by: str
    state: LineListState
    rows: int
    accepted: int
    rejected: int
    entered: int
    """Of those accepted, whom the case had no line of."""


class CellFindingOut(OutBody):
    """What is wrong, and where: a cell, a row (no column), or the file (row 0)."""

    place: str
    """As spreadsheets name it, `名册!C5`."""
    sheet: str
    row: int
    column: str
    code: str
    detail: WordsOut
    remedy: WordsOut | None


class LineListWithFindingsOut(LineListOut):
    """The same, with all findings."""

    findings: list[CellFindingOut]
