"""Reads xls: values by calamine, and a second look at the records for what it does not tell.

Calamine gives an error, a formula that nobody calculated and an empty cell all as an empty text,
and no number formats; and it says nothing of why a file behind a password cannot be read.
"""

import struct
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from shared.tables.cells import (
    BLANK,
    MOST_COLUMNS,
    UNCALCULATED,
    Cell,
    CellKind,
    Part,
    Row,
    SheetHead,
    Unreadable,
    place,
    shown,
)
from shared.tables.formats import GENERAL, Format, built_in, digits, read_format

_BATCH = 500
_FREE = 0xFFFFFFF0  # from here on a sector's number is a mark
_FAULTS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?"} | {
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_BOUND, _FILEPASS, _FORMAT, _XF, _EOF = 0x85, 0x2F, 0x41E, 0xE0, 0x0A
_FORMULA, _NUMBER, _RK, _MULRK, _BOOLERR = 0x06, 0x203, 0x27E, 0xBD, 0x205
_NEVER = 0x02  # of a formula: calculate when the file is opened


def parts(file: BinaryIO) -> Iterator[Part]:
    """Give the sheets and their rows that are not blank; raises Unreadable."""
    content = file.read()
    stream, notes = _stream(content)
    marks = _Marks(stream)
    file.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(file)
        sheets = [each for each in book.sheets_metadata if each.typ is SheetTypeEnum.WorkSheet]
        for said in sheets:
            head = SheetHead(said.name, said.visible is not SheetVisibleEnum.Visible)
            yield Part(sheet=head, notes=notes)
            notes = []
            yield from _rows(book, said.name, marks.of(said.name))
    except CalamineError:
        raise Unreadable("truncated") from None


def _rows(
    book: CalamineWorkbook, name: str, marks: dict[tuple[int, int], Cell | Format]
) -> Iterator[Part]:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_width > MOST_COLUMNS:
        raise Unreadable("too_wide", place(name, 1))
    rows: list[Row] = []
    # Iterated from the first row, whatever lies before the first that holds something.
    for number, values in enumerate(sheet.to_python(skip_empty_area=False)):
        cells = [_cell(value, marks.get((number, column))) for column, value in enumerate(values)]
        while cells and cells[-1] is BLANK:
            cells.pop()
        if cells:
            rows.append(Row(number + 1, cells))
        if len(rows) >= _BATCH:
            yield Part(rows=rows)
            rows = []
    if rows:
        yield Part(rows=rows)


def _cell(value: object, mark: Cell | Format | None) -> Cell:
    """Give a cell by its value, and by what the second look found there."""
    if isinstance(mark, Cell):
        return mark
    cell = BLANK
    if isinstance(value, str):
        text = shown(value)
        cell = Cell(CellKind.TEXT, text) if text else BLANK
    elif isinstance(value, bool):
        cell = Cell(CellKind.TRUTH, str(int(value)))
    elif isinstance(value, int | float):
        text = digits(repr(value).removesuffix(".0"))
        cell = Cell(CellKind.NUMBER, text, mark.unit if mark else 1)
    elif isinstance(value, datetime):
        whole = value + timedelta(microseconds=500_000)
        text = whole.replace(microsecond=0).isoformat()
        cell = Cell(CellKind.DATE, text.removesuffix("T00:00:00"))
    elif isinstance(value, date):
        cell = Cell(CellKind.DATE, value.isoformat())
    elif isinstance(value, time):
        cell = Cell(CellKind.TIME, value.replace(microsecond=0).isoformat())
    elif isinstance(value, timedelta):
        cell = Cell(CellKind.NUMBER, digits(repr(value.total_seconds() / 86_400)))
    return cell


def _stream(content: bytes) -> tuple[bytes, list[str]]:
    """Take the workbook's stream out of its container ([MS-CFB]), and say what else is there.

    Raises Unreadable.
    """
    try:
        container = _Container(content)
        return container.stream(), container.notes
    except (struct.error, IndexError):
        raise Unreadable("truncated") from None


