"""The due-day scan: 1,000,000 obligations, of which 1,000 are newly missed, or none."""

import json
import time
from collections.abc import Sequence
from datetime import date
from typing import Any

from services.payroll import jobs
from shared import clock
from shared.db import Sessions
from shared.partitions import partition_statements
from tests.bench.floors import scan as floor
from tests.bench.ground import Connection, Ground, connected, opened
from tests.bench.judge import Goal, Line, Run, Unit, best
from tests.fixtures.database import heard

TODAY = date(2026, 6, 16)
MISSED = 1000
FEW = 1000
"""Rows of a table that may be read as a whole: the sources, of which all are asked for."""
# 50,000 contracts of 20 months each; the day of one of these ended at midnight. 200 sources, of
# which the last ten are late; every hundredth project has no account. What is over is paid, but
# for every fortieth, and what waits for a late source.
FILLED = """
    INSERT INTO sources (id, code, name, bank_id, area_code, expected_by, expected_after_wd,
        from_day, expected_until, fed_until)
    SELECT md5('source' || n)::uuid, 'S' || n, '银行' || n, md5('bank' || n)::uuid, '422828',
        '10:00', 1, '2025-01-01', '2026-06-15', DATE '2026-06-15' - (n >= 190)::int * 5
    FROM generate_series(0, 199) n;

    INSERT INTO projects (id, area_code, status, developer_id, contractor_id, card, told_at)
    SELECT md5('project' || n)::uuid, '422828', '003', developer, contractor,
        jsonb_build_object('project_id', md5('project' || n)::uuid, 'name', '某工程' || n,
            'area_code', '422828', 'status', '003', 'investment_type', 'government',
            'funding_source', NULL, 'developer_id', developer, 'developer_name', '某建设单位',
            'contractor_id', contractor, 'contractor_name', '某建设公司',
            'sector_authority_id', NULL, 'supervised_since', '2025-01-01', 'started_on', NULL,
            'completed_on', NULL),
        '2025-01-01'
    FROM generate_series(0, 49999) n, LATERAL (
        SELECT md5('developer' || n % 5000)::uuid AS developer,
            md5('contractor' || n % 8000)::uuid AS contractor);

    INSERT INTO wage_accounts (id, project_id, source_id, area_code, developer_id, account_no,
        account_index, account_name, bank_name, opened_on, changed_at)
    SELECT md5('account' || n)::uuid, md5('project' || n)::uuid, md5('source' || n / 250)::uuid,
        '422828', md5('developer' || n % 5000)::uuid, '\\x00', 'account' || n, '某专用账户',
        '某银行', '2025-01-01', '2025-01-01'
    FROM generate_series(0, 49999) n WHERE n % 100 <> 99;

    INSERT INTO works_contracts (id, project_id, contractor_id, signed_on, contract_amount, basis,
        labour_cost, first_period, last_period, transfer_day, transfer_month, due_shift)
    SELECT md5('contract' || n)::uuid, md5('project' || n)::uuid,
        md5('contractor' || n % 8000)::uuid, '2025-01-01', 10000000, 'per_period', 100000,
        '2025-05', '2026-12', 15, 'same', 'none'
    FROM generate_series(0, 49999) n;

    INSERT INTO obligations (id, project_id, works_contract_id, account_id, source_id, area_code,
        developer_id, contractor_id, period, previous_period, due_on, due_amount,
        credited_amount, on_time_amount, status, missed_on, calendar_version, changed_at)
    SELECT md5(period || n)::uuid, md5('project' || n)::uuid, md5('contract' || n)::uuid,
        CASE WHEN n % 100 <> 99 THEN md5('account' || n)::uuid END,
        CASE WHEN n % 100 <> 99 THEN md5('source' || n / 250)::uuid END,
        '422828', md5('developer' || n % 5000)::uuid, md5('contractor' || n % 8000)::uuid,
        period, to_char(month - interval '1 month', 'YYYY-MM'), due_on, 100000,
        paid, paid, status,
        CASE WHEN status = 'none' THEN due_on + 1 END, 'calendar', '2025-01-01'
    FROM generate_series(0, 49999) n,
        generate_series(TIMESTAMP '2025-05-01', '2026-12-01', '1 month') month,
        LATERAL (SELECT to_char(month, 'YYYY-MM') AS period, month::date + 14 AS due_on),
        LATERAL (SELECT CASE
            WHEN due_on >= '2026-06-16' THEN 'planned'
            WHEN due_on = '2026-06-15' AND n >= 47500 AND n % 100 <> 99 THEN 'due'
            WHEN n % 40 = 1 THEN 'none' ELSE 'full' END AS status),
        LATERAL (SELECT CASE WHEN status = 'full' THEN 100000 ELSE 0 END AS paid)
    ORDER BY month, n;
"""
MONTHS = ";".join(partition_statements(TODAY))
# The same thousand are news in each run, a twentieth of them paid in part. They lie with all
# sources that are not late, and ten have no account. A miss is told under one id, so that what
# was told of it before is taken away.
AGAIN = """
    TRUNCATE outbox;
    UPDATE obligations SET status = 'planned', missed_on = NULL, on_time_amount = paid,
        credited_amount = paid
    FROM generate_series(0, 999) n, LATERAL (SELECT (n % 20 = 0)::int * 40000 AS paid)
    WHERE id = md5('2026-06' || n * 47)::uuid
"""
# What a run told and recorded, without what differs by chance: ids, times and traces.
TOLD = """
    SELECT type, key, convert_from(body, 'UTF8')::jsonb AS body, occurred_at, replayed
    FROM outbox WHERE position > $1 ORDER BY key
"""
RECORDED = """
    SELECT actor, action, table_name, row_id, before, after FROM audit
    WHERE position > $1 ORDER BY row_id
"""
STANDS = """
    SELECT id, status, missed_on, changed_at, changed_xid = (
        SELECT max(changed_xid) FROM obligations WHERE missed_on = $1) AS together
    FROM obligations WHERE missed_on = $1 ORDER BY id
"""
LAST = "SELECT coalesce((SELECT max(position) FROM {}), 0)"


