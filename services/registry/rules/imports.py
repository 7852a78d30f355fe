"""Lists that a county begins with, and what became of a file of them."""

from enum import StrEnum

from services.registry.rules.sightings import SightingSource


class ImportKind(StrEnum):
    """What a file lists: projects with parties and contracts, persons, or what others saw."""

    PROJECTS = "projects"
    PERSONS = "persons"
    APPROVALS = "approvals"
    PERMITS = "permits"
    TENDERS = "tenders"


SOURCES = {
    ImportKind.APPROVALS: SightingSource.APPROVAL,
    ImportKind.PERMITS: SightingSource.PERMIT,
    ImportKind.TENDERS: SightingSource.TENDER,
}
"""The kinds that tell of what others saw."""


class ImportState(StrEnum):
    """Whether a file was entered."""

    CHECKED = "checked"
    """Tried and found right; nothing was entered yet."""
    REFUSED = "refused"
    """With rows that are wrong: nothing was entered."""
    IMPORTED = "imported"
