"""The board: 10,000 projects over 24 months, counted by developer for whoever looks at it."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

from httpx import ASGITransport, AsyncClient

from shared import clock
from shared.app import service_app
from shared.auth import Keys, make_token
from shared.config import Runtime
from shared.partitions import partition_statements
from tests.bench.floors import board as floor
from tests.bench.ground import Connection, Ground, connected, opened
from tests.bench.judge import Goal, Line, Unit
from tests.fixtures.database import load

COUNTY, TODAY = "422828", date(2026, 6, 16)
ASKED = 60
"""How often each is asked, in turn, so that both meet the same machine."""
# Twenty sources, each fed through yesterday. Every twentieth project lacks money for its last
# months, every second of these has a part of it; a credit stands behind each amount that came.
FILLED = """
    INSERT INTO known_areas (code, name, path, valid_from, told_at)
    SELECT code, code, path, '2000-01-01', '2024-01-01' FROM (VALUES ('0', '/0/'),
        ('42', '/0/42/'), ('4228', '/0/42/4228/'), ('422828', '/0/42/4228/422828/')) a (code, path);

    INSERT INTO sources (id, code, name, bank_id, area_code, expected_by, expected_after_wd,
        from_day, expected_until, fed_until)
    SELECT md5('source' || n)::uuid, 'S' || n, '银行' || n, md5('bank' || n)::uuid, '422828',
        '10:00', 1, '2024-06-01', '2026-06-16', '2026-06-15'
    FROM generate_series(0, 19) n;

    INSERT INTO bank_feeds (id, source_id, bank_id, area_code, day, expected_at, calendar_version,
        status, closed_at, completed_at, changed_at)
    SELECT md5('feed' || n || day)::uuid, md5('source' || n)::uuid, md5('bank' || n)::uuid,
        '422828', day, day + interval '34 hours', 'calendar',
        CASE WHEN day < '2026-06-16' THEN 'complete' ELSE 'expected' END,
        CASE WHEN day < '2026-06-16' THEN day + interval '30 hours' END,
        CASE WHEN day < '2026-06-16' THEN day + interval '30 hours' END, '2024-06-01'
    FROM generate_series(0, 19) n, generate_series(DATE '2024-06-01', '2026-06-16', '1 day') day;

    INSERT INTO projects (id, area_code, status, developer_id, contractor_id, card, told_at)
    SELECT md5('project' || n)::uuid, '422828', '003', developer, contractor,
        jsonb_build_object('project_id', md5('project' || n)::uuid, 'name', '某工程' || n,
            'area_code', '422828', 'status', '003', 'investment_type', 'government',
            'funding_source', NULL, 'developer_id', developer,
            'developer_name', '建设单位' || n % 300,
            'contractor_id', contractor, 'contractor_name', '某建设公司',
            'sector_authority_id', NULL, 'supervised_since', '2024-06-01'),
        '2024-06-01'
    FROM generate_series(0, 9999) n, LATERAL (
        SELECT md5('developer' || n % 300)::uuid AS developer,
            md5('contractor' || n % 900)::uuid AS contractor);

    INSERT INTO wage_accounts (id, project_id, source_id, area_code, developer_id, account_no,
        account_index, account_name, bank_name, opened_on, changed_at, registered_at)
    SELECT md5('account' || n)::uuid, md5('project' || n)::uuid, md5('source' || n % 20)::uuid,
        '422828', md5('developer' || n % 300)::uuid, '\\x00', 'account' || n, '某专用账户',
        '某银行', '2024-06-01', '2024-06-01', '2024-06-01'
    FROM generate_series(0, 9999) n WHERE n % 100 <> 99;

    INSERT INTO works_contracts (id, project_id, contractor_id, signed_on, contract_amount, basis,
        labour_cost, first_period, last_period, transfer_day, transfer_month, due_shift)
    SELECT md5('contract' || n)::uuid, md5('project' || n)::uuid,
        md5('contractor' || n % 900)::uuid, '2024-06-01', 10000000, 'per_period', 100000,
        '2024-07', '2026-06', 15, 'same', 'none'
    FROM generate_series(0, 9999) n;

    INSERT INTO obligations (id, project_id, works_contract_id, account_id, source_id, area_code,
        developer_id, contractor_id, period, previous_period, due_on, due_amount,
        credited_amount, on_time_amount, status, missed_on, calendar_version, changed_at,
        due_since, known_at)
    SELECT md5(period || n)::uuid, md5('project' || n)::uuid, md5('contract' || n)::uuid,
        CASE WHEN n % 100 <> 99 THEN md5('account' || n)::uuid END,
        CASE WHEN n % 100 <> 99 THEN md5('source' || n % 20)::uuid END,
        '422828', md5('developer' || n % 300)::uuid, md5('contractor' || n % 900)::uuid,
        period, to_char(month - interval '1 month', 'YYYY-MM'), due_on, 100000, paid, paid,
        CASE WHEN paid = 100000 THEN 'full' WHEN paid = 0 THEN 'none' ELSE 'short' END,
        CASE WHEN paid < 100000 THEN due_on + 1 END, 'calendar', '2024-06-01', '2024-06-01',
        '2024-06-01'
    FROM generate_series(0, 9999) n,
        generate_series(TIMESTAMP '2024-07-01', '2026-06-01', '1 month') month,
        LATERAL (SELECT to_char(month, 'YYYY-MM') AS period, month::date + 14 AS due_on),
        LATERAL (SELECT CASE WHEN n % 20 <> 1 OR month < '2026-04-01' THEN 100000
            WHEN n % 40 = 1 THEN 40000 ELSE 0 END AS paid)
    ORDER BY month, n;

    INSERT INTO credits (id, obligation_id, account_index, line_id, serial, at, credited_on, period,
        amount, counted_at, known_at)
    SELECT md5('credit' || o.id)::uuid, o.id, 'account', md5('line' || o.id)::uuid, 'L',
        o.due_on, o.due_on, o.period, o.credited_amount, o.due_on, o.due_on
    FROM obligations o WHERE o.credited_amount > 0;
