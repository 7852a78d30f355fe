"""Pages that call themselves spreadsheets: the tables of an HTML document, one sheet each."""

import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import BinaryIO

from shared.tables.cells import BLANK, MOST_COLUMNS, Cell, CellKind, Row, Unreadable
from shared.tables.cells import shown as one_line
from shared.tables.text import encoding_of, is_fault

_CHUNK = 1 << 16
_CHARSET = re.compile(rb"charset=[\"']?(gb2312|gbk|gb18030|utf-8)", re.IGNORECASE)
_HIDDEN = {"script", "style", "head", "title"}
_SPAN = 200


class _Tables(HTMLParser):
    """Collects rows; a table within a cell ends as rows of its own, as browsers show them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[tuple[int, Row]] = []
        self.table = self.number = self.quiet = self.open_tables = 0
        self.cells: list[Cell] | None = None
        self.words: list[str] | None = None
        self.span = (1, 1)
        self.below: dict[int, int] = {}

    def start(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self.quiet += 1
        elif tag == "table":
            self.table, self.number = self.table + 1, 0
            self.open_tables += 1
            self.below.clear()
        elif tag == "tr":
            self._end_row()
            self.cells, self.number = [], self.number + 1
        elif tag in {"td", "th"} and self.cells is not None:
            self._end_cell()
            said = dict(attrs)
            self.words = []
            self.span = (_whole(said.get("colspan")), _whole(said.get("rowspan")))
        elif tag == "br" and self.words is not None:
            self.words.append(" ")

    def end(self, tag: str) -> None:
        if tag in _HIDDEN:
            self.quiet = max(0, self.quiet - 1)
        elif tag in {"td", "th"}:
            self._end_cell()
        elif tag in {"tr", "table"}:
            self._end_row()
            self.open_tables -= tag == "table"

    def say(self, data: str) -> None:
        if self.words is not None and not self.quiet:
            self.words.append(data)

    # The library calls them by these names.
    handle_starttag, handle_endtag, handle_data = start, end, say

    def _end_cell(self) -> None:
        if self.words is None or self.cells is None:
            return
        self._fill_from_above()
        text = one_line("".join(self.words))
        self.words = None
        wide, high = self.span
        at = len(self.cells)
        kind = CellKind.FAULT if text and is_fault(text) else CellKind.TEXT
        self.cells.append(Cell(kind, text) if text else BLANK)
        self.cells.extend([BLANK] * (wide - 1))
        if high > 1:
            self.below |= dict.fromkeys(range(at, at + wide), high - 1)
        if len(self.cells) > MOST_COLUMNS:
            raise Unreadable("too_wide", str(self.number))

    def _fill_from_above(self) -> None:
        """Leave the places free that a cell of an earlier row reaches into."""
        cells = self.cells
        while cells is not None and self.below.get(len(cells), 0):
            self.below[len(cells)] -= 1
            cells.append(BLANK)

    def _end_row(self) -> None:
        self._end_cell()
        if self.cells is None:
            return
        self._fill_from_above()
        if any(cell is not BLANK for cell in self.cells):
            self.rows.append((self.table, Row(self.number, self.cells)))
        self.cells = None


def _whole(said: str | None) -> int:
    return min(int(said), _SPAN) if said and said.isdecimal() and int(said) else 1


def rows(file: BinaryIO) -> Iterator[tuple[int, Row]]:
    """Give the rows that are not blank, each with its table's number; raises Unreadable."""
    named = _CHARSET.search(file.read(4096))
    file.seek(0)
    encoding = encoding_of(file)
    if named and encoding == "gb18030" and named[1].lower() == b"utf-8":
        raise Unreadable("encoding_unknown")
    reader = _Tables()
    text = io.TextIOWrapper(file, encoding)
    while chunk := text.read(_CHUNK):
        reader.feed(chunk)
        yield from reader.rows
        reader.rows.clear()
    reader.close()
    yield from reader.rows
    if reader.open_tables:
        raise Unreadable("truncated")
