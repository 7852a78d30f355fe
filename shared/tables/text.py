"""Tables as lines of text: commas, tabs, bars; UTF-8, UTF-16 or GB18030."""

import codecs
import csv
import io
import os
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from shared.tables.cells import (
    BLANK,
    MOST_COLUMNS,
    UNCALCULATED,
    Cell,
    CellKind,
    Row,
    Unreadable,
    column_name,
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
    for name in names:
        decoder = codecs.getincrementaldecoder(name)()
        file.seek(0)
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        file.seek(0)
        return name
    raise Unreadable("encoding_unknown")


def delimiter_of(lines: list[str]) -> str:
    """Choose the delimiter that cuts most lines into equally many cells; one column: a comma."""
    best = (0, 0, ",")
    for rank, delimiter in enumerate(_DELIMITERS):
        try:
            found = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        except csv.Error:
            continue
        widths = Counter(width for width in found if width > 1)
        if widths:
            _, often = widths.most_common(1)[0]
            best = max(best, (often, -rank, delimiter))
    return best[2]


def rows(file: BinaryIO) -> Iterator[Row]:
    """Give the rows that are not blank; raises Unreadable."""
    encoding = encoding_of(file)
    text = io.TextIOWrapper(file, encoding, newline="")
    csv.field_size_limit(_LONGEST)
    probe = [line for line in (text.readline(_LONGEST) for _ in range(_PROBE)) if line.strip()]
    text.seek(0)
    reader = csv.reader(text, delimiter=delimiter_of(probe))
    number, width, before = 0, 0, 0
    cells: list[Cell] = []
    try:
        for number, found in enumerate(reader, start=1):
            if len(found) > MOST_COLUMNS:
                raise Unreadable("too_wide", str(number))
            width, before = len(found), width
            cells = [_cell(value) for value in found]
            while cells and cells[-1] is BLANK:
                cells.pop()
            if cells:
                yield Row(number, cells)
    except csv.Error as error:
        raise Unreadable("quotes_open", f"{column_name(0)}{number + 1}") from error
    # A row with a day that is shorter than the one before and that nothing ends was cut off.
    if width < before and any(map(moment, cells)) and not _ends(file, encoding):
        raise Unreadable("truncated", str(number))


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