"""
MONTHS = ";".join(partition_statements(TODAY))


async def measure(ground: Ground) -> list[Line]:
    """Ask for the board through its door, and for the same figures in one bare statement."""
    clock.move(clock.at(TODAY, 12))
    try:
        async with (
            ground.database("payroll", FILLED, first=MONTHS) as url,
            _door(url, ground) as client,
            connected(url) as bare,
        ):
            return [await _line(client, bare)]
    finally:
        clock.move(None)


@asynccontextmanager
async def _door(url: str, ground: Ground) -> AsyncIterator[AsyncClient]:
    """Open the service's HTTP door as its process does, for somebody of the wage office."""
    runtime = Runtime(data_dir=ground.folder, database_url=None, kafka_brokers=None)
    app = service_app(load("payroll"))
    async with opened("payroll", url) as sessions:
        app.state.sessions, app.state.keys = sessions, Keys(runtime)
        token = make_token(runtime, subject="bench", roles=["wage_office"], areas=[COUNTY])
        headers = {"authorization": f"Bearer {token}"}
        async with AsyncClient(
            transport=ASGITransport(app), base_url="http://bench", headers=headers
        ) as client:
            yield client


async def _line(client: AsyncClient, bare: Connection) -> Line:
    ours: list[float] = []
    least: list[float] = []
    faults = []
    for _ in range(ASKED):
        began = time.perf_counter()
        rows = await floor.board(bare, COUNTY, TODAY)
        least.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        answer = await client.get("/v1/obligations/summary", params={"by": "developer"})
        ours.append((time.perf_counter() - began) * 1000)
        if _figures(answer.json()) != sorted(row[:1] + row[2:] for row in rows):
            faults = ["counts other figures than its floor"]
    mine, floors = (sorted(spans)[len(spans) * 95 // 100] for spans in (ours, least))
    # An answer is more than its statement: who asks, what for, and the body that is written.
    goal = Goal(ours=300, above=15)
    return Line("board of 10,000 projects p95", Unit.SPAN, mine, floors, goal=goal, faults=faults)


def _figures(said: dict[str, Any]) -> list[tuple[Any, ...]]:
    return sorted(
        (one["developer"]["id"], one["projects"], one["none"], one["short"], one["shortfall"])
        for one in said["items"]
    )
