"""The least that the board's figures can be: one statement over what stands there today."""

from datetime import date
from typing import Any

import asyncpg

BOARD = """
    WITH supervised AS (
        SELECT p.id, p.developer_id AS unit, p.card ->> 'developer_name' AS name
        FROM projects p
        WHERE p.area_code = $1 AND p.status = '003'
            AND (p.card ->> 'supervised_since')::date <= $2
    ), owing AS (
        SELECT o.project_id, sum(o.due_amount - o.credited_amount) AS lacking,
            sum(o.credited_amount) AS credited
        FROM obligations o LEFT JOIN sources s ON s.id = o.source_id
        WHERE o.due_on < $2 AND o.credited_amount < o.due_amount
            AND (o.source_id IS NULL OR o.due_on <= s.fed_until)
        GROUP BY o.project_id
    )
    SELECT p.unit::text, max(p.name), count(*) AS projects,
        count(*) FILTER (WHERE o.credited = 0) AS none,
        count(*) FILTER (WHERE o.credited > 0) AS short,
        coalesce(sum(o.lacking), 0.00)::text AS shortfall
    FROM supervised p LEFT JOIN owing o ON o.project_id = p.id
    GROUP BY p.unit
"""


async def board(
    connection: "asyncpg.Connection[Any]", area_code: str, today: date
) -> list[tuple[Any, ...]]:
    """Count by developer how many of an area's supervised projects lack money, and how much."""
    return [tuple(row) for row in await connection.fetch(BOARD, area_code, today)]
