"""A list of workers as `services read` prints it, for files that nobody here has seen.

What tells of a person is masked: the output is copied into tickets and terminals that keep it.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from services.payroll.adapters.sheet_file import SheetFinding, SheetReading, SheetRow, read_sheet
from services.payroll.adapters.sheet_types import TableSaid
from shared import pii
from shared.tables import column_name, words

_MASKED: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(("name", "holder", "crew_leader"), pii.mask_name),
    "id_number": pii.mask_id_number,
    "card_no": pii.mask_card,
    "phone": pii.mask_phone,
}
_GONE = frozenset({"address", "birth_on", "remark"})


async def payroll(content: bytes) -> Mapping[str, Any]:
    """Give rows, findings and columns of a payroll sheet. Nothing is kept."""
    return printed(await read_sheet(content, "payroll"))


async def roster(content: bytes) -> Mapping[str, Any]:
    """Give rows, findings and columns of a roster."""
    return printed(await read_sheet(content, "roster"))


async def attendance(content: bytes) -> Mapping[str, Any]:
    """Give rows, findings and columns of an attendance sheet."""
    return printed(await read_sheet(content, "attendance"))


def printed(reading: SheetReading) -> Mapping[str, Any]:
    """Give a reading as JSON has it."""
    return {
        "tables": [_table(table) for table in reading.tables],
        "said": [
            {"name": said.name, "text": said.text, "sheet": said.sheet, "row": said.row}
            for said in reading.said
        ],
        "period": reading.period,
        "counts": reading.counts,
        "accepted": reading.accepted,
        "rejected": reading.rejected,
        "other_rows": [
            {"sheet": sheet, "row": row, "class": kind} for sheet, row, kind in reading.classes
        ],
        "totals": [
            {
                "sheet": each.sheet, "row": each.row, "column": column_name(each.column),
                "field": each.field, "value": str(Decimal(each.value).scaleb(-2)),
            }
            for each in reading.totals
        ],
        "rows": [_row(row) for row in reading.rows],
        "findings": [_finding(each) for each in reading.findings],
        "more_findings": reading.more,
    }  # fmt: skip


def _table(table: TableSaid) -> dict[str, Any]:
    return {
        "sheet": table.sheet,
        "header": list(table.header),
        "columns": {
            name: {"column": column_name(at), "title": title}
            for name, (at, title) in table.columns.items()
        },
        "items": [
            {"column": column_name(item.column), "title": item.title, "sign": item.sign}
            for item in table.items
        ],
        "unknown": {column_name(at): title for at, title in table.unknown},
        "days": {str(day): column_name(at) for at, day in table.days.items()},
        "digest": table.digest,
    }


def _finding(found: SheetFinding) -> dict[str, Any]:
    return {
        "sheet": found.sheet, "row": found.row, "column": found.column,
        "severity": found.severity, **words.printed(found.finding),
    }  # fmt: skip


def _row(row: SheetRow) -> dict[str, Any]:
    values = {name: _shown(name, value) for name, value in row.values.items()}
    said: dict[str, Any] = {"sheet": row.table.sheet, "row": row.row, "values": values}
    if row.items:
        said["items"] = {column_name(at): value for at, value in row.items.items()}
    if row.marks:
        said["marks"] = row.marks
    return said | {"rejected": row.rejected}


def _shown(name: str, value: Any) -> Any:  # noqa: ANN401  whatever a cell holds
    if value is None or name in _GONE:
        return None
    if name in _MASKED:
        return _MASKED[name](value)
    return str(value) if isinstance(value, Decimal | date) else value
