"""Reads xlsx from its XML, a row at a time, in constant memory.

Errors, formulas that nobody calculated, number formats and hidden sheets stand in the XML alone,
and one look at it finds them together with the values (decision 0015).
"""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import BinaryIO
from xml.parsers import expat  # declarations, with which all attacks begin, are refused

from shared.tables import formats, xlsx_quick, zipped
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
from shared.tables.formats import GENERAL, Format, Shape, built_in, digits, read_format

_CHUNK = 1 << 16
_MOST_PARTS, _MOST_BYTES = 2_000, 700 << 20
_RATIO, _SMALL = 250, 20 << 20  # a sheet of equal rows packs 100 to 1, a bomb 1000 to 1
_MOST_STRINGS, _BATCH = 2_000_000, 500
_NIGHT = "T00:00:00"

_Start = Callable[[str, dict[str, str]], None]
_End = Callable[[str], object]


class _Names(dict[str, str]):
    """Names of elements without the prefix of their namespace."""

    def __missing__(self, name: str) -> str:
        self[name] = bare = name.rpartition(":")[2]
        return bare


def _parser(start: _Start, end: _End, text: Callable[[str], object]) -> expat.XMLParserType:
    """Make a parser that refuses declarations; `start` and `end` get names without prefix."""
    parser = expat.ParserCreate()
    names = _Names()

    def refuse(*_: object) -> None:
        raise Unreadable("xml_hostile")

    parser.StartDoctypeDeclHandler = refuse
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, said: start(names[name], said)
    parser.EndElementHandler = lambda name: end(names[name])
    parser.CharacterDataHandler = text
    return parser


