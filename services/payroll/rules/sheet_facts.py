"""What a sheet is checked with: its lines, the roster, other sheets, totals; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID


class Line(NamedTuple):
    """A line as it is checked. Days and amounts are None where the cell is empty or unreadable."""

    position: int
    id_index: str | None
    name_index: str | None
    card_index: str | None
    days: Decimal | None
    gross: Decimal | None
    deductions: Decimal | None
    net: Decimal | None
    earned: Decimal | None = None
    """The sum of the items of gross; None where the sheet has no such items."""
    withheld: Decimal | None = None
    """The sum of the items of deductions; None where the sheet has none."""
    late: Decimal | None = None
    """The sum of items that come on top of gross: their columns stand behind it."""
    unpaid: Decimal | None = None
    """What of it is left for later (未付)."""


class Laid(NamedTuple):
    """Lines as they are checked, and where in the file each stands: sheet and row."""

    lines: list[Line]
    places: dict[int, tuple[str, int]]


class OnRoster(NamedTuple):
    """What the roster of the project says of a worker in the period."""

    worker_id: UUID
    names: frozenset[str]
    """Blind indexes of the names that employers told."""
    has_contract: bool
    cards: frozenset[str]
    """Blind indexes of the worker's own cards."""
    spells: Sequence[tuple[date, date | None]]
    """First and last day of each stay at the project; None while it lasts."""
    attended: Decimal = Decimal(0)
    """Days attended in the period."""
    told: Mapping[str, Decimal] = {}
    """The days as each of those who told of them says, where there are several."""


@dataclass(frozen=True, slots=True)
class Total:
    """A row of totals: what it says of a field, and the lines that it may sum up."""

    sheet: str
    row: int
    column: str
    """In letters."""
    field: str
    said: Decimal
    first: int
    """The position of its table's first line."""
    since: int
    """That of the first line below the row of totals before it."""
    last: int
    """That of the last line above it; before `since` where there is none."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A line of another sheet of the same project and period that still counts."""

    sheet_id: UUID
    id_index: str | None
    card_index: str | None


@dataclass(frozen=True, slots=True)
class Against:
    """What a sheet is checked against."""

    period: str
    """YYYY-MM, as whoever sent it says."""
    today: date
    project_name: str
    roster: Mapping[str, OnRoster]
    """By blind index of the ID number."""
    said_periods: Sequence[str] = ()
    """As the file's title rows say."""
    said_project: str | None = None
    attendance: bool = False
    """Whether any attendance of the project is known for the period."""
    unheard_since: date | None = None
    """Nothing is known from this day of the period on: nobody told, or who should was silent."""
    absent: Sequence[OnRoster] = ()
    """Workers of the employer with attendance in the period."""
    elsewhere: Sequence[Elsewhere] = ()
    minimum: Decimal | None = None
    """The local minimum wage a month in yuan; None where the area has no row."""
    totals: Sequence[Total] = ()
    unsure: frozenset[str] = frozenset()
    """Fields of which a cell could not be read: their totals prove nothing."""
