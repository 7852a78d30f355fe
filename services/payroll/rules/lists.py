"""Lists that come in files, and what became of a file of one."""

from enum import StrEnum


class ListState(StrEnum):
    """Whether a file was entered."""

    CHECKED = "checked"
    """Tried and found right; nothing was entered yet."""
    REFUSED = "refused"
    """With rows that are wrong: nothing was entered."""
    IMPORTED = "imported"
