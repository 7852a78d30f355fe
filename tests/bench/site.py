"""A site of 10,000 workers with contracts, cards and a month's attendance; and who serves it."""

import asyncio
import io
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import xlsxwriter

from services.payroll.models import (
    Attendee,
    LabourContract,
    PayeeAccount,
    RosterEntry,
    Worker,
)
from services.payroll.rules.roster import Spell
from services.payroll.rules.trades import ContractForm, IdType, PeriodType, WorkerRole
from shared import clock, pii, sets
from shared.auth import make_token
from shared.config import Runtime
from shared.db import Session, new_id
from tests.bench.ground import Connection
from tests.payroll.people import card_no, id_number
from tests.waiting import until

ROOT = Path(__file__).parents[2]
COUNTY = "422828"
PROJECT, CONTRACTOR = UUID(int=1), UUID(int=2)
WORKERS, DAYS = 10_000, 22
EVERY = 100
"""Of so many lines one is wrong, in one of four ways."""
FILLED = """
    INSERT INTO known_areas (code, name, path, valid_from, told_at)
    SELECT code, code, path, '2000-01-01', '2024-01-01' FROM (VALUES ('0', '/0/'),
        ('42', '/0/42/'), ('4228', '/0/42/4228/'), ('422828', '/0/42/4228/422828/')) a (code, path);
    INSERT INTO known_calendars (area_code, year, exceptions, provisional, told_at)
    SELECT '0', year, '{}', false, '2000-01-01' FROM generate_series(2020, 2030) year;
    INSERT INTO projects (id, area_code, status, developer_id, contractor_id, card, told_at)
    VALUES (lpad('1', 32, '0')::uuid, '422828', '003', md5('developer')::uuid,
        lpad('2', 32, '0')::uuid, '{"name": "鹤峰县某道路工程"}', '2025-01-01');
"""
SEEN = """
    INSERT INTO attendance
        (project_id, source, record_key, day, attendee_id, at, direction, told_at)
    SELECT project_id, 'gate_vendor:A1', day || '-' || id, day, id, day + interval '7 hours', '01',
        day + interval '8 hours'
    FROM attendees, generate_series($1::date, $1::date + 21, interval '1 day') day
"""
# Each worker is at two more sites, of a thousand workers: numbers 100 to 119.
OTHERS = """
    INSERT INTO projects (id, area_code, status, developer_id, contractor_id, card, told_at)
    SELECT lpad(n::text, 32, '0')::uuid, area_code, status, developer_id, contractor_id, card,
        told_at
    FROM projects, generate_series(100, 119) n;
    CREATE TEMPORARY TABLE at_site AS
    SELECT id AS worker_id, lpad((100 + at * 10 + number / 1000)::text, 32, '0')::uuid AS project_id
    FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM workers) w,
        generate_series(0, 1) at;
    INSERT INTO roster_entries
    SELECT (json_populate_record(e, json_build_object(
        'id', gen_random_uuid(), 'project_id', s.project_id))).*
    FROM roster_entries e JOIN at_site s USING (worker_id);
    INSERT INTO labour_contracts
    SELECT (json_populate_record(e, json_build_object(
        'id', gen_random_uuid(), 'project_id', s.project_id))).*
    FROM labour_contracts e JOIN at_site s USING (worker_id);
    INSERT INTO payee_accounts
    SELECT (json_populate_record(e, json_build_object(
        'id', gen_random_uuid(), 'project_id', s.project_id))).*
    FROM payee_accounts e JOIN at_site s USING (worker_id);
    INSERT INTO attendees
    SELECT (json_populate_record(a, json_build_object(
        'id', gen_random_uuid(), 'project_id', s.project_id))).*
    FROM attendees a JOIN workers w USING (id_index) JOIN at_site s ON s.worker_id = w.id;
"""
HEADER = (
    *("序号", "姓名", "身份证号码", "手机号码", "班组", "工种", "出勤天数", "基本工资", "加班工资"),
    *("应发工资", "借支", "扣款合计", "实发工资", "银行卡号", "开户银行", "开户行号"),
)


def month() -> date:
    """Give the first day of the month before this one: its wages are sent now."""
    return (clock.today().replace(day=1) - timedelta(days=1)).replace(day=1)


def period() -> str:
    """Give that month."""
    return f"{month():%Y-%m}"


