"""What was read of an attendance file, as a month takes it: who, on which days, how much."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from services.payroll.adapters import sheet_reading
from services.payroll.adapters.sheet_file import SheetReading, SheetRow
from services.payroll.adapters.sheet_types import TableSaid
from services.payroll.rules.attendance_sheets import MarkedMonth, MarkedRow
from services.payroll.rules.periods import first_day
from services.payroll.rules.trades import IdType
from shared.tables import column_name
from shared.workdays import months_after

KIND = "attendance"
_WHOLE = Decimal(1)


def of(read: SheetReading, period: str) -> MarkedMonth:
    """Give what was read as the attendance of a month; call it in a thread."""
    noted = list(sheet_reading.noted_in(read))
    columns = sheet_reading.columns_of(read)
    if read.refusal or not read.rows:
        return MarkedMonth([], noted, columns, refused=True)
    months = [one.text for one in read.said if one.name == "period"]
    return MarkedMonth(
        [_row(row, period) for row in read.rows],
        noted,
        columns,
        {
            (table.sheet, day): column_name(at)
            for table in read.tables
            for at, day in table.days.items()
        },
        {name: count for name, count in read.counts.items() if count},
        list(dict.fromkeys(months)),
    )


def _row(row: SheetRow, period: str) -> MarkedRow:
    values, table = row.values, row.table
    days, impossible = _days(row.marks, table, period)
    if told := values.get("day"):
        days = {told: _WHOLE}
    return MarkedRow(
        table.sheet, row.row, sheet_reading.id_type(values.get("id_type")) or IdType.RESIDENT,
        values.get("id_number"), values.get("name"), days, impossible,
        untold=not table.days and not told,
    )  # fmt: skip


def _days(
    marks: Mapping[int, Decimal], table: TableSaid, period: str
) -> tuple[Mapping[date, Decimal], Sequence[int]]:
    """Give marks by date: of days that run from the 26th on, those before the first are older."""
    order = [day for _, day in sorted(table.days.items())]
    turn = next((n for n in range(1, len(order)) if order[n] < order[n - 1]), 0)
    before = set(order[:turn])
    this = first_day(period)
    found: dict[date, Decimal] = {}
    impossible = []
    for day, units in marks.items():
        month = months_after(this, -1) if day in before else this
        try:
            found[month.replace(day=day)] = units
        except ValueError:
            if units > 0:
                impossible.append(day)
    return found, impossible
