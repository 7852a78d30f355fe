"""The one reader of messy tables: xlsx, xls, lines of text (csv, tab, bars), HTML in disguise.

A file's kind is decided by its bytes, never by its name, and its bytes are read in the sandbox
(`shared.sandbox`), never in the service's process. No second reader is written.

    book = await tables.read(upload.content)          # all of a list of some thousand rows
    if book.refusal: …                                # tables.words.refused(book.refusal): Finding
    for sheet in book.sheets:                         # hidden ones say so
        header = tables.find_header(sheet.rows, FIELDS)
        for kind, row in tables.classes(sheet.rows, header, anchors=["code"]):
            if kind is RowClass.DATA:
                header.cell(row, "code").text         # Cell(kind, text, unit); .damaged
                tables.number(cell), tables.moment(cell)

`FIELDS` are the caller's: `Field("code", ("项目编号", "工程编号", …))`. Titles are compared in half
width, without spaces, brackets and 元; headers of two rows with merged cells are put together.
`header.columns`, `.units` (万元), `.unknown`, `.twice` say what was found. Rows are `header`,
`data`, `total`, `note`, `repeat` (the header once more) or `blank`. `labels` finds `账号：3300…`
above or below a table. `number` and `moment` read what people type and give None where it could
mean two things. `words.at(sheet, row, column, …)` makes the finding of a cell, `明细!E12`.

Cells are typed as the file says: text, number (all its digits, fifteen at most), date, time,
truth, fault (`#REF!`; `=` is a formula that nobody calculated). A cell whose number format writes
万元 behind it has `unit` 10,000.

A large file is read by the caller's own generator in the sandbox, row by row in constant memory:
`sandbox.stream(function, content)` with a function that iterates `reading.parts(file)`. What it
imports must be light: neither this package nor its modules but `words` import more than pydantic.
"""

from shared import sandbox
from shared.tables import reading
from shared.tables.cells import (
    BLANK,
    Book,
    Cell,
    CellKind,
    Part,
    Refusal,
    Row,
    RowClass,
    Sheet,
    SheetHead,
    column_name,
    place,
    plain,
    shown,
)
from shared.tables.headers import Field, Header, Labelled, classes, find_header, labels
from shared.tables.values import clock_time, moment, number

__all__ = [
    "BLANK",
    "Book",
    "Cell",
    "CellKind",
    "Field",
    "Header",
    "Labelled",
    "Part",
    "Refusal",
    "Row",
    "RowClass",
    "Sheet",
    "SheetHead",
    "classes",
    "clock_time",
    "column_name",
    "failed",
    "find_header",
    "labels",
    "moment",
    "number",
    "place",
    "plain",
    "read",
    "shown",
]

MEMORY_MB, SECONDS = 400, 60.0
MOST_ROWS, MOST_CELLS = 50_000, 1_000_000


def failed(error: sandbox.SandboxRefused) -> Refusal:
    """Say what it means that the sandbox gave up: too hard to read, or it broke its reader."""
    hard = isinstance(error, (sandbox.TimedOut, sandbox.OutOfMemory))
    return Refusal("too_hard" if hard else "workbook_broken")


async def read(content: bytes, *, most_rows: int = MOST_ROWS) -> Book:
    """Read all of a file: lists of some thousand rows. What cannot be read is a refusal of it."""
    book = Book()
    left, cells = most_rows, MOST_CELLS
    try:
        async with sandbox.stream(
            reading.parts, content, memory_mb=MEMORY_MB, seconds=SECONDS
        ) as parts:
            async for part in parts:
                if part.sheet:
                    book.sheets.append(Sheet(*part.sheet))
                if part.rows:
                    book.sheets[-1].rows += part.rows
                    left -= len(part.rows)
                    cells -= sum(len(row.cells) for row in part.rows)
                book.refusal = part.refusal
                if left < 0 or cells < 0:
                    book.refusal = Refusal("too_hard")
                    break
    except sandbox.SandboxRefused as error:
        book.refusal = failed(error)
    return book
