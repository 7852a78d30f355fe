"""Bodies of rosters in files."""

from uuid import UUID

from services.payroll.schemas.lists import CellFindingOut, FilledListOut


class RosterListOut(FilledListOut):
    """What became of a file; accepted and rejected sum to its rows."""

    project_id: UUID
    employer_id: UUID
    entered: int
    """Workers who were new on the roster."""


class RosterListWithFindingsOut(RosterListOut):
    """The same, with all findings."""

    findings: list[CellFindingOut]
    warnings: list[CellFindingOut]
    """What is odd, at its cells; it keeps nobody out."""
