"""What was read of a payroll file, as a sheet takes it: entries, totals, findings, columns."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from services.payroll.adapters.sheet_file import SheetReading, SheetRow
from services.payroll.adapters.sheet_types import Given, TableSaid
from services.payroll.adapters.worker_words import DEDUCTIONS, EARNINGS, fields
from services.payroll.rules.sheet_checks import Check
from services.payroll.rules.sheet_facts import Total
from services.payroll.rules.sheet_lines import Entry, Noted, ReadColumn, Reading
from services.payroll.rules.sheets import Severity
from services.payroll.rules.trades import ID_TYPES
from shared import turns
from shared.tables import column_name
from shared.wording import Text

KIND = "payroll"
FIELDS = frozenset(one.name for one in fields(KIND))
"""Names that columns may be given."""
_TYPES = {name.zh: code for code, name in ID_TYPES.items()} | {code: code for code in ID_TYPES}
# What is checked against policy with its numbers is not told a second time.
_OURS = frozenset({
    Check.NET_DIFFERS, Check.PERSON_TWICE, Check.CARD_TWICE, Check.CARD_MISSING,
    "gross_differs", "deductions_differ", "days_too_many",
})  # fmt: skip
_NEVER_NEGATIVE = frozenset({"gross", "net", "deductions"})
_BARE = (
    "name", "phone", "card_no", "bank_name", "bank_code", "crew", "trade", "days", "hours",
    "gross", "deductions", "net", "unpaid", "paid_on", "id_number",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """A header as it stood in the file, by which a mapping of columns is remembered."""

    sheet: str
    digest: str


def of(read: SheetReading) -> Reading:
    """Give what was read as a sheet takes it, without entries if they were taken.

    Call it in a thread.
    """
    noted = list(noted_in(read, _OURS))
    if read.refusal or not read.rows:
        return Reading([], noted, columns_of(read), refused=True)
    months = [one.text for one in read.said if one.name == "period"]
    months += [text for row in read.rows if (text := row.values.get("period"))]
    return Reading(
        [] if read.taken else entries(read.rows),
        noted,
        columns_of(read),
        counts={name: count for name, count in read.counts.items() if count},
        totals=list(_totals(read)),
        said_periods=list(dict.fromkeys(months)),
        said_project=read.label("project"),
    )


def headers(read: SheetReading) -> Sequence[Header]:
    """Give the headers of the tables that were found."""
    return [Header(one.sheet, one.digest) for one in read.tables]


def given(columns: Mapping[str, str], digest: str) -> Given:
    """Give a mapping, letters by field, as the reader takes it."""
    return Given({name: _number(letters) for name, letters in columns.items()}, digest)


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def id_type(said: str | None) -> str | None:
    """Give the code of a type of document by its code or name."""
    return _TYPES.get(said or "")


def entries(rows: Iterable[SheetRow]) -> list[Entry]:
    """Give rows of data as lines take them."""
    made: list[Entry] = []
    table: TableSaid | None = None
    for row in turns.unhurried(rows):
        if row.table is not table:
            table = row.table
            place = _Place.of(table)
        made.append(_entry(row, place))
    return made


class _Place(NamedTuple):
    """Where a table has what of a worker's pay."""

    earned: Sequence[str]
    late: Sequence[str]
    """Behind the column of gross."""
    withheld: Sequence[str]
    items: Sequence[tuple[int, str, bool]]
    """Columns that no field claims: where, how they are called, whether they are added."""
    bare: Sequence[str]
    known: bool
    """Whether it is known of all columns what they are."""

    @classmethod
    def of(cls, table: TableSaid) -> "_Place":
        columns = table.columns
        gross_at = columns["gross"][0] if "gross" in columns else None
        there = [name for name in EARNINGS if name in columns]
        late = [name for name in there if gross_at is not None and columns[name][0] > gross_at]
        claimed = {item.column for item in table.items}
        return cls(
            [name for name in there if name not in late],
            late,
            [name for name in DEDUCTIONS if name in columns],
            [(one.column, f"column_{one.column + 1}", one.sign == "+") for one in table.items],
            [name for name in _BARE if name in columns],
            all(column in claimed for column, _ in table.unknown),
        )


