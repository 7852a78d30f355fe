"""Reads a payroll sheet, a roster or attendance out of whatever file; the parent's side.

    reading = await sheet_file.read_sheet(content, "payroll")
    reading.refusal                    # None, or why it cannot be read at all
    reading.tables                     # each with its columns, as found by name or as given
    for row in reading.rows: row.values["net"], row.findings
    reading.counts                     # rows by class; accepted + rejected = data

Foreign bytes are read in the sandbox. Sums are Decimal in yuan, counts of days Decimal, days
`date`, a month `2026-03`, all else text; None where a cell is empty or could not be read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import repeat
from typing import Any, NamedTuple

from services.payroll.adapters import sheet_findings, sheet_pieces
from services.payroll.adapters.sheet_types import (
    COUNTS,
    DATES,
    ERROR,
    Ended,
    Flaw,
    Given,
    Lines,
    Piece,
    Said,
    Sum,
    TableSaid,
    severity,
)
from shared import sandbox, tables, turns
from shared.problems import Finding
from shared.tables import Refusal, RowClass, column_name, words

__all__ = ["Given", "SheetFinding", "SheetReading", "SheetRow", "read_sheet"]

MEMORY_MB, SECONDS = 400, 60.0


class SheetFinding(NamedTuple):
    """Something wrong, with its cell and how grave it is: `error`, `warning` or `hint`."""

    sheet: str
    row: int
    column: str
    """Letters; empty where it is the whole row, or the file."""
    field: str
    code: str
    severity: str
    finding: Finding
    """Place, words in both languages, what to do."""


@dataclass(slots=True)
class SheetRow:
    """A row of data, right or wrong."""

    table: TableSaid
    row: int
    values: dict[str, Any]
    items: dict[int, Decimal | None]
    """Sums of columns that no field claims, by column."""
    marks: dict[int, Decimal]
    """Attendance by day of the month."""
    findings: list[SheetFinding] = field(default_factory=list)

    @property
    def rejected(self) -> bool:
        """Say whether something grave is wrong with it."""
        return any(each.severity == ERROR for each in self.findings)

    def taken(self) -> None:
        """Keep where it stands and its month: somebody has taken all else, and many are held."""
        said = self.values.get("period")
        self.values = {"period": said} if said else _NOTHING
        self.items = self.marks = _NOTHING


_NOTHING: dict[Any, Any] = {}


@dataclass(slots=True)
class SheetReading:
    """What a file holds; with a refusal, nothing."""

    kind: str
    refusal: Refusal | None = None
    taken: bool = False
    """Whether its rows only say where they stand, as somebody took them while they were read."""
    tables: list[TableSaid] = field(default_factory=list)
    rows: list[SheetRow] = field(default_factory=list)
    findings: list[SheetFinding] = field(default_factory=list)
    """All of them, in the order in which they were found, those of rows included."""
    classes: list[tuple[str, int, str]] = field(default_factory=list)
    """Of the rows that are not data and not blank: sheet, row, class."""
    said: list[Said] = field(default_factory=list)
    """What stands around the tables: `project`, `employer`, `crew`, `period`."""
    totals: list[Sum] = field(default_factory=list)
    accepted: int = 0
    rejected: int = 0
    more: int = 0
    """How many findings there are beside those told."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Count rows by class; rows that are blank are not counted."""
        found = {each.value: 0 for each in RowClass if each is not RowClass.BLANK}
        for _, _, kind in self.classes:
            found[kind] += 1
        found["data"] = len(self.rows)
        return found

    @property
    def period(self) -> str | None:
        """Give the month that its titles name, else that of its first row."""
        told = (each.text for each in self.said if each.name == "period")
        return next(told, self.rows[0].values.get("period") if self.rows else None)

    def label(self, name: str) -> str | None:
        """Give what the titles say of the project, the employer, the crew."""
        return next((each.text for each in self.said if each.name == name), None)

    @property
    def failed(self) -> bool:
        """Say whether something grave is wrong with the file as a whole or with a row."""
        return self.refusal is not None or any(each.severity == ERROR for each in self.findings)


