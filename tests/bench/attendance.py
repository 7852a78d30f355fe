"""Attendance: 100,000 records of a large site's gates in one batch, beside COPY and INSERT.

Ours comes over HTTP as JSON to a process of its own, which reads and judges each record, finds its
person by the blind index of the number, tells what is known already, and audits.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pydantic_core

from shared import clock, pii
from shared.config import Runtime
from tests.bench import site
from tests.bench.floors import attendance as floor
from tests.bench.ground import Connection, Ground, connected, opened
from tests.bench.judge import Goal, Line, Run, Unit, best
from tests.payroll.people import id_number

RECORDS = 100_000
PATH = f"/payroll/v1/projects/{site.PROJECT}/attendance"
AGAIN = "TRUNCATE attendance"
WRITTEN = """
    SELECT count(*), count(DISTINCT attendee_id), min(at), max(at), min(day), max(day),
        sum(confidence), md5(string_agg(record_key || source, ',' ORDER BY record_key))
    FROM attendance
"""


async def measure(ground: Ground) -> list[Line]:
    """Send the same batch again and again, each time as if it were new."""
    runtime = Runtime(data_dir=ground.folder / "attendance", database_url=None, kafka_brokers=None)
    pii.use(pii.Keyring.of(runtime))
    async with (
        ground.database("payroll", site.FILLED) as url,
        opened("payroll", url) as sessions,
        connected(url) as bare,
    ):
        async with sessions.begin("bench") as session:
            await site.fill(session)
        await bare.execute("ANALYZE")
        async with site.served(url, runtime) as door, door.client() as client:
            return [await _line(client, bare)]


def records() -> list[dict[str, Any]]:
    """Give what gates saw of everybody in a week, in and out."""
    began = clock.at(site.month(), 6)
    return [
        {
            "record_key": f"G{n:09}",
            "id_number": id_number(n % site.WORKERS),
            "at": (began + timedelta(hours=n // site.WORKERS * 12, seconds=n % 3600)).isoformat(),
            "direction": f"0{n // site.WORKERS % 2 + 1}",
            "attend_type": "001",
            "confidence": "0.987",
        }
        for n in range(RECORDS)
    ]


async def _rows(bare: Connection, said: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Give the same as rows of the floor, in their types."""
    people = {
        row["id_index"]: row["id"] for row in await bare.fetch("SELECT id, id_index FROM attendees")
    }
    ids = [people[pii.blind_index(id_number(n), "id_number")] for n in range(site.WORKERS)]
    now = clock.now()
    rows = []
    for n, one in enumerate(said):
        at = datetime.fromisoformat(one["at"])
        rows.append((
            site.PROJECT, "contractor:gate-1", one["record_key"], clock.day_of(at),
            ids[n % site.WORKERS], at, one["direction"], one["attend_type"], None,
            Decimal(one["confidence"]), now,
        ))  # fmt: skip
    return rows


async def _line(client: httpx.AsyncClient, bare: Connection) -> Line:
    said = records()
    body = pydantic_core.to_json({"source": "gate-1", "records": said})
    rows = await _rows(bare, said)
    written: dict[str, object] = {}

    def timed(name: str, work: Callable[[], Awaitable[object]]) -> Run:
        async def run() -> float:
            await bare.execute(AGAIN)
            began = time.perf_counter()
            await work()
            spent = (time.perf_counter() - began) * 1000
            written[name] = tuple(await bare.fetchrow(WRITTEN) or ())
            return spent

        return run

    async def ours() -> None:
        headers = {"content-type": "application/json"}
        answer = await client.post(PATH, content=body, headers=headers)
        assert answer.status_code == 201, answer.text[:2000]
        assert answer.json()["new"] == RECORDS

    spans = await best(
        Unit.SPAN,
        ours=timed("ours", ours),
        floor=timed("floor", lambda: floor.load(bare, rows)),
    )
    faults = [] if written["ours"] == written["floor"] else ["writes other rows than its floor"]
    return Line("attendance: 100,000 records", Unit.SPAN, *spans, Goal(ratio=2), faults)
