"""Tables as lines of text: commas, tabs, bars; UTF-8, UTF-16 or GB18030."""

import codecs
import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from shared.tables.cells import (
    BLANK,
    MOST_COLUMNS,
    UNCALCULATED,
    Cell,
    CellKind,
    Row,
    Unreadable,
)
from shared.tables.cells import shown as one_line
from shared.tables.values import moment

_CHUNK = 1 << 20
_PROBE = 40  # lines that tell the delimiter
_DELIMITERS = ",\t|;"
_LONGEST = 32_000  # letters in a cell; a quote that nobody closes swallows what follows


def encoding_of(file: BinaryIO) -> str:
    """Say how a text is encoded, by reading all of it; raises Unreadable.

    What is UTF-8 by its bytes is hardly ever anything else; GB18030 is asked after it.
    """
    head = file.read(4)
    file.seek(0)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        names = ["utf-16"]
    elif head.startswith(codecs.BOM_UTF8):
        names = ["utf-8-sig"]
    else:
        names = ["utf-8", "gb18030"]
    lines = 0
    for name in names:
        decoder = codecs.getincrementaldecoder(name)()
        file.seek(0)
        number = 1
        try:
            while chunk := file.read(_CHUNK):
                number += decoder.decode(chunk).count("\n")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            lines = max(lines, number + error.object[: error.start].count(b"\n"))
            continue
        file.seek(0)
        return name
    raise Unreadable("encoding_unknown", str(lines))


def delimiter_of(lines: list[str]) -> str:
    """Choose the delimiter that cuts most lines into equally many cells; one column: a comma."""
    return _form(lines)[0]


def _form(lines: list[str]) -> tuple[str, int]:
    """Give the delimiter, and into how many cells it cuts most lines."""
    best = (0, 0, ",", 1)
    for rank, delimiter in enumerate(_DELIMITERS):
        try:
            found = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        except csv.Error:
            continue
        widths = Counter(width for width in found if width > 1)
        if widths:
            width, often = widths.most_common(1)[0]
            best = max(best, (often, -rank, delimiter, width))
    return best[2:]


def rows(file: BinaryIO) -> Iterator[Row]:
    """Give the rows that are not blank; raises Unreadable."""
    encoding = encoding_of(file)
    text = io.TextIOWrapper(file, encoding, newline="")
    csv.field_size_limit(_LONGEST)
    probe = [line for line in (text.readline(_LONGEST) for _ in range(_PROBE)) if line.strip()]
    text.seek(0)
    form = _form(probe)
    number, width, before = 0, 0, 0
    cells: list[Cell] = []
    lines: list[str] = []
    last: list[str] = []
    try:
        for number, found in enumerate(csv.reader(_kept(text, lines), delimiter=form[0]), start=1):
            if len(found) > MOST_COLUMNS:
                raise Unreadable("too_wide", str(number))
            if len(lines) > 1 and _run_together(found, *form):
                raise Unreadable("quotes_open", str(number))
            last, lines[:] = lines[:], ()
            width, before = len(found), width
            cells = [_cell(value) for value in found]
            while cells and cells[-1] is BLANK:
                cells.pop()
            if cells:
                yield Row(number, cells)
    except csv.Error as error:
        raise Unreadable("quotes_open", str(number + 1)) from error
    if _open(last, form[0]):
        raise Unreadable("quotes_open", str(number))
    # A row with a day that is shorter than the one before and that nothing ends was cut off.
    if width < before and any(map(moment, cells)) and not _ends(file, encoding):
        raise Unreadable("truncated", str(number))


def _kept(text: Iterable[str], lines: list[str]) -> Iterator[str]:
    """Give lines on, and keep those of the row that is being read."""
    for line in text:
        lines.append(line)
        yield line


def _run_together(row: list[str], delimiter: str, width: int) -> bool:
    """Say whether a cell holds whole rows: its quotation mark is closed by another cell's."""
    least = max(2, min(width - 1, max(3, width // 2)))
    return any(
        line.count(delimiter) >= least
        for cell in row
        if "\n" in cell
        for line in cell.split("\n")[1:]
    )


def _open(lines: list[str], delimiter: str) -> bool:
    """Say whether the last row ends within quotation marks."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "end of data" in str(error)
    return False


def _ends(file: BinaryIO, encoding: str) -> bool:
    """Say whether a file ends with the end of a line."""
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - 4))
    return file.read().decode(encoding, "ignore").endswith(("\n", "\r"))


def _cell(value: str) -> Cell:
    """Take off what banks put around numbers so that a spreadsheet keeps them as text."""
    if not value:
        return BLANK
    text = one_line(value)
    if not text:
        return BLANK
    if text[0] in _MARKED:
        return _marked(text)
    return Cell(CellKind.TEXT, text)


def _marked(text: str) -> Cell:
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    elif text[0] == "'":
        text = text[1:]
    elif text[0] == "=" and len(text) > 1:
        # What a spreadsheet would calculate is none of ours to calculate.
        return Cell(CellKind.FAULT, UNCALCULATED)
    elif is_fault(text):
        return Cell(CellKind.FAULT, text)
    return Cell(CellKind.TEXT, text) if text else BLANK


def is_fault(text: str) -> bool:
    """Say whether a text is what spreadsheets show where a formula failed."""
    return text[0] == "#" and text.rstrip("!?").upper() in _FAULTS


_MARKED = "='#"
_FAULTS = {"#REF", "#N/A", "#VALUE", "#DIV/0", "#NAME", "#NUM", "#NULL"}
