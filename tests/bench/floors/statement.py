"""The least that importing a statement can be: parse the file and COPY its rows, nothing sealed."""

import csv
import io
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import asyncpg
from python_calamine import CalamineWorkbook

COLUMNS = (
    "account_index", "id", "source_id", "feed_id", "account_id", "day", "serial", "at", "direction",
    "amount", "balance", "left_amount", "purpose", "counterparty_name", "counterparty_name_index",
    "counterparty_account", "counterparty_account_index", "received_at",
)  # fmt: skip
Table = Iterable[list[Any]]


def xlsx(content: bytes) -> Table:
    """Parse a workbook."""
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).iter_rows()


def text(content: bytes) -> Table:
    """Parse lines of text."""
    return csv.reader(io.StringIO(content.decode("gb18030")))


def records(table: Table, days: dict[str, uuid.UUID], ids: tuple[uuid.UUID, ...]) -> Iterator[Any]:
    """Give the rows of bank lines, below account and header."""
    source_id, account_id = ids
    now = datetime.now(UTC)  # noqa: TID251  a floor knows no clock of ours
    rows = iter(table)
    next(rows), next(rows)
    for day, clock, out, into, balance, name, account, summary, use, serial in rows:
        amount = Decimal(str(into or out))
        at = datetime.fromisoformat(f"{day}T{clock}+08:00")
        yield (
            "account", uuid.uuid4(), source_id, days[day], account_id, at.date(), serial, at,
            "in" if into else "out", amount, Decimal(str(balance)), amount if into else 0,
            f"{summary} {use}".encode(), name.encode(), name, account.encode(), account, now,
        )  # fmt: skip


async def load(
    connection: "asyncpg.Connection[Any]",
    parse: Callable[[bytes], Table],
    content: bytes,
    days: dict[str, uuid.UUID],
    ids: tuple[uuid.UUID, ...],
) -> None:
    """Parse and copy in one transaction."""
    async with connection.transaction():
        await connection.copy_records_to_table(
            "bank_lines", records=records(parse(content), days, ids), columns=COLUMNS
        )
