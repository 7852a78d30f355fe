"""Taking a payroll sheet the plain way: a reader of whole workbooks, an object and INSERT per row.

The same checks: of cells by the same readers, of lines by the same rules and queries. The reader
is calamine, which is faster than what most would take.
"""

import io
from decimal import Decimal
from typing import Any

from python_calamine import CalamineWorkbook
from sqlalchemy import select

from services.payroll import queries
from services.payroll.actions import sheet_checks, sheet_lines, sheets
from services.payroll.adapters import sheet_cells
from services.payroll.models import Project, Sheet, SheetLine
from services.payroll.rules.sheet_facts import Total
from services.payroll.rules.sheet_lines import Entry, Reading
from services.payroll.rules.sheets import SheetStatus
from shared import clock
from shared.db import Sessions, new_id
from shared.tables import Cell, CellKind
from tests.bench import site

_FIELDS = (
    "serial", "name", "id_number", "phone", "crew", "trade", "days", "base_pay", "overtime_pay",
    "gross", "advance", "deductions", "net", "card_no", "bank_name", "bank_code",
)  # fmt: skip
_READ = {
    "name": sheet_cells.person, "id_number": None, "phone": sheet_cells.phone,
    "card_no": sheet_cells.card, "bank_code": sheet_cells.digits,
}  # fmt: skip
_MONEY = {"base_pay", "overtime_pay", "gross", "advance", "deductions", "net"}


def read(content: bytes) -> Reading:
    """Read all rows, then each of their cells."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    _, _, *table, sums = book.get_sheet_by_index(0).iter_rows()
    entries = [_entry(n, list(values)) for n, values in enumerate(table, start=3)]
    totals = [
        Total("工资表", len(table) + 3, "A", name, Decimal(str(value)), 1, 1, len(table))
        for name, value in zip(_FIELDS, sums, strict=True)
        if name in {"gross", "deductions", "net"}
    ]
    return Reading(entries, totals=totals, said_periods=[site.period()])


def _entry(row: int, values: list[Any]) -> Entry:
    found: dict[str, Any] = {}
    for at, (name, value) in enumerate(zip(_FIELDS, values, strict=True)):
        if isinstance(value, float):
            cell = Cell(CellKind.NUMBER, f"{value:.15g}")
        else:
            cell = Cell(CellKind.TEXT, str(value))
        if name in _MONEY:
            found[name] = Decimal(sheet_cells.fen(cell, 1, name, at, _tell) or 0) / 100
        elif name == "days":
            found[name] = Decimal(sheet_cells.count(cell, name, at, _tell) or 0) / 100
        elif name == "id_number":
            found[name] = sheet_cells.identity(cell, None, at, _tell)
        elif name != "serial":
            found[name] = (_READ.get(name) or sheet_cells.words)(cell, name, at, _tell)
    earned = {name: found.pop(name) for name in ("base_pay", "overtime_pay")}
    return Entry("工资表", row, earned=earned, withheld={"advance": found.pop("advance")}, **found)


def _tell(code: str, field: str, column: int) -> None:
    raise AssertionError(f"{code} at {field}, {column}")


async def take(sessions: Sessions, content: bytes) -> None:
    """Take a sheet in one transaction; what is found is written as one set, as ours does."""
    reading = read(content)
    async with sessions.begin("bench") as session:
        project = (await session.scalars(select(Project).where(Project.id == site.PROJECT))).one()
        now = clock.now()
        sheet = Sheet(
            id=new_id(), project_id=site.PROJECT, employer_id=site.CONTRACTOR, run=1, version=1,
            period=site.period(), status=SheetStatus.CHECKED, digest="plain", size=len(content),
            checks=0, made_by="bench", made_at=now,
        )  # fmt: skip
        rows = sheet_lines.placed(sheet_lines.rows(reading.entries), sheet.id, sheet.period)
        sheets.describe(sheet, reading, rows, now)
        session.add(sheet)
        await session.flush()
        await sheet_checks.check(session, project, sheet, sheet_lines.checked(rows), [], now=now)
        for row in rows:
            session.add(SheetLine(**row))
            await session.flush()
        await queries.sheets.all_findings(session, sheet)