def _entry(row: SheetRow, place: _Place) -> Entry:
    values = row.values
    earned = {name: found for name in place.earned if (found := values.get(name)) is not None}
    late = {name: found for name in place.late if (found := values.get(name)) is not None}
    withheld = {name: found for name in place.withheld if (found := values.get(name)) is not None}
    for column, name, added in place.items:
        if (amount := row.items.get(column)) is not None:
            (earned if added else withheld)[name] = amount
    return Entry(
        row.table.sheet, row.row, id_type(values.get("id_type")),
        earned=earned, late=late, withheld=withheld,
        # The items are all of gross: no column is unknown, and the wage is among them.
        complete=place.known and ("base_pay" in earned or "piece_pay" in earned),
        **{name: values.get(name) for name in place.bare},
    )  # fmt: skip


def _totals(read: SheetReading) -> Iterator[Total]:
    """Give each row of totals with the positions of the lines that it may sum up."""
    spans = _spans(read)
    since: dict[int, tuple[int, int]] = {}
    for one in read.totals:
        first, rows = next(
            (span for span in reversed(spans.get(one.sheet, ())) if span[1][0] < one.row),
            (1, [0]),
        )
        last = first + sum(row < one.row for row in rows) - 1
        # The fields of one row of totals share their beginning.
        row, begins = since.get(first, (one.row, first))
        if row != one.row:
            begins = _below(rows, first, row)
        since[first] = (one.row, begins)
        yield Total(
            one.sheet, one.row, column_name(one.column), one.field,
            Decimal(one.value).scaleb(-2), first, begins, last,
        )  # fmt: skip


def _below(rows: Sequence[int], first: int, row: int) -> int:
    """Give the position of the first line below a row of totals."""
    return first + sum(each < row for each in rows)


def _spans(read: SheetReading) -> Mapping[str, list[tuple[int, list[int]]]]:
    """Give, by sheet, each table's first position and the numbers of its rows."""
    found: dict[str, list[tuple[int, list[int]]]] = {}
    before: TableSaid | None = None
    for position, row in enumerate(read.rows, start=1):
        if row.table is not before:
            found.setdefault(row.table.sheet, []).append((position, []))
            before = row.table
        found[row.table.sheet][-1][1].append(row.row)
    return found


def noted_in(read: SheetReading, ours: Collection[str] = ()) -> Iterator[Noted]:
    """Give what the reader found, but for what is checked with an area's numbers."""
    sums = {(one.sheet, one.row, one.field) for one in read.totals}
    for one in read.findings:
        if one.code in ours or (
            ours and one.code == "amount_negative" and one.field in _NEVER_NEGATIVE
        ):
            continue
        if one.code == Check.TOTAL_DIFFERS and (one.sheet, one.row, one.field) in sums:
            continue
        said = one.finding
        yield Noted(
            one.code, Severity(one.severity), said.detail, said.remedy, one.sheet, one.row,
            one.column, one.field,
        )  # fmt: skip
    if read.more:
        yield Noted(
            "findings_more",
            Severity.ERROR,
            Text(f"另有 {read.more} 处问题未列出", f"{read.more} more findings are not told"),
            Text("请先改正已列出的问题", "Correct those that are told first"),
        )


def columns_of(read: SheetReading) -> list[ReadColumn]:
    """Give the columns as they were understood."""
    found: dict[tuple[str, int, int], Any] = {}
    for table in read.tables:
        header = table.header[1]
        for column, title in table.unknown:
            found[table.sheet, header, column] = (title, None)
        for name, (column, title) in table.columns.items():
            found[table.sheet, header, column] = (title, name)
    return [
        ReadColumn(sheet, column_name(column), title, name, header)
        for (sheet, header, column), (title, name) in sorted(found.items(), key=lambda one: one[0])
    ]