Take = Callable[[Sequence[SheetRow]], None]


async def read_sheet(
    content: bytes, kind: str, given: Given | None = None, take: Take | None = None
) -> SheetReading:
    """Read a file as a list of this kind: `payroll`, `roster` or `attendance`.

    `take` gets its rows, some at a time, in a thread, while the child reads what follows; what is
    wrong with them is known at the end. What they held is not held here as well.
    """
    reading = SheetReading(kind, taken=take is not None)
    flaws: list[Flaw] = []
    try:
        async with sandbox.stream(
            sheet_pieces.read, content, kind, given, memory_mb=MEMORY_MB, seconds=SECONDS
        ) as pieces:
            async for piece in pieces:
                flaws += piece.flaws
                await turns.aside(_take, reading, piece, take)
    except sandbox.SandboxRefused as error:
        reading.refusal = tables.failed(error)
    if reading.refusal:
        refused = words.refused(reading.refusal, limit="")
        told = SheetFinding("", 0, "", "", refused.code, ERROR, refused)
        return SheetReading(kind, reading.refusal, findings=[told])
    await turns.aside(_tell, reading, flaws)
    return reading


def _take(reading: SheetReading, piece: Piece, take: Take | None) -> None:
    if piece.table:
        reading.tables.append(piece.table)
    if piece.lines:
        rows = list(_rows(reading.tables[piece.lines.table], piece.lines))
        if take:
            take(rows)
            for row in rows:
                row.taken()
        reading.rows += rows
    reading.classes += piece.classes
    if piece.refused:
        reading.refusal = piece.refused
    if piece.ended:
        _end(reading, piece.ended)


def _end(reading: SheetReading, ended: Ended) -> None:
    reading.said, reading.totals, reading.more = ended.said, ended.sums, ended.more
    reading.rejected = ended.rejected
    reading.accepted = ended.rows - ended.rejected


def _rows(table: TableSaid, lines: Lines) -> Iterator[SheetRow]:
    """Turn columns into rows of typed values."""
    columns: dict[str, list[Any]] = {
        name: [value and date.fromisoformat(value) for value in said] if name in DATES else said
        for name, said in lines.texts.items()
    }
    columns |= {name: _decimals(said, name) for name, said in lines.sums.items()}
    names = tuple(columns)
    # Somebody may have mapped nothing that is read.
    values = zip(*columns.values(), strict=True) if columns else repeat((), len(lines.rows))
    items = [(at, _decimals(said, "")) for at, said in lines.items.items()]
    for n, (number, row) in enumerate(turns.unhurried(zip(lines.rows, values, strict=True))):
        marks = {day: Decimal(part) / 100 for day, part in lines.marks[n].items()} if (
            lines.marks
        ) else {}  # fmt: skip
        yield SheetRow(
            table, number, dict(zip(names, row, strict=True)),
            {at: said[n] for at, said in items}, marks,
        )  # fmt: skip


def _decimals(values: list[int | None], name: str) -> list[Decimal | None]:
    made = [None if value is None else Decimal(value).scaleb(-2) for value in values]
    if name in COUNTS:
        return [value if value is None else value.normalize() + 0 for value in made]
    return made


def _tell(reading: SheetReading, flaws: list[Flaw]) -> None:
    """Put flaws into words, each at its row too."""
    rows = {(row.table.sheet, row.row): row for row in reading.rows}
    for flaw in flaws:
        column = column_name(flaw.column) if flaw.column is not None else ""
        told = SheetFinding(
            flaw.sheet, flaw.row, column, flaw.field, flaw.code,
            severity(reading.kind, flaw.code), sheet_findings.finding(flaw),
        )  # fmt: skip
        reading.findings.append(told)
        if flaw.data and (row := rows.get((flaw.sheet, flaw.row))):
            row.findings.append(told)
