"""Bodies of imported files."""

from datetime import datetime
from uuid import UUID

from services.registry.rules.imports import ImportKind, ImportState
from services.registry.schemas.fields import Filter, Row


class ImportFilter(Filter):
    """Which imports a list shows."""

    kind: ImportKind | None = None
    state: ImportState | None = None


class KeptTextOut(Row):
    """A sentence in both languages."""

    zh: str
    en: str


class CellFindingOut(Row):
    """What is wrong, and where: a cell, a row (no column), or the file (row 0)."""

    place: str
    """As spreadsheets name it, `项目!C5`."""
    sheet: str
    row: int
    column: str
    code: str
    detail: KeptTextOut
    remedy: KeptTextOut | None


class ImportOut(Row):
    """What became of a file; accepted and rejected sum to its rows."""

    id: UUID
    kind: ImportKind
    area_code: str
    digest: str
    """SHA-256 of the file, in hex."""
    received_at: datetime
    state: ImportState
    rows: int
    accepted: int
    rejected: int
    entered: int
    """Rows that were new; the other rows of an import stood there already."""


class ImportWithFindingsOut(ImportOut):
    """The same, with all findings."""

    findings: list[CellFindingOut]
