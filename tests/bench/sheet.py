"""Payroll sheets: 10,000 rows taken over HTTP beside parse and COPY, in what memory; and who waits.

Ours is a process of its own: it keeps the file, reads it in a child, holds its lines against a
roster of 10,000 with contracts, cards and a month of attendance, seals them, and tells what it
found.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from uuid import UUID

import httpx

from shared import pii
from shared.config import Runtime
from shared.db import Sessions, new_id
from shared.files import Files
from tests.bench import memory, plain, site
from tests.bench.floors import sheet as floor
from tests.bench.ground import Connection, Ground, connected, opened
from tests.bench.judge import Goal, Line, Run, Unit, best

ROWS, UPLOADS, PART = site.WORKERS, 20, 1_000
# Of four wrong lines each: net, card, days; somebody on no roster, in whose place one is missing.
FOUND = ROWS // site.EVERY * 5 // 4
ASKED = 400
"""How often idle is asked, and at least how often while sheets come."""
MEGABYTES = 120
AGAIN = "TRUNCATE sheets, sheet_lines, sheet_findings, sheet_differences, outbox CASCADE"
WRITTEN = """
    SELECT count(*), sum(gross), sum(net), sum(deductions), sum(days), sum(position), sum(earned),
        md5(string_agg(crew || row, ',' ORDER BY position))
    FROM sheet_lines
"""
PATH = "/payroll/v1/projects/{}/sheets"
ALIVE = "/payroll/v1/sheets?limit=1"


async def measure(ground: Ground) -> AsyncIterator[Line]:
    """Send the same sheet again and again, then twenty smaller ones at once."""
    runtime = Runtime(data_dir=ground.folder / "sheet", database_url=None, kafka_brokers=None)
    pii.use(pii.Keyring.of(runtime))
    async with (
        ground.database("payroll", site.FILLED) as url,
        opened("payroll", url) as sessions,
        connected(url) as bare,
    ):
        sessions.files = Files.of(runtime, pii.keyring())
        async with sessions.begin("bench") as session:
            await site.fill(session)
        await site.settled(bare)
        content = site.book(0, ROWS)
        async with site.served(url, runtime) as door, door.client() as client:
            await _send(client, site.book(0, PART))  # as a process that has served before
            yield await _beside(client, bare, content)
            yield await _plain(client, sessions, bare, content)
            yield await _memory(door, client, bare, content)
            for line in await _waiting(door, bare):
                yield line


async def _send(client: httpx.AsyncClient, content: bytes, project: UUID = site.PROJECT) -> int:
    """Send a file; give how many findings there are."""
    data = {"period": site.period()}
    files = {"file": ("工资表.xlsx", content)}
    answer = await client.post(PATH.format(project), data=data, files=files)
    assert answer.status_code == 201, answer.text[:2000]
    said = answer.json()
    assert said["sheet"]["rows"] == said["sheet"]["accepted"] + said["sheet"]["rejected"]
    return len(said["findings"])


class _Pair:
    """Two ways to take a sheet that begin with empty tables, and what each of them wrote."""

    def __init__(self, bare: Connection) -> None:
        self.bare = bare
        self.written: dict[str, tuple[object, ...]] = {}

    def timed(self, name: str, work: Callable[[], Awaitable[object]]) -> Run:
        async def run() -> float:
            await self.bare.execute(AGAIN)
            began = time.perf_counter()
            await work()
            spent = (time.perf_counter() - began) * 1000
            self.written[name] = tuple(await self.bare.fetchrow(WRITTEN) or ())
            return spent

        return run

    def faults(self) -> list[str]:
        one, other = self.written.values()
        return [] if one == other else ["writes other rows than what it is compared with"]


async def _beside(client: httpx.AsyncClient, bare: Connection, content: bytes) -> Line:
    pair = _Pair(bare)
    found: list[int] = []

    async def ours() -> None:
        found.append(await _send(client, content))

    spans = await best(
        Unit.SPAN,
        ours=pair.timed("ours", ours),
        floor=pair.timed("floor", lambda: floor.load(bare, content, site.period(), new_id())),
    )
    faults = pair.faults()
    if set(found) != {FOUND}:
        faults.append(f"finds {set(found)} things instead of {FOUND}")
    goal = Goal(ratio=6, ours=1_500)
    return Line("sheet: 10,000 rows xlsx", Unit.SPAN, *spans, goal, faults)


async def _plain(
    client: httpx.AsyncClient, sessions: Sessions, bare: Connection, content: bytes
) -> Line:
    pair = _Pair(bare)
    spans = await best(
        Unit.SPAN,
        ours=pair.timed("ours", lambda: _send(client, content)),
        floor=pair.timed("plain", lambda: plain.take(sessions, content)),
        runs=2,
    )
    return Line(
        "sheet: beside the plain way", Unit.SPAN, *spans, Goal(faster=5), pair.faults(),
        note="floor: the plain way",
    )  # fmt: skip


async def _memory(
    door: site.Door, client: httpx.AsyncClient, bare: Connection, content: bytes
) -> Line:
    """Look at the process and its child while it takes a sheet; the most over idle counts."""
    await bare.execute(AGAIN)
    idle = most = memory.taken(door.pid)
    ended = threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.wait(memory.EVERY):
            most = max(most, memory.taken(door.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        await _send(client, content)
    finally:
        ended.set()
        await asyncio.to_thread(watcher.join)
    size = len(content) / (1 << 20)
    most_over = (most - idle) / (1 << 20)
    goal = Goal(ours=MEGABYTES)
    return Line("sheet: memory", Unit.SIZE, most_over, size, goal=goal, note="floor: the file")


async def _waiting(door: site.Door, bare: Connection) -> list[Line]:
    """Ask for something small, while nothing comes and while twenty sheets do."""
    parts = [site.book(n * PART % ROWS, PART) for n in range(UPLOADS)]
    await bare.execute(AGAIN)
    async with door.client() as asking, door.client() as sending:
        idle = await _asked(asking, lambda taken: taken < ASKED)
        began = time.perf_counter()
        sent = asyncio.gather(
            *(_send(sending, part, UUID(f"{n:032}")) for n, part in enumerate(parts, start=100))
        )
        busy = await _asked(asking, lambda taken: taken < ASKED or not sent.done())
        await sent
        spent = time.perf_counter() - began
    note = f"{len(busy)} asked, {spent:.1f} s"
    idle_p99, busy_p99 = (sorted(each)[len(each) * 99 // 100] for each in (idle, busy))
    return [
        Line(
            "GET p99 while 20 sheets come", Unit.SPAN, busy_p99, idle_p99, goal=Goal(ratio=3),
            note=note,
        ),
        Line("the longest", Unit.SPAN, max(busy), max(idle), goal=Goal(ours=100)),
    ]  # fmt: skip


async def _asked(client: httpx.AsyncClient, more: Callable[[int], bool]) -> Sequence[float]:
    """Ask, one after the other, a hundred times a second at most; give the milliseconds."""
    spans: list[float] = []
    while more(len(spans)):
        began = time.perf_counter()
        answer = await client.get(ALIVE)
        spans.append((time.perf_counter() - began) * 1000)
        answer.raise_for_status()
        await asyncio.sleep(0.005)
    return spans
