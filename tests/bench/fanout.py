"""One event to a thousand subscribers: how fast, and how little those who fail cost the others."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from services.alerts import actions, adapters, jobs
from services.alerts.models import Endpoint
from services.alerts.rules.deliveries import EndpointState, Payload
from services.alerts.settings import settings
from shared import clock, pii
from shared.config import Runtime
from shared.db import Sessions, new_id
from tests.alerts import factories
from tests.bench.floors import fanout as floor
from tests.bench.ground import Connection, Ground, connected, opened
from tests.bench.judge import RUNS, Goal, Line, Unit, best

SUBSCRIBERS, FAILING, HANGING = 1_000, 150, 50
TIMEOUT = 5.0
"""Seconds until one that hangs is left."""
TYPE = "cases.watch_item_opened.v1"
AGAIN = """
    TRUNCATE attempts, deliveries CASCADE;
    UPDATE endpoints SET failures = 0, failing_since = NULL, resting_until = NULL, warned = 0
"""


@dataclass
class Crowd:
    """A thousand addresses of one server; each notes when it was first told."""

    url: str = ""
    failing: int = 0
    hanging: int = 0
    first: dict[int, float] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until the sender goes; the first ones fail, the next ones never answer."""
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                number = int(head.split()[1].rpartition("/")[2])
                length = head.lower().partition("content-length:")[2].split("\r\n")[0]
                await reader.readexactly(int(length))
                self.first.setdefault(number, time.perf_counter())
                if self.failing <= number < self.failing + self.hanging:
                    await asyncio.Event().wait()
                status = b"500 no" if number < self.failing else b"204 yes"
                writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def urls(self) -> Iterator[str]:
        """Give every address."""
        return (f"{self.url}/{number}" for number in range(SUBSCRIBERS))


@asynccontextmanager
async def listening() -> AsyncIterator[Crowd]:
    """Run the server on loopback."""
    crowd = Crowd()
    tasks: set[asyncio.Task[None]] = set()

    def connected_(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(crowd.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected_, "127.0.0.1", 0, backlog=1024)
    crowd.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield crowd
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def measure(ground: Ground) -> list[Line]:
    """Tell a thousand who listen; then the same with those who fail and hang among them."""
    pii.use(pii.Keyring.of(Runtime(data_dir=ground.folder)))
    async with (
        ground.database("alerts") as url,
        opened("alerts", url) as sessions,
        connected(url) as bare,
        listening() as crowd,
    ):
        with pytest.MonkeyPatch.context() as told:
            told.setenv("EGRESS_ALLOW", "127.0.0.1/32:*")
            told.setenv("ALERTS_SEND_TIMEOUT", f"{TIMEOUT:g}")
            settings.cache_clear()
            await _subscribe(sessions, crowd)
            lines = [await _rate(sessions, bare, crowd), await _beside(sessions, bare, crowd)]
        settings.cache_clear()
        return lines


async def _subscribe(sessions: Sessions, crowd: Crowd) -> None:
    now, secret = clock.now(), adapters.webhook.new_secret()
    async with sessions.begin("bench") as session:
        await factories.areas(session)
        session.add_all(
            Endpoint(
                id=new_id(), url=url, description="", types=[TYPE], areas=[factories.COUNTY],
                projects=[], secret=secret, payload=Payload.THIN, state=EndpointState.ACTIVE,
                version=1, created_at=now, created_by="bench", changed_at=now,
            )
            for url in crowd.urls()
        )  # fmt: skip


async def _tell(sessions: Sessions, bare: Connection) -> None:
    """Let one event come, of which nothing is sent yet."""
    await bare.execute(AGAIN)
    event = factories.opened()
    async with sessions.begin("bench") as session:
        await actions.messages.queue_webhooks(session, event, event.area_code, set())


async def _rate(sessions: Sessions, bare: Connection, crowd: Crowd) -> Line:
    """Compare deliveries per second with a loop that signs and posts, and does nothing else."""
    secret, body = adapters.webhook.new_secret(), factories.opened().body().decode()

    async def ours() -> float:
        await _tell(sessions, bare)
        began = time.perf_counter()
        assert await jobs.send_deliveries(sessions) == SUBSCRIBERS
        return SUBSCRIBERS / (time.perf_counter() - began)

    async def least() -> float:
        began = time.perf_counter()
        statuses = await floor.post(crowd.urls(), secret, body)
        assert set(statuses) == {204}
        return SUBSCRIBERS / (time.perf_counter() - began)

    rates = await best(Unit.RATE, ours=ours, floor=least)
    return Line("fan-out: 1,000 subscribers", Unit.RATE, *rates, Goal(ratio=0.65))


async def _beside(sessions: Sessions, bare: Connection, crowd: Crowd) -> Line:
    """Compare how long the healthy ones wait with and without those who fail and hang."""
    mine, alone = [], []
    for _ in range(RUNS):
        alone.append(await _healthy(sessions, bare, crowd, 0, 0))
        mine.append(await _healthy(sessions, bare, crowd, FAILING, HANGING))
    spread = max(abs(each / min(alone) - 1) for each in alone)
    name = "fan-out: p99, 20 % failing"
    return Line(name, Unit.SPAN, min(mine), min(alone), spread, Goal(ratio=2))


async def _healthy(
    sessions: Sessions, bare: Connection, crowd: Crowd, failing: int, hanging: int
) -> float:
    """Give the p99 in milliseconds from the sending's start to a healthy one's first word."""
    crowd.failing, crowd.hanging = failing, hanging
    crowd.first.clear()
    await _tell(sessions, bare)
    began = time.perf_counter()
    sending = asyncio.create_task(jobs.send_deliveries(sessions))
    try:
        while len(crowd.first) < SUBSCRIBERS:
            assert not sending.done() or sending.result(), "nothing was sent"
            await asyncio.sleep(0.005)
    finally:
        sending.cancel()
        await asyncio.wait([sending])
    spans = sorted(at - began for number, at in crowd.first.items() if number >= FAILING + HANGING)
    return spans[len(spans) * 99 // 100] * 1000
