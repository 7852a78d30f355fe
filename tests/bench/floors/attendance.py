"""The least that taking a batch of attendance can be: COPY to a staging table, then one INSERT."""

from typing import Any

import asyncpg

COLUMNS = (
    "project_id", "source", "record_key", "day", "attendee_id", "at", "direction", "attend_type",
    "units", "confidence", "told_at",
)  # fmt: skip
STAGED = """
    CREATE TEMPORARY TABLE staged ON COMMIT DROP AS
    SELECT project_id, source, record_key, day, attendee_id, at, direction, attend_type, units,
        confidence, told_at
    FROM attendance WITH NO DATA
"""
WRITTEN = """
    INSERT INTO attendance (project_id, source, record_key, day, attendee_id, at, direction,
        attend_type, units, confidence, told_at)
    SELECT * FROM staged ON CONFLICT DO NOTHING
"""


async def load(connection: "asyncpg.Connection[Any]", rows: list[tuple[Any, ...]]) -> None:
    """Write rows, which are there in their types, in one transaction."""
    async with connection.transaction():
        await connection.execute(STAGED)
        await connection.copy_records_to_table("staged", records=rows, columns=COLUMNS)
        await connection.execute(WRITTEN)