class _Container:
    """A compound file: sectors, chained by a table of their own."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.notes: list[str] = []
        self.size = 1 << struct.unpack_from("<H", content, 30)[0]
        if self.size not in {512, 4096}:
            raise Unreadable("truncated")
        count, first = (
            struct.unpack_from("<I", content, 44)[0],
            list(struct.unpack_from("<109I", content, 76)),
        )
        more = struct.unpack_from("<I", content, 68)[0]
        seen = 0
        while more < _FREE and seen <= len(content) // self.size:
            sector = struct.unpack(f"<{self.size // 4}I", self._sector(more))
            first += sector[:-1]
            more, seen = sector[-1], seen + 1
        self.table: list[int] = []
        for number in first[:count]:
            self.table += struct.unpack(f"<{self.size // 4}I", self._sector(number))

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self.size
        found = self.content[start : start + self.size]
        if len(found) < self.size:
            raise Unreadable("truncated")
        return found

    def _chain(self, number: int) -> bytes:
        found: list[bytes] = []
        while number < _FREE:
            found.append(self._sector(number))
            if len(found) > len(self.table):
                raise Unreadable("truncated")
            number = self.table[number]
        return b"".join(found)

    def stream(self) -> bytes:
        """Give the workbook; a new file behind a password is such a container, too."""
        folder = self._chain(struct.unpack_from("<I", self.content, 48)[0])
        entries: dict[str, tuple[int, int]] = {}
        root = (0, 0)
        for at in range(0, len(folder), 128):
            length = struct.unpack_from("<H", folder, at + 64)[0]
            name = folder[at : at + max(0, length - 2)].decode("utf-16-le", "replace")
            where = struct.unpack_from("<II", folder, at + 116)
            entries[name] = where
            root = root if at else where
        if "EncryptedPackage" in entries:
            raise Unreadable("encrypted")
        if "_VBA_PROJECT_CUR" in entries:
            self.notes = ["macros"]
        found = entries.get("Workbook") or entries.get("Book")
        if not found:
            other = "WordDocument" in entries or "PowerPoint Document" in entries
            raise Unreadable("document" if other else "truncated")
        start, length = found
        if length >= struct.unpack_from("<I", self.content, 56)[0]:
            return self._chain(start)[:length]
        return self._small(self._chain(root[0]), start, length)

    def _small(self, mini: bytes, number: int, length: int) -> bytes:
        """Give a stream so short that it lies in pieces of 64 bytes."""
        table = self._chain(struct.unpack_from("<I", self.content, 60)[0])
        found = b""
        while number < _FREE and len(found) < length:
            found += mini[number * 64 : number * 64 + 64]
            number = struct.unpack_from("<I", table, number * 4)[0]
        return found[:length]


class _Marks:
    """What the records ([MS-XLS]) say that calamine does not: faults, and formats with a unit."""

    def __init__(self, stream: bytes) -> None:
        self.stream = stream
        self.starts: dict[str, int] = {}
        formats: dict[int, Format] = {}
        self.formats: list[Format] = []
        for kind, at, size in self._records(0):
            if kind == _FILEPASS:
                raise Unreadable("encrypted")
            if kind == _FORMAT:
                number = struct.unpack_from("<H", stream, at)[0]
                formats[number] = read_format(_name(stream, at + 2, wide=True))
            elif kind == _XF:
                number = struct.unpack_from("<H", stream, at + 2)[0]
                self.formats.append(formats.get(number) or built_in(number))
            elif kind == _BOUND and size > 7:  # noqa: PLR2004  [MS-XLS] 2.4.28
                start = struct.unpack_from("<I", stream, at)[0]
                self.starts[_name(stream, at + 6, wide=False)] = start

    def _records(self, at: int) -> Iterator[tuple[int, int, int]]:
        """Give the records of a part of the stream: kind, where its body is, how long."""
        while at + 4 <= len(self.stream):
            kind, size = struct.unpack_from("<HH", self.stream, at)
            if at + 4 + size > len(self.stream):
                raise Unreadable("truncated")
            yield kind, at + 4, size
            if kind == _EOF:
                return
            at += 4 + size
        raise Unreadable("truncated")

    def of(self, sheet: str) -> dict[tuple[int, int], Cell | Format]:
        """Give the marks of a sheet, by row and column from 0."""
        found: dict[tuple[int, int], Cell | Format] = {}
        if sheet not in self.starts:
            return found
        for kind, at, size in self._records(self.starts[sheet]):
            if kind in {_NUMBER, _RK, _FORMULA, _BOOLERR}:
                row, column, style = struct.unpack_from("<HHH", self.stream, at)
                self._note(found, row, column, style)
                fault = self._fault(kind, at)
                if fault:
                    found[row, column] = Cell(CellKind.FAULT, fault)
            elif kind == _MULRK:
                row, column = struct.unpack_from("<HH", self.stream, at)
                for n in range((size - 6) // 6):
                    style = struct.unpack_from("<H", self.stream, at + 4 + n * 6)[0]
                    self._note(found, row, column + n, style)
        return found

    def _note(
        self, found: dict[tuple[int, int], Cell | Format], row: int, column: int, style: int
    ) -> None:
        form = self.formats[style] if style < len(self.formats) else GENERAL
        if form.unit != 1:
            found[row, column] = form

    def _fault(self, kind: int, at: int) -> str | None:
        if kind == _BOOLERR:
            value, wrong = self.stream[at + 6 : at + 8]
            return _FAULTS.get(value, "#N/A") if wrong else None
        if kind != _FORMULA:
            return None
        result, flags = self.stream[at + 6 : at + 14], self.stream[at + 14]
        if result[6:] == b"\xff\xff" and result[0] == 2:  # noqa: PLR2004  [MS-XLS] 2.5.133
            return _FAULTS.get(result[2], "#N/A")
        # Programs that cannot calculate leave an empty text behind, or 0 and the wish to be opened.
        empty = result[6:] == b"\xff\xff" and result[0] == 3  # noqa: PLR2004  as above
        return UNCALCULATED if empty or (flags & _NEVER and result == bytes(8)) else None


def _name(stream: bytes, at: int, *, wide: bool) -> str:
    """Read a text of BIFF8: its length in one byte or two, a flag, letters of one byte or two."""
    count = struct.unpack_from("<H" if wide else "<B", stream, at)[0]
    at += 2 if wide else 1
    letters = stream[at + 1 : at + 1 + count * (2 if stream[at] & 1 else 1)]
    return letters.decode("utf-16-le" if stream[at] & 1 else "latin-1")
