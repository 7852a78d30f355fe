"""The least that a due-day scan can be: one statement that judges, tells and records."""

from datetime import date, datetime
from typing import Any

import asyncpg

SCAN = """
    WITH found AS MATERIALIZED (
        SELECT mine.id FROM sources s, LATERAL (
            SELECT o.id FROM obligations o WHERE o.source_id = s.id AND o.due_on < $2
                AND o.status IN ('planned', 'due') AND o.due_on <= s.fed_until
            ORDER BY o.source_id, o.due_on LIMIT 1000) mine
        UNION ALL (SELECT o.id FROM obligations o WHERE o.source_id IS NULL AND o.due_on < $2
            AND o.status IN ('planned', 'due') ORDER BY o.source_id, o.due_on LIMIT 1000)
        LIMIT 1000
    ), missed AS (
        UPDATE obligations o SET missed_on = $2, changed_at = $1,
            changed_xid = pg_current_xact_id()::text::bigint,
            status = CASE WHEN o.credited_amount >= o.due_amount THEN 'full'
                WHEN o.credited_amount > 0 THEN 'short' ELSE 'none' END
        FROM found WHERE o.id = found.id
        RETURNING o.*, old.status AS was
    ), told AS (
        INSERT INTO outbox (id, type, key, occurred_at, created_at, traceparent, body, replayed)
        SELECT uuidv7($1 - now()), 'payroll.transfer_missed.v1', m.project_id::text, $1,
            now(), '00-' || md5(m.id::text) || '-' || left(md5(m.id::text), 16) || '-01',
            convert_to(jsonb_build_object(
                'project_id', m.project_id, 'project', p.card, 'area_code', m.area_code,
                'obligation_id', m.id, 'works_contract_id', m.works_contract_id,
                'account_id', m.account_id, 'period', m.period,
                'previous_period', m.previous_period, 'due_on', m.due_on,
                'due_amount', m.due_amount::text,
                'lacking', (m.due_amount - m.on_time_amount)::text,
                'calendar_version', m.calendar_version)::text, 'UTF8'), false
        FROM missed m JOIN projects p ON p.id = m.project_id
    ), recorded AS (
        INSERT INTO audit (id, at, actor, action, table_name, row_id, before, after)
        SELECT uuidv7(), clock_timestamp(), 'job:find_missed_transfers', 'update', 'obligations',
            m.id::text, jsonb_build_object('status', m.was, 'missed_on', NULL),
            jsonb_build_object('status', m.status, 'missed_on', m.missed_on)
        FROM missed m
    )
    SELECT count(*) FROM missed
"""


async def scan(connection: "asyncpg.Connection[Any]", now: datetime, today: date) -> int:
    """Miss what is over and not paid; give how many were."""
    return int(await connection.fetchval(SCAN, now, today))
