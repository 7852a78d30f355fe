"""Statements as files: 100,000 rows imported and matched beside parse and COPY; and in what memory.

Ours keeps the file, reads it in a child, seals counterparties and purposes, compares with what is
here, counts the thousand credits among the rows for what is owed, and audits.
"""

import asyncio
import csv
import io
import random
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import xlsxwriter

from services.payroll import actions, jobs
from services.payroll.actions.statement_files import Sent
from shared import clock, pii
from shared.areas import NATION
from shared.auth import Caller
from shared.config import Runtime
from shared.db import Sessions
from shared.files import Files, recognise
from shared.partitions import partition_statements
from tests.bench.floors import statement as floor
from tests.bench.ground import Connection, Ground, connected, opened
from tests.bench.judge import Goal, Line, Unit, best

TODAY = date(2026, 3, 1)
ROWS, CREDITS, WORKERS = 100_000, 1_000, 8_000
ACCOUNT_NO = "1755000000000000001"
HEADER = (
    *("交易日期", "交易时间", "借方发生额", "贷方发生额", "余额"),
    *("对方户名", "对方账号", "摘要", "用途", "交易流水号"),
)
MEGABYTES = 120
"""So much over idle may a process and its child take while they import."""
FILLED = """
    INSERT INTO known_areas (code, name, path, valid_from, told_at)
    VALUES ('422828', '鹤峰县', '/0/42/4228/422828/', '2000-01-01', '2000-01-01');
    INSERT INTO known_calendars (area_code, year, exceptions, provisional, told_at)
    SELECT '0', year, '{}', false, '2000-01-01' FROM generate_series(2025, 2027) year;
    INSERT INTO sources (id, code, name, bank_id, area_code, expected_by, expected_after_wd,
        from_day, expected_until, fed_until)
    VALUES (md5('source')::uuid, 'S1', '某银行', md5('bank')::uuid, '422828', '10:00', 1,
        '2026-01-01', '2026-03-01', '2025-12-31');
    INSERT INTO bank_feeds (id, source_id, bank_id, area_code, day, expected_at, calendar_version,
        status, changed_at)
    SELECT md5(day::text)::uuid, md5('source')::uuid, md5('bank')::uuid, '422828', day, day, 'v',
        'expected', day FROM generate_series(TIMESTAMP '2026-01-01', '2026-03-01', '1 day') day;
    INSERT INTO projects (id, area_code, status, developer_id, contractor_id, card, told_at)
    VALUES (md5('project')::uuid, '422828', '003', md5('developer')::uuid,
        md5('contractor')::uuid, '{}', '2025-01-01');
    INSERT INTO works_contracts (id, project_id, contractor_id, signed_on, contract_amount, basis,
        labour_cost, first_period, last_period, transfer_day, transfer_month, due_shift)
    VALUES (md5('contract')::uuid, md5('project')::uuid, md5('contractor')::uuid, '2025-01-01',
        1000000000, 'per_period', 30000000, '2026-01', '2026-12', 15, 'same', 'none');
    INSERT INTO wage_accounts (id, project_id, source_id, area_code, developer_id, account_no,
        account_index, account_name, bank_name, opened_on, changed_at)
    VALUES (md5('account')::uuid, md5('project')::uuid, md5('source')::uuid, '422828',
        md5('developer')::uuid, '\\x00', 'account', '某专用账户', '某银行', '2025-01-01',
        '2025-01-01');
    INSERT INTO obligations (id, project_id, works_contract_id, account_id, source_id, area_code,
        developer_id, contractor_id, period, previous_period, due_on, due_amount,
        credited_amount, on_time_amount, status, calendar_version, changed_at)
    SELECT md5(period)::uuid, md5('project')::uuid, md5('contract')::uuid,
        md5('account')::uuid, md5('source')::uuid, '422828', md5('developer')::uuid,
        md5('contractor')::uuid, period, NULL, month::date + 14, 30000000, 0, 0, 'planned', 'v',
        '2025-01-01'
    FROM generate_series(TIMESTAMP '2026-01-01', '2026-12-01', '1 month') month,
        LATERAL (SELECT to_char(month, 'YYYY-MM') AS period);
"""
ENTERED = "UPDATE wage_accounts SET account_index = $1, account_no = $2"
AGAIN = """
    TRUNCATE bank_lines, account_days, credits, credit_changes, statement_lines, statement_files,
        outbox CASCADE;
    UPDATE obligations SET credited_amount = 0, on_time_amount = 0, status = 'planned'
"""
WRITTEN = """
    SELECT count(*), sum(amount) FILTER (WHERE direction = 'in'), sum(amount), sum(balance),
        min(at), max(at), md5(string_agg(serial, ',' ORDER BY serial))
    FROM bank_lines
"""


