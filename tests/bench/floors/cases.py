"""The least that a list of cases, its counts, and a move of their clocks can be."""

from datetime import timedelta
from typing import Any

import asyncpg

_CASES = """
    FROM arrears_cases c
    WHERE c.area_code IN (SELECT code FROM known_areas WHERE path LIKE $1 || '%')
        AND c.stage = 'investigating' AND c.nature = 'wages'
"""
PAGE = f"SELECT c.*{_CASES} ORDER BY c.changed_xid, c.id LIMIT 51"
COUNTS = f"""
    SELECT count(*), count(*) FILTER (WHERE state = 'open'),
        count(*) FILTER (WHERE EXISTS (SELECT FROM case_clocks k WHERE k.case_id = c.id
            AND k.ended_at IS NULL AND k.over_at IS NOT NULL)),
        count(DISTINCT coalesce(employer_id::text, employer_name)) FILTER (WHERE state = 'open'),
        sum(workers), sum(claimed), sum(verified), sum(paid), sum(owed), sum(workers_owed)
    {_CASES}
"""  # noqa: S608  built of constants
MOVED = """
    UPDATE arrears_cases c SET next_at = became.at, changed_at = now(),
        changed_xid = pg_current_xact_id()::text::bigint
    FROM (SELECT case_id, min(due_at) + $1 AS at FROM case_clocks GROUP BY case_id) AS became
    WHERE became.case_id = c.id
"""


async def page(connection: "asyncpg.Connection[Any]", path: str) -> list[str]:
    """Give the ids of the first page of an area's cases of one stage."""
    return [str(row["id"]) for row in await connection.fetch(PAGE, path)][:50]


async def counts(connection: "asyncpg.Connection[Any]", path: str) -> tuple[Any, ...]:
    """Count the same."""
    row = await connection.fetchrow(COUNTS, path)
    return tuple(row) if row else ()


async def move(connection: "asyncpg.Connection[Any]", by: timedelta) -> int:
    """Move what all cases wait for in one UPDATE … FROM; give how many they were."""
    return int((await connection.execute(MOVED, by)).split()[-1])
