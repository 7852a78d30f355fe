"""What a child says of a statement file: its lines, piece by piece, and in the end what it is.

Sums are whole fen, so that a hundred thousand of them cross as plain numbers.
"""

from datetime import date
from typing import NamedTuple

MOST_FLAWS = 100
MOST_OF_A_KIND = 20


class Said(NamedTuple):
    """One line, as the file says it; `position` counts lines from 1, in the file's order."""

    position: int
    row: int
    serial: str
    """The bank's number, or a digest of the line where the bank gives none."""
    day: date
    second: int
    """Of the Beijing day; 0 where no time is told."""
    incoming: bool
    reversed: bool
    """A negative amount in its column: the entry takes back what another one booked."""
    amount: int
    balance: int
    name: str
    account: str
    purpose: str


class Flaw(NamedTuple):
    """Something wrong at a cell (column from 0), by a code of `statement_findings`."""

    code: str
    row: int = 0
    column: int | None = None
    title: str = ""
    detail: str = ""
    """What the words of the code are filled with; never a value of the file."""


class Outcome(NamedTuple):
    """What the file as a whole is. `columns` say where a field stands, for later findings."""

    form: str = "table"
    sheet: str = ""
    columns: dict[str, tuple[int, str]] = {}
    account: str = ""
    """Its own account; stars where the file hides digits, empty where it names none."""
    account_at: tuple[int, int] = (0, 0)
    ascending: bool = True
    lines: int = 0
    first_row: int = 0
    last_row: int = 0
    from_day: date | None = None
    to_day: date | None = None
    opening: int = 0
    closing: int = 0
    serials: bool = True
    """Whether the bank numbers its lines."""
    flaws: list[Flaw] = []
    more: int = 0
    """How many flaws there are beside those told."""


class Refused(NamedTuple):
    """The file cannot be read at all; a code of `shared.tables.words`."""

    code: str
    place: str = ""


class Piece(NamedTuple):
    """Some lines, or the end."""

    lines: list[Said] = []
    outcome: Outcome | None = None
    refused: Refused | None = None


class Flaws:
    """Collects what is wrong: a bounded number of each kind, and how many there are."""

    def __init__(self) -> None:
        self.told: list[Flaw] = []
        self.more = self.count = 0
        self.kinds: dict[str, int] = {}

    def add(self, flaw: Flaw) -> None:
        """Keep a flaw, or count it where there are many like it."""
        self.count += 1
        seen = self.kinds[flaw.code] = self.kinds.get(flaw.code, 0) + 1
        if seen > MOST_OF_A_KIND or len(self.told) >= MOST_FLAWS:
            self.more += 1
        else:
            self.told.append(flaw)