def name_of(n: int) -> str:
    """Give the n-th name: as people are called, few of them alike."""
    return "赵钱孙李周吴郑王"[n % 8] + chr(0x4E00 + n // 8 % 5000) + chr(0x5200 + n % 97)


def row(n: int) -> list[object]:
    """Give the n-th worker's line; one of a hundred is wrong."""
    base, extra, advance = 5000 + n % 300, (n % 40) * 12.5, n % 7 * 100
    gross = base + extra
    net, card, days, number = gross - advance, card_no(n), DAYS, id_number(n)
    if n % EVERY == 0:
        wrong = n // EVERY % 4
        net += 10 * (wrong == 0)
        card = card_no(n + 500_000) if wrong == 1 else card
        days += 4 * (wrong == 2)
        number = id_number(n + 500_000) if wrong == 3 else number
    return [
        n + 1, name_of(n), number, f"1381{n:07d}", f"{n % 40 + 1}班", "钢筋工", days, base, extra,
        gross, advance, advance, net, card, "中国农业银行鹤峰县支行", "103536000123",
    ]  # fmt: skip


def book(first: int, rows: int) -> bytes:
    """Write a month's sheet of some workers: a title, the header, their rows, the sums."""
    file = io.BytesIO()
    written = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = written.add_worksheet("工资表")
    sheet.write(0, 0, f"{month().year}年{month().month}月农民工工资表")
    made = [row(n) for n in range(first, first + rows)]
    for n, values in enumerate([list(HEADER), *made], start=1):
        sheet.write_row(n, 0, values)
    sums = [sum(float(str(each[at])) for each in made) for at in range(7, 13)]
    sheet.write_row(rows + 2, 0, ["合计", *[""] * 6, *sums])
    written.close()
    return file.getvalue()


async def fill(session: Session) -> None:
    """Put the workers on the roster, with contracts and cards, and let gates see them."""
    now, began = clock.now(), month() - timedelta(days=40)
    told: dict[str, Any] = {"told_at": now, "told_by": "bench"}
    workers = [
        {
            "id": new_id(), "id_type": IdType.RESIDENT, "id_number": id_number(n),
            "id_index": pii.blind_index(id_number(n), "id_number"), "name": name_of(n),
            "name_index": pii.blind_index(name_of(n), "name"), "phone": None, "phone_index": None,
            "told_at": now,
        }
        for n in range(WORKERS)
    ]  # fmt: skip
    here: list[dict[str, Any]] = [
        {"id": new_id(), "project_id": PROJECT, "worker_id": one["id"]} | told for one in workers
    ]
    spell = Spell(began, None)
    await sets.copied(session, Worker, workers)
    await sets.copied(session, RosterEntry, [
        one | {
            "id": new_id(), "employer_id": CONTRACTOR, "crew_id": None, "role": WorkerRole.WORKER,
            "trade": None, "is_leader": False, "name_index": worker["name_index"],
            "entered_on": spell.entered_on, "left_on": None, "leave_reason": None, "insured": None,
            "injury_insured": None,
        }
        for one, worker in zip(here, workers, strict=True)
    ])  # fmt: skip
    await sets.copied(session, LabourContract, [
        one | {
            "id": new_id(), "employer_id": CONTRACTOR, "form": ContractForm.LABOUR_CONTRACT,
            "period_type": PeriodType.FIXED_TERM, "start_on": began, "end_on": None, "unit": None,
            "unit_price": None, "file_id": None, "sha256": None,
        }
        for one in here
    ])  # fmt: skip
    await sets.copied(session, PayeeAccount, [
        one | {
            "id": new_id(), "card_no": card_no(n),
            "card_index": pii.blind_index(card_no(n), "card"), "bank_code": None, "bank_name": None,
            "holder_index": worker["name_index"],
            "is_own": True, "usable_from": now - timedelta(days=90), "replaced_at": None,
        }
        for n, (one, worker) in enumerate(zip(here, workers, strict=True))
    ])  # fmt: skip
    await sets.copied(session, Attendee, [
        {
            "id": new_id(), "project_id": PROJECT, "id_type": "01", "id_number": one["id_number"],
            "id_index": one["id_index"], "first_told_at": now,
        }
        for one in workers
    ])  # fmt: skip


async def settled(bare: Connection) -> None:
    """Put everybody on further sites, let gates see them on each day, and count the tables."""
    await bare.execute(OTHERS)
    await bare.execute(SEEN, month())
    for table in ("attendance", "attendees", "workers", "roster_entries", "labour_contracts"):
        await bare.execute(f"ANALYZE {table}")
    await bare.execute("ANALYZE payee_accounts")


class Door:
    """A service as a process of its own, and its HTTP door."""

    def __init__(self, base: str, pid: int, headers: Mapping[str, str]) -> None:
        self.base, self.pid, self.headers = base, pid, dict(headers)

    def client(self, **more: Any) -> httpx.AsyncClient:
        """Give a client that speaks as somebody of the contractor."""
        limits = httpx.Limits(max_connections=100)
        return httpx.AsyncClient(
            base_url=self.base, headers=self.headers, timeout=120, limits=limits, **more
        )


@asynccontextmanager
async def served(url: str, runtime: Runtime) -> AsyncIterator[Door]:
    """Serve payroll as its own process on a database."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    environment = {
        "PATH": "/usr/bin:/bin", "PAYROLL_DATABASE_URL": url, "DATA_DIR": str(runtime.data_dir),
        "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    roles, areas = ["contractor"], [COUNTY]
    token = make_token(runtime, subject="bench", roles=roles, areas=areas, org=CONTRACTOR)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.serving", "payroll", str(port),
        cwd=ROOT, env=environment, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with httpx.AsyncClient() as http:

            async def answers() -> bool:
                assert process.returncode is None
                try:
                    return (await http.get(f"{base}/readyz")).is_success
                except httpx.TransportError:
                    return False

            await until(answers, within=60)
        yield Door(base, process.pid, {"authorization": f"Bearer {token}"})
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
