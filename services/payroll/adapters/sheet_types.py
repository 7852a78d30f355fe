"""What a child says of a list of workers: its tables, its rows by columns, what is wrong with them.

Sums are whole fen and counts of days are hundredths, so that ten thousand rows of them cross as
plain numbers; a table's rows cross column by column, because that is quickest to check.
"""

from typing import NamedTuple

from services.payroll.adapters.worker_words import LEAVE, PAY, PLACE, STAY, SUMS
from shared.tables import Refusal
from shared.tables.people import PERSON

MOST_ROWS = 50_000
MOST_FLAWS = 20_000

COUNTS = frozenset({
    "days", "hours", "overtime_hours", "overtime_days", "quantity", "rest_days", "leave_days",
    "absent_days", "due_days",
})  # fmt: skip
"""Fields that hold a count; in hundredths."""
DATES = frozenset({
    "entered_on", "left_on", "contract_start", "contract_end", "paid_on", "day",
})  # fmt: skip
MONEY = frozenset(SUMS)
TEXTS = frozenset(
    name for group in (PERSON, PLACE, STAY, PAY, LEAVE) for name in group
) - MONEY - COUNTS - DATES - {"serial", "signature", "period"}  # fmt: skip
"""Fields whose cells are taken as text; an identity, a card, a bank's code without any space."""

ERROR, WARNING, HINT = "error", "warning", "hint"
_WARNINGS = frozenset({
    "card_missing", "card_suspect", "phone_suspect", "days_too_many", "deduction_negative",
    "gross_differs", "days_differ", "column_advised", "sheet_hidden", "id_other", "birth_differs",
    "period_missing", "gross_missing", "days_twice", "formula_text", "file_links",
})  # fmt: skip
_HINTS = frozenset({"sheet_unread", "columns_unknown", "file_macros"})
_LIGHTER = {
    # An attendance sheet names people; who they are, the roster may know.
    ("attendance", "id_missing"): WARNING,
    ("attendance", "person_twice"): WARNING,
    ("roster", "card_twice"): WARNING,
}


def severity(kind: str, code: str) -> str:
    """Give how grave a code is in a list of this kind, before policy says otherwise."""
    if (kind, code) in _LIGHTER:
        return _LIGHTER[kind, code]
    return WARNING if code in _WARNINGS else HINT if code in _HINTS else ERROR


class Flaw(NamedTuple):
    """Something wrong at a cell (column from 0), by a code of `sheet_findings`."""

    code: str
    sheet: str = ""
    row: int = 0
    column: int | None = None
    field: str = ""
    title: str = ""
    detail: str = ""
    """What the words of the code are filled with; never what stands in a person's cell."""
    data: bool = False
    """Whether it stands in a row of data, so that a grave one rejects that row."""


class Item(NamedTuple):
    """A column of money that no field claims: what is added (`+`), or taken off (`-`)."""

    column: int
    title: str
    sign: str


class TableSaid(NamedTuple):
    """A table as it was found: where its header stands and what its columns are."""

    number: int
    sheet: str
    header: tuple[int, int]
    columns: dict[str, tuple[int, str]]
    items: list[Item] = []
    unknown: list[tuple[int, str]] = []
    days: dict[int, int] = {}
    """Columns of a month's days."""
    digest: str = ""
    """Of its titles: by it a mapping is remembered."""


class Lines(NamedTuple):
    """Rows of data of one table, column by column; None where a cell is empty or unreadable."""

    table: int
    rows: list[int]
    texts: dict[str, list[str | None]] = {}
    sums: dict[str, list[int | None]] = {}
    items: dict[int, list[int | None]] = {}
    marks: list[dict[int, int]] = []
    """Of attendance: by day of the month, hundredths of a day."""


class Said(NamedTuple):
    """Something that title rows say: `project`, `period` (`2026-03`) …; a place, a text."""

    name: str
    text: str
    sheet: str
    row: int
    column: int


class Sum(NamedTuple):
    """A control total as a row of sums tells it, in fen or hundredths."""

    field: str
    value: int
    sheet: str
    row: int
    column: int


class Ended(NamedTuple):
    """What the file as a whole is."""

    said: list[Said] = []
    sums: list[Sum] = []
    rows: int = 0
    """Of data."""
    rejected: int = 0
    more: int = 0
    """How many flaws there are beside those told."""


class Piece(NamedTuple):
    """A piece of a list as it is read; the last one has `ended` or `refused`."""

    table: TableSaid | None = None
    lines: Lines | None = None
    classes: list[tuple[str, int, str]] = []
    """Of rows that are not data: sheet, row, class."""
    flaws: list[Flaw] = []
    ended: Ended | None = None
    refused: Refusal | None = None


class Given(NamedTuple):
    """A mapping by which somebody replaced what was found by name."""

    columns: dict[str, int]
    """Columns by field; a field that is not in it has no column."""
    digest: str = ""
    """Of the titles for which it holds; empty: of every table."""
    sheet: str = ""
    header: tuple[int, int] | None = None
    """Where the header stands, in a file whose header was not recognised."""
