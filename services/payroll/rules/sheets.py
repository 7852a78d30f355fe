"""A payroll sheet over its life: its steps, who may take them, and what a version changed; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class SheetStatus(StrEnum):
    """How far a sheet has come (domain 4, W3)."""

    CHECKED = "checked"
    """Read and checked; nobody stands for it yet."""
    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    SENT = "sent"
    """A batch to the bank was made of it."""
    ARCHIVED = "archived"
    """It counts no longer: sent back, superseded or moved. Nothing is deleted."""
    REFUSED = "refused"
    """The file could not be read as a sheet at all; it is kept to be looked at."""


STANDING = (
    SheetStatus.SUBMITTED,
    SheetStatus.REVIEWED,
    SheetStatus.APPROVED,
    SheetStatus.SENT,
)
"""One sheet of a project, employer, period and run may be there at a time."""
REPLACED = (SheetStatus.CHECKED, SheetStatus.SUBMITTED, SheetStatus.REVIEWED, SheetStatus.APPROVED)
"""What a correction takes the place of; what was sent is corrected by another run."""
RETURNED = (SheetStatus.SUBMITTED, SheetStatus.REVIEWED, SheetStatus.APPROVED)
"""From where a sheet can be sent back."""
REMAPPED = (SheetStatus.CHECKED, SheetStatus.REFUSED)
"""Where its columns can be read otherwise."""
MOVED = (SheetStatus.CHECKED, SheetStatus.SUBMITTED)
"""From where a sheet can be moved to another project, employer, period or run."""


class ArchiveCause(StrEnum):
    """Why a sheet counts no longer."""

    SENT_BACK = "sent_back"
    SUPERSEDED = "superseded"
    MOVED = "moved"


class Severity(StrEnum):
    """What a finding means; an area decides it by kind of finding."""

    ERROR = "error"
    """The sheet cannot be submitted while it stands."""
    WARNING = "warning"
    HINT = "hint"
    OFF = "off"
    """The area does not look at it."""


class Origin(StrEnum):
    """Who found it."""

    READING = "reading"
    """The reader of the file, at a cell; it stands until the file is read anew."""
    CHECK = "check"
    """A check against roster, policy and other sheets; made anew at each check."""


class Change(StrEnum):
    """What a version does to a line of the one before."""

    ADDED = "added"
    GONE = "gone"
    CHANGED = "changed"


HIDDEN = {"id_index": "id_number", "name_index": "name", "card_index": "card_no"}
"""Of personal values it is told only that they changed."""


class Compared(NamedTuple):
    """A line as it is compared with one of another version."""

    row: int
    values: Mapping[str, object]

    @property
    def key(self) -> object:
        """By what it is known again: the person, else the row."""
        return self.values["id_index"] or f"row {self.row}"


@dataclass(frozen=True, slots=True)
class Difference:
    """How a line differs: its row in either version, and the fields, with amounts as they were."""

    change: Change
    row: int | None
    former_row: int | None
    fields: Mapping[str, tuple[str | None, str | None] | None]
    """By field: what it was and is; None of a personal value, which changed and is not told."""


def differences(former: Sequence[Compared], present: Sequence[Compared]) -> Iterator[Difference]:
    """Give how the lines of a version differ from those of the one before, by person.

    A person with several lines is compared line by line in their order.
    """
    before: dict[object, list[Compared]] = {}
    for line in former:
        before.setdefault(line.key, []).append(line)
    for line in present:
        same = before.get(line.key)
        if not same:
            yield Difference(Change.ADDED, line.row, None, {})
            continue
        was = same.pop(0)
        if fields := _changed(was, line):
            yield Difference(Change.CHANGED, line.row, was.row, fields)
    for left in before.values():
        for line in left:
            yield Difference(Change.GONE, None, line.row, {})


def _changed(was: Compared, line: Compared) -> Mapping[str, tuple[str | None, str | None] | None]:
    found: dict[str, tuple[str | None, str | None] | None] = {}
    for name in sorted({*was.values, *line.values}):
        one, other = was.values.get(name), line.values.get(name)
        if one != other:
            found[HIDDEN.get(name, name)] = None if name in HIDDEN else (_said(one), _said(other))
    return found


def _said(value: object) -> str | None:
    return None if value is None else str(value)


def maker_is_checker(actor: str, *before: str | None) -> bool:
    """Say whether whoever takes a step took one before: maker is never checker."""
    return actor in before


def total(amounts: Sequence[Decimal | None]) -> Decimal:
    """Add up what is there."""
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


class Standing(NamedTuple):
    """A version of a sheet, as another one takes its place."""

    version: int
    status: SheetStatus


def takes_place_of(version: int, other: Standing) -> bool:
    """Say whether a version that is submitted ends another one."""
    return other.status in REPLACED and (other.version < version or other.status in STANDING)