def rows() -> list[list[object]]:
    """Give a month of a large project's account: developers' money in, wages out."""
    dice, balance = random.Random(5), 10**10
    made: list[list[object]] = []
    for n in range(ROWS):
        incoming = n % (ROWS // CREDITS) == 0
        amount = dice.randrange(10**6, 10**7) if incoming else dice.randrange(10**4, 10**6)
        balance += amount if incoming else -amount
        worker = dice.randrange(WORKERS)
        day = date(2026, 1, 1) + timedelta(days=n * 31 // ROWS)
        made.append(
            [
                day.isoformat(),
                f"{8 + n * 310 // ROWS % 10:02}:{n * 60 // ROWS % 60:02}:00",
                "" if incoming else amount / 100,
                amount / 100 if incoming else "",
                balance / 100,
                "某县城市建设投资有限公司" if incoming else f"张三{worker}",
                "42001234567890123" if incoming else f"62220212{worker:011}",
                "人工费拨付" if incoming else "代发工资",
                "2026年1月",
                f"S{n:012}",
            ]
        )
    return made


def as_xlsx(table: list[list[object]]) -> bytes:
    """Write a workbook."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("明细")
    for n, row in enumerate([["账号", ACCOUNT_NO], list(HEADER), *table]):
        sheet.write_row(n, 0, row)
    book.close()
    return file.getvalue()


def as_csv(table: list[list[object]]) -> bytes:
    """Write lines of text in GB18030."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([["账号", ACCOUNT_NO], HEADER])
    for row in table:
        writer.writerow([f"{each:.2f}" if isinstance(each, float) else each for each in row])
    return out.getvalue().encode("gb18030")


async def measure(ground: Ground) -> list[Line]:
    """Import the same month as xlsx and as csv, and look how much memory that takes."""
    table = rows()
    files = {"xlsx": as_xlsx(table), "csv": as_csv(table)}
    table.clear()
    runtime = Runtime(data_dir=ground.folder / "statement")
    pii.use(pii.Keyring.of(runtime))
    clock.move(clock.at(TODAY, 12))
    months = ";".join(partition_statements(TODAY))
    try:
        async with (
            ground.database("payroll", FILLED, first=months) as url,
            opened("payroll", url) as sessions,
            connected(url) as bare,
        ):
            sessions.files = Files.of(runtime, pii.keyring())
            sealed = pii.keyring().seal(ACCOUNT_NO)
            await bare.execute(ENTERED, pii.blind_index(ACCOUNT_NO, "account"), sealed)
            lines = [
                await _line(sessions, bare, "xlsx", files["xlsx"], Goal(ratio=4)),
                await _line(sessions, bare, "csv", files["csv"], Goal(ratio=7)),
            ]
            for kind, content in files.items():
                lines.append(await _memory(runtime, url, bare, kind, content))
            return lines
    finally:
        clock.move(None)


async def bring(sessions: Sessions, content: bytes) -> None:
    """Import a file as a route and the loop behind it do."""
    name = "对账单"
    kept = await sessions.files.keep(content, kind=recognise(content), name=name)
    caller = Caller("key:bank", frozenset({"operator"}), frozenset({NATION}))
    sent = Sent(kept, "S1", None, final=False)
    async with sessions.begin("bench") as session:
        await actions.statement_files.receive_statement_file(
            session, caller, sent, None, clock.now()
        )
    assert await jobs.read_statement_files(sessions) == 1


async def _line(
    sessions: Sessions, bare: Connection, kind: str, content: bytes, goal: Goal
) -> Line:
    written: dict[str, object] = {}
    days = {
        str(row["day"]): row["id"] for row in await bare.fetch("SELECT id, day FROM bank_feeds")
    }
    ids = tuple(
        [await bare.fetchval(f"SELECT md5('{name}')::uuid") for name in ("source", "account")]
    )

    def timed(name: str, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[float]]:
        async def run() -> float:
            await bare.execute(AGAIN)
            began = time.perf_counter()
            await work()
            spent = (time.perf_counter() - began) * 1000
            written[name] = tuple(await bare.fetchrow(WRITTEN) or ())
            return spent

        return run

    async def ours() -> None:
        await bring(sessions, content)

    async def least() -> None:
        parse = floor.xlsx if kind == "xlsx" else floor.text
        await floor.load(bare, parse, content, days, ids)

    spans = await best(Unit.SPAN, ours=timed("ours", ours), floor=timed("floor", least))
    faults = [] if written["ours"] == written["floor"] else ["writes other rows than its floor"]
    return Line(f"statement: 100,000 rows {kind}", Unit.SPAN, *spans, goal, faults)


async def _memory(runtime: Runtime, url: str, bare: Connection, kind: str, content: bytes) -> Line:
    """Import in a process of its own, which tells the most that it and its child took over idle."""
    await bare.execute(AGAIN)
    file = runtime.data_dir / f"statement.{kind}"
    file.write_bytes(content)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.memory", url, str(file), str(runtime.data_dir),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0
    goal = Goal(ours=MEGABYTES)
    size = len(content) / (1 << 20)
    return Line(
        f"statement: memory, {kind}",
        Unit.SIZE,
        float(said),
        size,
        goal=goal,
        note="floor: the file",
    )
