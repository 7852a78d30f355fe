"""The least that taking a payroll sheet can be: parse the file and COPY its rows, unsealed.

Indexes get values of the length that blind ones have.
"""

import io
import json
import uuid
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Any

import asyncpg
from python_calamine import CalamineWorkbook

COLUMNS = (
    "id", "period", "sheet_id", "position", "sheet", "row", "id_type", "id_number", "id_index",
    "name", "name_index", "phone", "card_no", "card_index", "bank_name", "bank_code", "crew",
    "trade", "days", "hours", "items", "earned", "withheld", "late", "unpaid", "gross",
    "deductions", "net", "paid_on",
)  # fmt: skip


def rows(content: bytes, period: str, sheet_id: uuid.UUID) -> Iterator[Any]:
    """Give the rows between the title with its header and the row of sums."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    table = [list(each) for each in book.get_sheet_by_index(0).iter_rows()][2:-1]
    for n, values in enumerate(table, start=1):
        _, name, number, phone, crew, trade, days, *sums, card, bank, code = values
        base, extra, gross, advance, less, net = (Decimal(str(one)) for one in sums)
        items = {"base_pay": str(base), "overtime_pay": str(extra), "advance": str(advance)}
        yield (
            uuid.uuid4(), period, sheet_id, n, "工资表", n + 2, None, number.encode(),
            sha256(number.encode()).hexdigest(), name.encode(), sha256(name.encode()).hexdigest(),
            phone.encode(), card.encode(), sha256(card.encode()).hexdigest(), bank, code, crew,
            trade, Decimal(str(days)), None, json.dumps(items), base + extra, advance, None, None,
            gross, less, net, None,
        )  # fmt: skip


async def load(
    connection: "asyncpg.Connection[Any]", content: bytes, period: str, sheet_id: uuid.UUID
) -> None:
    """Parse and copy in one transaction."""
    async with connection.transaction():
        await connection.copy_records_to_table(
            "sheet_lines", records=rows(content, period, sheet_id), columns=COLUMNS
        )
