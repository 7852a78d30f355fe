"""Says what each row below a header of people is: data, a sum, a note, the header once more."""

from collections.abc import Callable, Collection

from services.payroll.adapters.sheet_types import COUNTS, MONEY
from services.payroll.adapters.sheet_words import (
    CAPITALS,
    CLOSES_SUM,
    NOTE,
    NOTHING,
    OPENS_SUM,
    PERSON,
    SECTION,
    WEEKDAYS,
)
from shared.tables import BLANK, Cell, CellKind, Row, RowClass, number, plain
from shared.tables.headers import Header, repeats

_ID_LENGTHS = (15, 18)
_LONG_DIGITS = 12
_CLEAR_NAME = 4


class RowSorter:
    """Knows one table's columns, and by them what its rows are."""

    def __init__(
        self, header: Header, columns: dict[str, int], days: Collection[int], money: Collection[int]
    ) -> None:
        self.repeated: Callable[[Row], bool] = repeats(header)
        self.name = columns.get("name", columns.get("holder", -1))
        self.id = columns.get("id_number", -1)
        self.serial = columns.get("serial", -1)
        self.days = days
        self.numbers = {
            *money, *(columns[name] for name in columns if name in MONEY | COUNTS), *days
        }  # fmt: skip
        self.texts = [
            columns[name] for name in ("id_number", "card_no", "phone") if name in columns
        ]

    def identified(self, row: Row) -> bool:
        """Say whether a row has somebody's identity where identities stand: it is data."""
        cells = row.cells
        identity = cells[self.id] if 0 <= self.id < len(cells) else BLANK
        text = identity.text
        if identity.kind is CellKind.NUMBER:
            return len(text) > _LONG_DIGITS
        return len(text) in _ID_LENGTHS and text[:-1].isdecimal()

    def sort(self, row: Row) -> RowClass:
        """Say what a row is that is not blank."""
        if self.identified(row):
            return RowClass.DATA
        if self.repeated(row):
            return RowClass.REPEAT
        if self.days and self._weekdays(row):
            return RowClass.HEADER
        return self._without_identity(row)

    def _weekdays(self, row: Row) -> bool:
        """Say whether a row tells the days' names below their numbers."""
        said = [text for column in self.days if (text := row.cell(column).text)]
        return len(said) > len(self.days) // 2 and all(plain(text) in WEEKDAYS for text in said)

    def _without_identity(self, row: Row) -> RowClass:
        filled = [cell for cell in row.cells if cell.kind is not CellKind.BLANK]
        texts = [cell for cell in filled if cell.kind is CellKind.TEXT]
        if self._sums(texts):
            return RowClass.TOTAL
        name = row.cell(self.name).text if self.name >= 0 else ""
        worth = any(_worth(row.cell(column)) for column in self.numbers)
        if name and name not in NOTHING:
            return self._named(row, name, texts, worth=worth, alone=len(filled) == 1)
        if worth and not any(NOTE.match(plain(cell.text)) for cell in texts):
            return RowClass.DATA
        known = sum(_numbered(row.cell(column)) for column in self.texts)
        return RowClass.DATA if known > 1 else RowClass.NOTE

    def _named(
        self, row: Row, name: str, texts: list[Cell], *, worth: bool, alone: bool
    ) -> RowClass:
        close = plain(name)
        if alone and (SECTION.fullmatch(close) or len(close) > _CLEAR_NAME):
            return RowClass.NOTE
        if worth:
            return RowClass.DATA
        if any(_label(cell.text) for cell in texts):
            return RowClass.NOTE
        if PERSON.fullmatch(close) and not NOTE.match(close):
            return RowClass.DATA
        known = any(_numbered(row.cell(column)) for column in self.texts)
        return RowClass.DATA if known else RowClass.NOTE

    def _sums(self, texts: list[Cell]) -> bool:
        """Say whether a row's first words, or all of one cell, are words of sums."""
        for n, cell in enumerate(texts[:3]):
            close = plain(cell.text)
            if n == 0 and OPENS_SUM.match(close):
                return True
            if n and OPENS_SUM.fullmatch(close):
                return True
            if CLOSES_SUM.search(close) or CAPITALS.search(close):
                return True
        return False


def _label(text: str) -> bool:
    close = plain(text)
    return bool(NOTE.match(close)) or ":" in close


def _numbered(cell: Cell) -> bool:
    """Say whether a cell holds a number of some kind, and no sentence."""
    return any(map(str.isdigit, cell.text)) and not _label(cell.text)


def _worth(cell: Cell) -> bool:
    """Say whether a cell of numbers holds one that is not nought, an error, or a mark."""
    if cell.kind is CellKind.NUMBER:
        return bool(float(cell.text))
    if cell.kind is CellKind.TEXT:
        if cell.text in NOTHING:
            return False
        found = number(cell)
        return bool(found[0]) if found else len(cell.text) == 1
    return cell.kind is not CellKind.BLANK