@contextmanager
def _archive(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """Open the archive after a look at what it claims; what breaks while it is read is told."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_BYTES:
                raise Unreadable("bomb")
            for part in parts:
                if part.flag_bits & 1:
                    raise Unreadable("encrypted")
                if part.file_size > max(_SMALL, _RATIO * part.compress_size):
                    raise Unreadable("bomb")
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, expat.ExpatError, NotImplementedError):
        raise Unreadable("truncated") from None
    except (LookupError, ValueError, OverflowError):
        raise Unreadable("workbook_broken") from None


def _walk(archive: zipfile.ZipFile, name: str, start: _Start, end: _End = str) -> None:
    """Read a whole small part."""
    list(_stream(archive, name, _parser(start, end, lambda text: None)))


def _stream(archive: zipfile.ZipFile, name: str, parser: expat.XMLParserType) -> Iterator[None]:
    """Feed a part to a parser, with a stop after each piece."""
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK):
            parser.Parse(chunk)
            yield
    parser.Parse(b"", True)  # noqa: FBT003  expat's own way to say that this is the end
    yield


class _Workbook:
    """What is said of all sheets: their names and parts, shared strings, formats, day zero."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.names = {name.lower(): name for name in archive.namelist()}
        if foreign := zipped.foreign(self.names):
            raise Unreadable(foreign)
        self.sheets: list[tuple[SheetHead, str]] = []
        self.zero = datetime(1899, 12, 30)  # noqa: DTZ001  a day of a table has no zone
        self._read_sheets()
        self.formats = self._read_formats()
        self.shaped = {str(n) for n, form in enumerate(self.formats) if form != GENERAL}
        self.strings = self._read_strings()
        self.numbers = formats.Numbers()

    def _part(self, name: str) -> str:
        """Give a part's name as the archive spells it."""
        return self.names[name.lstrip("/").lower()]

    def quick(self, name: str, opens: bytes) -> bool:
        """Say whether a part is spelled so that patterns find what is in it."""
        with self.archive.open(self.names.get(name.lower(), name)) as part:
            return xlsx_quick.is_quick(part.read(xlsx_quick.CHUNK), opens)

    def _read_sheets(self) -> None:
        targets: dict[str, str] = {}

        def relation(name: str, said: dict[str, str]) -> None:
            if name == "Relationship" and said.get("Type", "").endswith("/worksheet"):
                target = said["Target"]
                targets[said["Id"]] = target if target.startswith("/") else f"xl/{target}"

        def sheet(name: str, said: dict[str, str]) -> None:
            bare = {key.rpartition(":")[2]: value for key, value in said.items()}
            if name == "sheet" and bare["id"] in targets:
                head = SheetHead(bare["name"], bare.get("state", "visible") != "visible")
                self.sheets.append((head, self._part(targets[bare["id"]])))
            elif name == "workbookPr" and bare.get("date1904") in {"1", "true"}:
                self.zero = datetime(1904, 1, 1)  # noqa: DTZ001  as above

        _walk(self.archive, self._part("xl/_rels/workbook.xml.rels"), relation)
        _walk(self.archive, self._part("xl/workbook.xml"), sheet)

    def _read_formats(self) -> list[Format]:
        own: dict[int, Format] = {}
        formats: list[Format] = []
        within = [""]

        def start(name: str, said: dict[str, str]) -> None:
            if name == "numFmt":
                own[int(said["numFmtId"])] = read_format(said["formatCode"])
            elif name == "cellXfs":
                within[0] = name
            elif name == "xf" and within[0]:
                number = int(said.get("numFmtId", "0"))
                formats.append(own.get(number) or built_in(number))

        def end(name: str) -> None:
            if name == "cellXfs":
                within[0] = ""

        if "xl/styles.xml" in self.names:
            _walk(self.archive, self._part("xl/styles.xml"), start, end)
        return formats

    def _read_strings(self) -> list[Cell]:
        name = "xl/sharedstrings.xml"
        if name not in self.names:
            return []
        reader = _Strings()
        if self.quick(name, b"<si"):
            with self.archive.open(self._part(name)) as part:
                for text in xlsx_quick.strings(part, reader.spelled):
                    reader.keep(text)
        else:
            list(_stream(self.archive, self._part(name), reader.parser()))
        return reader.strings


class _Strings:
    """Takes the elements of shared strings; how one is read aloud is no part of it."""

    def __init__(self) -> None:
        self.strings: list[Cell] = []
        self.words: list[str] = []
        self.quiet = 0

    def parser(self) -> expat.XMLParserType:
        return _parser(self.start, self.end, self.say)

    def spelled(self, string: str) -> str:
        """Read one of several pieces."""
        self.parser().Parse(string, True)  # noqa: FBT003  as above
        return self.strings.pop().text

    def keep(self, text: str) -> None:
        self.strings.append(_text(text))
        if len(self.strings) > _MOST_STRINGS:
            raise Unreadable("bomb")

    def start(self, name: str, said: dict[str, str]) -> None:
        if name == "si":
            self.words.clear()
        elif name == "rPh":
            self.quiet += 1

    def end(self, name: str) -> None:
        if name == "si":
            self.keep("".join(self.words))
        elif name == "rPh":
            self.quiet -= 1

    def say(self, text: str) -> None:
        if not self.quiet:
            self.words.append(text)


def _text(value: str) -> Cell:
    text = shown(value)
    return Cell(CellKind.TEXT, text) if text else BLANK


class _Sheet:
    """Takes a sheet's elements and gives its rows."""

    def __init__(self, book: _Workbook, name: str) -> None:
        self.book, self.name = book, name
        self.rows: list[Row] = []
        self.number = 0
        self.cells: list[Cell] = []
        self.words: list[str] = []
        self.value = ""
        self.kind, self.style, self.column = "n", 0, 0
        self.formula = self.told = False
        self.quiet = 0
        self.columns: dict[str, int] = {}
        self.made: dict[str, Callable[[str], Cell]] = {
            "n": self._number,
            "s": lambda value: book.strings[int(value)],
            "str": _text,
            "inlineStr": _text,
            "b": lambda value: Cell(CellKind.TRUTH, value),
            "e": lambda value: Cell(CellKind.FAULT, value),
            "d": lambda value: Cell(CellKind.DATE, value.removesuffix("Z").removesuffix(_NIGHT)),
        }
        self.parser = _parser(self.start, self.end, self.words.append)

    def take(self, number: int, cells: list[tuple[str, str, str, str, str, str]]) -> None:
        """Take a row as patterns found it."""
        self.number = number or self.number + 1
        row = self.cells = list[Cell]()
        book, columns = self.book, self.columns
        strings, shaped, numbers = book.strings, book.shaped, book.numbers
        for letters, style, kind, formula, value, _ in cells:
            self.column = columns[letters] if letters in columns else self._column(letters)
            if kind == "s" and value:
                cell = strings[int(value)]
            elif not kind and value and style not in shaped:
                cell = numbers[value]
            else:
                self.style, self.formula = int(style or 0), bool(formula)
                self.kind, self.value, self.told = kind or "n", value, bool(value)
                cell = self._cell()
            if cell is BLANK:
                continue
            if self.column == len(row) < MOST_COLUMNS:
                row.append(cell)
            else:
                self._put(cell)
        if row:
            self.rows.append(Row(self.number, row))

    def spelled(self, row: str) -> None:
        """Take a row by the XML parser: its cells are spelled as few programs do."""
        _parser(self.start, self.end, self.words.append).Parse(row, True)  # noqa: FBT003

    def start(self, name: str, said: dict[str, str]) -> None:
        if name == "c":
            self.column = self._column(said.get("r"))
            self.kind = said.get("t", "n")
            self.style = int(said.get("s", "0"))
            self.value, self.formula, self.told = "", False, False
        elif name in {"v", "t"}:
            self.words.clear()
        elif name == "row":
            self.number = int(said["r"]) if "r" in said else self.number + 1
            self.cells = []
        elif name == "f":
            self.formula = True
        elif name == "rPh":
            self.quiet += 1

    def end(self, name: str) -> None:
        if name == "v":
            self.value, self.told = "".join(self.words), True
        elif name == "t":
            if not self.quiet:
                self.value, self.told = self.value + "".join(self.words), True
        elif name == "c":
            cell = self._cell()
            if cell is not BLANK:
                self._put(cell)
        elif name == "row":
            if self.cells:
                self.rows.append(Row(self.number, self.cells))
        elif name == "rPh":
            self.quiet -= 1

    def _column(self, reference: str | None) -> int:
        """Read a cell's letters; a cell without a reference stands behind the one before."""
        if reference is None:
            return self.column + 1 if self.cells else 0
        letters = reference.rstrip("0123456789")
        known = self.columns.get(letters)
        if known is None:
            known = 0
            for letter in letters:
                known = known * 26 + ord(letter) - ord("A") + 1
            known -= 1
            self.columns[letters] = known
        return known

    def _put(self, cell: Cell) -> None:
        if self.column >= MOST_COLUMNS:
            raise Unreadable("too_wide", place(self.name, self.number))
        missing = self.column - len(self.cells)
        if missing > 0:
            self.cells.extend([BLANK] * missing)
        if missing < 0:
            self.cells[self.column] = cell
        else:
            self.cells.append(cell)

    def _cell(self) -> Cell:
        if not self.told:
            return Cell(CellKind.FAULT, UNCALCULATED) if self.formula else BLANK
        make = self.made.get(self.kind)
        if make is None:
            where = place(self.name, self.number, min(self.column, MOST_COLUMNS))
            raise Unreadable("workbook_broken", where)
        return make(self.value)

    def _number(self, value: str) -> Cell:
        if not value:
            return BLANK
        formats = self.book.formats
        form = formats[self.style] if self.style < len(formats) else GENERAL
        if form.shape is Shape.NUMBER:
            return Cell(CellKind.NUMBER, digits(value), form.unit)
        return counted(float(value), self.book.zero, form.shape)


def counted(days: float, zero: datetime, shape: Shape) -> Cell:
    """Turn a count of days since day zero into a day, a day with a time, or a time."""
    seconds = round(days * 86_400)
    if shape is Shape.TIME and 0 <= seconds < 86_400:  # noqa: PLR2004
        return Cell(CellKind.TIME, str((zero + timedelta(seconds=seconds)).time()))
    try:
        at = zero + timedelta(seconds=seconds)
    except OverflowError:
        return Cell(CellKind.FAULT, "#NUM!")
    text = at.isoformat()
    return Cell(CellKind.DATE, text.removesuffix(_NIGHT))


def parts(file: BinaryIO) -> Iterator[Part]:
    """Give the sheets and their rows that are not blank; raises Unreadable."""
    with _archive(file) as archive:
        book = _Workbook(archive)
        if not book.sheets:
            raise Unreadable("workbook_broken")
        notes = zipped.carried(book.names)
        for head, name in book.sheets:
            yield Part(sheet=head, notes=notes)
            notes = []
            sheet = _Sheet(book, head.name)
            for _ in _read(book, name, sheet):
                if len(sheet.rows) >= _BATCH:
                    yield Part(rows=sheet.rows)
                    sheet.rows = []
            if sheet.rows:
                yield Part(rows=sheet.rows)


def _read(book: _Workbook, name: str, sheet: _Sheet) -> Iterator[None]:
    """Have a sheet take its rows, with a stop now and then; by patterns where they fit."""
    try:
        if not book.quick(name, b"<sheetData>"):
            yield from _stream(book.archive, name, sheet.parser)
            return
        with book.archive.open(name) as part:
            for row in xlsx_quick.rows(part, lambda text: sheet.parser.Parse(text, not text)):
                if row is not None and row.cells is not None:
                    sheet.take(row.number, row.cells)
                elif row is not None:
                    sheet.spelled(row.spelled)
                yield
    except (LookupError, ValueError, OverflowError, expat.ExpatError) as error:
        code = "truncated" if isinstance(error, expat.ExpatError) else "workbook_broken"
        raise Unreadable(code, place(sheet.name, sheet.number or 1)) from None
