"""Bodies of attendance sheets."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.payroll.rules.attendance_sheets import AttendanceSheetState
from services.payroll.rules.sheets import Severity
from services.payroll.schemas.feeds import KeptTextOut
from services.payroll.schemas.fields import Body, Filter, Row
from services.payroll.schemas.sheets import Month


class AttendanceSheetFormIn(Body):
    """What is said beside a file."""

    period: Month
    employer_id: UUID | None = None
    """Whose workers; left out: one's own, else the contractor's."""


class AttendanceSheetFilter(Filter):
    """Which sheets a list shows."""

    project_id: UUID | None = None
    employer_id: UUID | None = None
    period: Month | None = None
    state: AttendanceSheetState | None = None


class AttendanceFindingOut(Row):
    """Something found in a sheet, with its cell and what to do."""

    place: str
    """As spreadsheets name it, `考勤!E12`; `sheet`: the file as a whole."""
    code: str
    severity: Severity
    sheet: str
    row: int
    column: str
    field: str
    detail: KeptTextOut
    remedy: KeptTextOut | None
    compared: dict[str, Any]
    """Days that were compared, and ids of workers."""


class AttendanceSheetOut(Row):
    """A month's attendance in a file; accepted and rejected rows sum to those of data."""

    id: UUID
    project_id: UUID
    employer_id: UUID
    period: str
    version: int
    """From 1; 0 of a file of which nothing was taken."""
    state: AttendanceSheetState
    columns: list[Any]
    rows: int
    accepted: int
    rejected: int
    row_counts: dict[str, Any]
    days: Decimal
    """All days that count, of all people."""
    errors: int
    warnings: int
    hints: int
    made_by: str
    made_at: datetime
    replaced_at: datetime | None
    replaces_id: UUID | None


class AttendanceSheetWithFindingsOut(AttendanceSheetOut):
    """The same, with all that was found in it."""

    findings: list[AttendanceFindingOut]
