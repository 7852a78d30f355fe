"""The least that an export can be: rows as the database makes JSON of them, read by a cursor."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg

# The columns that the list shows, in the order in which its sync goes.
SELECTED = """
    SELECT json_build_object('kind', 'row', 'row', json_build_object(
        'id', id, 'project_id', project_id, 'works_contract_id', works_contract_id,
        'account_id', account_id, 'area_code', area_code, 'developer_id', developer_id,
        'contractor_id', contractor_id, 'period', period, 'due_on', due_on,
        'due_amount', due_amount::text, 'credited_amount', credited_amount::text,
        'on_time_amount', on_time_amount::text,
        'lacking', greatest(due_amount - credited_amount, 0)::text, 'status', status,
        'missed_on', missed_on, 'calendar_version', calendar_version,
        'changed_at', changed_at))::text
    FROM obligations ORDER BY changed_xid, id
"""


async def lines(connection: "asyncpg.Connection[Any]", page: int) -> AsyncIterator[bytes]:
    """Give all rows as lines, so many at a time."""
    async with connection.transaction():
        cursor = await connection.cursor(SELECTED)
        while rows := await cursor.fetch(page):
            yield "".join(f"{row[0]}\n" for row in rows).encode()