async def measure(ground: Ground) -> list[Line]:
    """Scan a million obligations, with a thousand newly missed and with none."""
    now = clock.at(TODAY)
    clock.move(now)
    try:
        async with (
            ground.database("payroll", FILLED, first=MONTHS) as url,
            opened("payroll", url) as sessions,
            connected(url) as bare,
        ):
            return await _lines(sessions, bare)
    finally:
        clock.move(None)


async def _lines(sessions: Sessions, bare: Connection) -> list[Line]:
    written: dict[str, Any] = {}

    def timed(name: str, scan: Run) -> Run:
        async def run() -> float:
            await bare.execute(AGAIN)
            await bare.execute("VACUUM obligations")
            before = [await bare.fetchval(LAST.format(table)) for table in ("outbox", "audit")]
            began = time.perf_counter()
            found = await scan()
            spent = time.perf_counter() - began
            written[name] = await _written(bare, before)
            assert found == MISSED, f"{name} found {found}"
            return spent * 1000

        return run

    async def ours() -> float:
        return await _until_none(sessions)

    async def least() -> float:
        return await floor.scan(bare, clock.now(), TODAY)

    spans = await best(Unit.SPAN, ours=timed("ours", ours), floor=timed("floor", least))
    faults = [] if written["ours"] == written["floor"] else ["writes other rows than its floor"]
    missed = Line("scan: 1,000 newly missed", Unit.SPAN, *spans, Goal(ratio=4), faults)
    return [missed, await _none_missed(sessions, bare)]


async def _until_none(sessions: Sessions) -> int:
    """Run the poll as the clock door does: again while it finds something."""
    done = 0
    while found := await jobs.find_missed_transfers(sessions):
        done += found
    return done


async def _written(bare: Connection, before: Sequence[int]) -> object:
    told = [dict(row) for row in await bare.fetch(TOLD, before[0])]
    recorded = [dict(row) for row in await bare.fetch(RECORDED, before[1])]
    stands = [dict(row) for row in await bare.fetch(STANDS, TODAY)]
    for row in told:
        row["body"] = json.loads(row["body"])
    for row in recorded:
        row["before"], row["after"] = json.loads(row["before"]), json.loads(row["after"])
    return told, recorded, [(row["id"], row["status"], row["changed_at"]) for row in stands]


async def _none_missed(sessions: Sessions, bare: Connection) -> Line:
    await bare.execute("VACUUM obligations")

    async def ours() -> float:
        began = time.perf_counter()
        assert await _until_none(sessions) == 0
        return (time.perf_counter() - began) * 1000

    async def least() -> float:
        began = time.perf_counter()
        assert await floor.scan(bare, clock.now(), TODAY) == 0
        return (time.perf_counter() - began) * 1000

    spans = await best(Unit.SPAN, ours=ours, floor=least, slices=5)
    with heard(sessions) as statements:
        await _until_none(sessions)
    read = await _read_whole(bare, statements)
    faults = [f"reads all of {', '.join(sorted(read))}"] if read else []
    note = f"{len(statements)} statements, no sequential scan"
    return Line("scan: none missed", Unit.SPAN, *spans, Goal(ours=20), faults, note)


async def _read_whole(bare: Connection, statements: Sequence[tuple[str, Any]]) -> set[str]:
    """Give the tables that statements read from one end to the other, but small ones."""
    read: set[str] = set()
    for statement, values in statements:
        (plan,) = json.loads(await bare.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *values))
        read |= _scanned(plan["Plan"])
    sizes = await bare.fetch(
        "SELECT relname, greatest(reltuples, 0) AS rows FROM pg_class WHERE relname = ANY($1)",
        list(read),
    )
    return {row["relname"] for row in sizes if row["rows"] > FEW}


def _scanned(plan: dict[str, Any]) -> set[str]:
    here = {plan["Relation Name"]} if plan["Node Type"].endswith("Seq Scan") else set()
    return here.union(*(_scanned(part) for part in plan.get("Plans", ())))
