"""What the child runs: a list of workers, of whichever kind of file, piece by piece."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from services.payroll.adapters import attendance_marks, sheet_titles
from services.payroll.adapters.attendance_marks import month_row
from services.payroll.adapters.sheet_columns import Layout
from services.payroll.adapters.sheet_tables import Table
from services.payroll.adapters.sheet_told import People, Told
from services.payroll.adapters.sheet_types import (
    MONEY,
    MOST_FLAWS,
    MOST_ROWS,
    Ended,
    Flaw,
    Given,
    Lines,
    Piece,
    Said,
)
from services.payroll.adapters.worker_words import fields
from shared.tables import Header, Part, Row, RowClass, SheetHead, headers, reading
from shared.tables.cells import Unreadable

_BATCH = 1_000
_AHEAD = 2  # rows of a header below its first
_LEAST = 2
_FEW_DAYS = 5


def read(file: BinaryIO, kind: str, given: Given | None) -> Iterator[Piece]:
    """Give a list's tables and rows, then what the file is, or why it cannot be read at all."""
    try:
        yield from _Reader(kind, given).pieces(file)
    except Unreadable as error:
        yield Piece(refused=error.refusal)


class _Reader:
    """Goes through sheets and rows, and opens a table at each header."""

    def __init__(self, kind: str, given: Given | None) -> None:
        self.kind, self.given = kind, given
        # Payroll sheets, too, may have the days of their month beside the pay.
        self.fields = fields(kind) + attendance_marks.DAY_FIELDS
        self.told, self.people = Told(kind, MOST_FLAWS), People()
        self.table: Table | None = None
        self.tables: list[Table] = []
        self.classes: list[tuple[str, int, str]] = []
        self.said: list[Said] = []
        self.count = self.rejected = 0
        self.unread: list[tuple[SheetHead, int]] = []
        self.legend: dict[str, int] = {}

    def pieces(self, file: BinaryIO) -> Iterator[Piece]:
        parts = reading.parts(file)
        part = next(parts, None)
        while part is not None:
            if part.refusal:
                yield Piece(refused=part.refusal)
                return
            for note in part.notes:
                self.told.add(Flaw(f"file_{note}"))
            head, rows = part.sheet or SheetHead(""), _Rows(parts)
            yield from self._hidden(head, rows) if head.hidden else self._sheet(head, rows)
            part = rows.next
        yield self._end()

    # ---- sheets ------------------------------------------------------------------------------

    def _hidden(self, head: SheetHead, rows: "_Rows") -> Iterator[Piece]:
        """Read over a sheet that nobody sees; say so if there is such a list in it."""
        found = 0
        for row, ahead in _windows(rows):
            self._note(head.name, row, RowClass.NOTE)
            if not found and self._header(row, ahead):
                found = row.number
        if found:
            self.told.add(Flaw("sheet_hidden", head.name, found))
        yield from self._batch(least=1)

    def _sheet(self, head: SheetHead, rows: Iterable[Row]) -> Iterator[Piece]:
        self.table = None
        if self.kind == "attendance":
            # What its marks mean may stand below the table.
            rows = list(rows)
            self.legend = attendance_marks.legends(rows)
        before: list[Row] = []
        until = 0
        for row, ahead in _windows(rows):
            header = None if row.number <= until else self._begins(head.name, row, ahead)
            if row.number <= until:
                self._note(head.name, row, RowClass.HEADER)
            elif header is not None:
                yield from self._batch(least=1)
                until = header.rows[-1].number
                yield from self._open(head, header, before)
                before = []
                self._note(head.name, row, RowClass.HEADER)
            elif self.table is None:
                before.append(row)
                self._note(head.name, row, RowClass.NOTE)
            else:
                before += self._take(head.name, self.table, row)
            yield from self._batch(least=_BATCH)
        self._outside(head.name, before)
        if self.table is None and before:
            self.unread.append((head, before[0].number))
        yield from self._batch(least=1)

    def _begins(self, sheet: str, row: Row, ahead: list[Row]) -> Header | None:
        """Give the header that begins here, unless it is the one of the table once more."""
        if self.given and self.given.header and self.given.sheet == sheet:
            first, last = self.given.header
            if row.number != first:
                return None
            rows = [month_row(each) for each in (row, *ahead) if each.number <= last]
            return headers.header_of(rows, self.fields)
        if self.table is not None:
            sorter = self.table.sorter
            if sorter.identified(row) or sorter.repeated(month_row(row)):
                return None
        return self._header(row, ahead)

    def _header(self, row: Row, ahead: list[Row]) -> Header | None:
        row = month_row(row)
        if not headers.titles_only(row):
            return None
        header = headers.header_at([row, *map(month_row, ahead)], self.fields, least=_LEAST)
        return header if header and self._complete(header) else None

    def _complete(self, header: Header) -> bool:
        """Say whether a table with these columns is one of the kind that is read."""
        found = {name for name in header.columns if not name[0].isdigit()}
        person = bool(found & {"name", "holder", "id_number"})
        if self.kind == "payroll":
            return person and bool(found & (MONEY - {"rate"}))
        if self.kind == "attendance":
            days, _ = attendance_marks.day_columns(header)
            return person and (len(days) >= _FEW_DAYS or bool(found & {"days", "day", "came_at"}))
        return person and len(found - {"serial", "remark", "signature"}) > 1

    def _open(self, head: SheetHead, header: Header, before: list[Row]) -> Iterator[Piece]:
        self._outside(head.name, before)
        unit = headers.unit_above(before, header)
        months = [each.text for each in self.said if each.name == "period"]
        self.people.period = self.people.period or (months[0] if months else "")
        layout = Layout(len(self.tables), head.name, header, self.kind, self.given)
        self.table = Table(layout, self.told, self.people, unit=unit, legend=self.legend)
        self.tables.append(self.table)
        yield Piece(table=self.table.said)

    def _take(self, sheet: str, table: Table, row: Row) -> list[Row]:
        """Take a row of a table; give it back if it is a note."""
        repeated = bool(table.layout.parts) and table.sorter.repeated(month_row(row))
        found = RowClass.REPEAT if repeated else table.take(row)
        if found is RowClass.DATA:
            self.count += 1
            self.rejected += table.bad
            if self.count > MOST_ROWS:
                raise Unreadable("too_many_rows")
            return []
        self._note(sheet, row, found)
        return [row] if found is RowClass.NOTE else []

    def _note(self, sheet: str, row: Row, found: RowClass) -> None:
        self.classes.append((sheet, row.number, found.value))

    def _outside(self, sheet: str, rows: list[Row]) -> None:
        self.said += sheet_titles.said_of(sheet, rows)

    def _batch(self, least: int) -> Iterator[Piece]:
        table = self.table
        lines: Lines | None = None
        if table is not None and len(table.lines.rows) >= least:
            lines = table.taken()
        if lines or len(self.classes) >= least or len(self.told.flaws) >= least:
            classes, self.classes = self.classes, []
            yield Piece(lines=lines, classes=classes, flaws=self.told.taken())

    # ---- the end -----------------------------------------------------------------------------

    def _end(self) -> Piece:
        if not self.tables:
            self.told.add(Flaw("header_missing"))
        elif not self.count:
            self.told.add(Flaw("no_rows", self.tables[0].sheet, self.tables[0].said.header[1]))
        else:
            for head, row in self.unread:
                self.told.add(Flaw("sheet_unread", head.name, row))
        self._months()
        sums = [each for table in self.tables for each in table.sums]
        ended = Ended(self.said, sums, self.count, self.rejected, self.told.more)
        return Piece(flaws=self.told.taken(), ended=ended)

    def _months(self) -> None:
        """Compare the months that titles name: a file is of one."""
        named = [each for each in self.said if each.name == "period"]
        sheets = {table.sheet for table in self.tables}
        named = [each for each in named if each.sheet in sheets]
        for each in named[1:]:
            if each.text != named[0].text:
                self.told.add(Flaw(
                    "period_differs", each.sheet, each.row, each.column, "period",
                    detail=named[0].text,
                ))  # fmt: skip
                return


class _Rows:
    """The rows of one sheet out of the parts of all."""

    def __init__(self, parts: Iterator[Part]) -> None:
        self.parts = parts
        self.next: Part | None = None

    def __iter__(self) -> Iterator[Row]:
        while True:
            self.next = next(self.parts, None)
            if self.next is None or self.next.sheet is not None or self.next.refusal:
                return
            yield from self.next.rows


def _windows(rows: Iterable[Row]) -> Iterator[tuple[Row, list[Row]]]:
    """Give each row with those that follow it."""
    window: deque[Row] = deque()
    for row in rows:
        window.append(row)
        if len(window) > _AHEAD:
            first = window.popleft()
            yield first, list(window)
    while window:
        first = window.popleft()
        yield first, list(window)
