"""What a table consists of: cells, rows, sheets; and one spelling of what people type."""

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

MOST_COLUMNS = 400


class CellKind(StrEnum):
    """What a cell holds, as the file says; text may still spell a number or a day."""

    BLANK = "blank"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    """`2026-01-05`, with a time of day `2026-01-05T10:20:30`."""
    TIME = "time"
    TRUTH = "truth"
    FAULT = "fault"
    """An error (`#REF!`), or a formula that nobody has calculated (`=`)."""


class Cell(NamedTuple):
    """A typed cell. `unit` is 10,000 where its number format writes 万元 behind the number."""

    kind: CellKind
    text: str
    """Numbers with all their digits, no grouping; days in ISO 8601; text trimmed."""
    unit: int = 1

    @property
    def damaged(self) -> bool:
        """Say whether a long number lost digits: a spreadsheet keeps fifteen of them."""
        return self.kind is CellKind.NUMBER and len(self.text.lstrip("-").split(".")[0]) > 15  # noqa: PLR2004


BLANK = Cell(CellKind.BLANK, "")
UNCALCULATED = "="


class Row(NamedTuple):
    """A row with its number as people see it, from 1; what is behind its last cell is blank."""

    number: int
    cells: list[Cell]

    def cell(self, column: int) -> Cell:
        """Give the cell of a column, from 0."""
        return self.cells[column] if column < len(self.cells) else BLANK

    @property
    def blank(self) -> bool:
        """Say whether nothing stands in it."""
        return all(cell.kind is CellKind.BLANK for cell in self.cells)


class RowClass(StrEnum):
    """What a row is to its table."""

    HEADER = "header"
    DATA = "data"
    TOTAL = "total"
    NOTE = "note"
    REPEAT = "repeat"
    """The header once more, as on each printed page."""
    BLANK = "blank"


class SheetHead(NamedTuple):
    """What is said of a sheet before its rows; text files have one sheet without a name."""

    name: str
    hidden: bool = False


class Refusal(NamedTuple):
    """Why a file cannot be read: a code of `words.REFUSALS`, and where, as far as it is known."""

    code: str
    place: str = ""


class Unreadable(Exception):
    """Raised by readers; it ends as a `Refusal`."""

    def __init__(self, code: str, place: str = "") -> None:
        """Take the refusal's code and place."""
        super().__init__(code)
        self.refusal = Refusal(code, place)


class Part(NamedTuple):
    """A piece of a book as it is read: a sheet begins, some of its rows, or the end of it all."""

    sheet: SheetHead | None = None
    rows: list[Row] = []
    refusal: Refusal | None = None
    notes: list[str] = []
    """What else the book carries, told with its first sheet: `macros`, `links` to other books."""


@dataclass(slots=True)
class Sheet:
    """A sheet with all its rows that are not blank."""

    name: str
    hidden: bool
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Book:
    """What was read of a file; with a refusal, as far as it could be read."""

    sheets: list[Sheet] = field(default_factory=list)
    refusal: Refusal | None = None


def column_name(column: int) -> str:
    """Give a column's letters: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def column_number(name: str) -> int:
    """Give a column by its letters: A is 0, AA is 26."""
    column = 0
    for letter in name:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def place(sheet: str, row: int, column: int | None = None) -> str:
    """Name a cell as spreadsheets do, `明细!E12`; a row without a column is `明细!12`."""
    where = f"{column_name(column) if column is not None else ''}{row}"
    return f"{sheet}!{where}" if sheet else where


# Spaces that nobody sees, and marks that programs put before text to keep it text.
_UNSEEN = dict.fromkeys(
    [*range(0x20), 0x7F, 0xA0, 0xAD, 0x3000, *range(0x200B, 0x2010), 0x2028, 0x2029, 0x2060, 0xFEFF]
)
_SPACES = dict.fromkeys((9, 10, 11, 12, 13, 160, 12288, 8232, 8233), " ")
_CONTROL: dict[int, Any] = _UNSEEN | _SPACES


def shown(text: str) -> str:
    """Give a text as one line without what nobody sees; its letters stay as they are."""
    # Printable is what has no space but the common one, nothing of no width, no control.
    if text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(text.translate(_CONTROL).split())


def plain(text: str) -> str:
    """Give a text in half width, without any space: for comparing with words, numbers, days."""
    if text.isascii() and text.isalnum():
        return text
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_CONTROL)
    return _GAPS.sub("", text)


_GAPS = re.compile(r"\s+")
