"""From a due instant to a webhook received: four processes, on Kafka, by the real clock."""

import asyncio
import base64
import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx

from services.demo.stage import Client, PlayFailed
from shared import clock
from shared.bus.kafka import create_topics
from shared.config import Runtime
from tests.bench.floors import webhook as floor
from tests.bench.ground import Connection, Ground, connected
from tests.bench.judge import RUNS, Goal, Line, Unit
from tests.fixtures.database import names
from tests.fixtures.processes import ServiceProcess
from tests.postbox import Postbox, postbox
from tests.registry.factories import credit_code
from tests.waiting import until

COUNTY = "422828"
DUE, EVERY, AHEAD = 200, 0.06, 2.0
"""Due instants of a run, a thousand a minute; seconds from one to the next, and to the first."""
LATE = 300
"""Milliseconds after which one in a hundred may come."""
# A day's feed is owed on the next working day: the instant is moved to one that comes soon.
SOON = """
    WITH soon AS (SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) AS soon(source_id, due_at)),
    owed AS (
        UPDATE bank_feeds SET expected_at = soon.due_at FROM soon
        WHERE bank_feeds.source_id = soon.source_id RETURNING bank_feeds.id, soon.due_at
    )
    UPDATE timers SET due_at = owed.due_at FROM owed
    WHERE subject_id = owed.id AND kind = 'bank_feed'
"""
TOLD = "SELECT id, created_at FROM outbox WHERE id = ANY($1::uuid[])"
KNOWN = "SELECT (SELECT count(*) FROM known_areas), (SELECT count(*) FROM known_calendars)"


@dataclass
class Subscriber:
    """Takes webhooks, and notes how long after its due instant each of them came."""

    box: Postbox
    took: list[float] = field(default_factory=list)
    came: dict[UUID, float] = field(default_factory=dict)
    """When each event came, by its id, in seconds of the machine's time."""

    def __post_init__(self) -> None:
        self._take = self.box.take
        self.box.take = self.take  # type: ignore[method-assign]  # it looks at the clock first

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Give the status to answer with; what the floor posts has no signature."""
        now = time.time()
        due = datetime.fromisoformat(json.loads(body)["data"]["opened_at"])
        self.took.append(now - due.timestamp())
        if "webhook-signature" not in headers:
            return 204
        self.came.setdefault(UUID(headers["webhook-id"]), now)
        return self._take(headers, body)

    async def spans(self) -> list[float]:
        """Give the milliseconds of a run's webhooks, once all of them are here."""
        await until(lambda: len(self.took) >= DUE, within=60)
        taken, self.took = self.took, []
        assert len(taken) == DUE
        assert not self.box.refused
        return [span * 1000 for span in taken]


async def measure(ground: Ground) -> list[Line]:
    """Let feeds fall due that nobody sends, and see items, alerts and webhooks follow."""
    with ground.broker() as broker:
        return await _measured(ground, broker)


async def _measured(ground: Ground, broker: str) -> list[Line]:
    ours: list[float] = []
    bare: list[float] = []
    async with postbox() as box, _town(ground, broker) as (client, urls):
        subscriber = Subscriber(box)
        await box.subscribe(client, COUNTY, "cases.watch_item_opened.v1")
        # What a process does for the first time takes it longer: the first run counts for nothing.
        await _fall_due(urls["payroll"], await _sources(client, RUNS))
        await subscriber.spans()
        subscriber.came.clear()
        for run in range(RUNS):
            dues = _dues()
            await floor.post(box.address, dues)
            bare += await subscriber.spans()
            await _fall_due(urls["payroll"], await _sources(client, run))
            ours += await subscriber.spans()
        told = await _told(urls["cases"], subscriber.came)
    return [
        _line("event → webhook", 99, told, bare, Goal(ours=LATE)),
        _line("due → webhook", 50, ours, bare),
        _line("due → webhook", 99, ours, bare),
    ]


def _line(
    name: str, share: int, ours: Sequence[float], bare: Sequence[float], goal: Goal | None = None
) -> Line:
    mine, least = (sorted(spans)[len(spans) * share // 100] for spans in (ours, bare))
    return Line(f"{name} p{share}", Unit.SPAN, mine, least, goal=goal or Goal())


async def _told(url: str, came: Mapping[UUID, float]) -> list[float]:
    """Give the milliseconds from an event's being written to the first request with it."""
    async with connected(url) as bare:
        rows = await bare.fetch(TOLD, list(came))
    assert len(rows) == len(came), "an event came that cases does not hold"
    return [(came[row["id"]] - row["created_at"].timestamp()) * 1000 for row in rows]


def _dues() -> list[datetime]:
    first = datetime.fromtimestamp(time.time() + AHEAD, UTC)
    return [first + timedelta(seconds=EVERY * number) for number in range(DUE)]


async def _fall_due(url: str, sources: Sequence[UUID]) -> None:
    """Let the feeds of some sources be owed in a moment, one after the other."""
    async with connected(url) as bare:
        await bare.execute(SOON, sources, _dues())


async def _sources(client: Client, run: int) -> list[UUID]:
    """Register sources that owe a feed for today, by the next working day."""
    bank = await client.call(
        "POST",
        "/registry/v1/organisations",
        body={
            "credit_code": credit_code(run),
            "name": f"银行{run}",
            "area_code": COUNTY,
            "roles": ["bank"],
            "trades": [],
        },
    )
    made = []
    for number in range(DUE):
        body = {
            "code": f"S{run}-{number}",
            "name": f"某银行{run}-{number}",
            "bank_id": bank["id"],
            "area_code": COUNTY,
            "from_day": clock.today().isoformat(),
        }
        made.append(await _heard(client, "/payroll/v1/sources", body))
    return [UUID(one["id"]) for one in made]


async def _heard(client: Client, path: str, body: Mapping[str, object]) -> Mapping[str, str]:
    """Post what rests on what another service was told a moment ago."""
    made: list[Mapping[str, str]] = []

    async def taken() -> bool:
        try:
            made.append(await client.call("POST", path, body=body))
        except PlayFailed:
            return False
        return True

    await until(taken, within=30)
    return made[0]


@asynccontextmanager
async def _town(ground: Ground, broker: str) -> AsyncIterator[tuple[Client, Mapping[str, str]]]:
    """Run four processes that know the county, by the machine's clock."""
    urls = {name: await ground.templates.clone(name) for name in names()}
    folder = ground.folder / "town"
    folder.mkdir()
    topics = {"platform.events", *(f"{name}.events" for name in urls)}
    await create_topics(broker, topics)
    environment = _environment(urls, folder, broker)
    processes = [ServiceProcess(name, folder, environment) for name in urls]
    runtime = Runtime(data_dir=folder, token_key=folder / "token.pem")
    bases = {process.name: process.base for process in processes}
    try:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
            for process in processes:
                process.launch()
            await asyncio.gather(*(process.ready(http) for process in processes))
            client = Client(runtime, bases, http)
            await _tell_of_the_county(client, urls)
            yield client, urls
    finally:
        for process in processes:
            process.ask_to_end()
        for process in processes:
            await process.ended()
        for url in urls.values():
            await ground.templates.drop(url)


def _environment(urls: Mapping[str, str], folder: Path, broker: str) -> dict[str, str]:
    keys = [base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2)]
    return {
        "PATH": "/usr/bin:/bin",
        **{f"{name.upper()}_DATABASE_URL": url for name, url in urls.items()},
        "DATA_DIR": str(folder),
        "TOKEN_KEY": str(folder / "token.pem"),
        "PII_KEYS": f"bench:{keys[0]},index:{keys[1]}",
        "EGRESS_ALLOW": "127.0.0.1/32:*",
        "LOG_LEVEL": "WARNING",
        "KAFKA_BROKERS": broker,
        "ALLOW_OWN_TOKENS": "1",
    }


async def _tell_of_the_county(client: Client, urls: Mapping[str, str]) -> None:
    """Let everybody know its areas, and the working days of two years."""
    chain = {"0": None, "42": "0", "4228": "42", COUNTY: "4228"}
    areas = [
        {"code": code, "name": code, "valid_from": "1949-10-01"}
        | ({"parent_code": parent} if parent else {})
        for code, parent in chain.items()
    ]
    await client.call("POST", "/registry/v1/areas", body={"items": areas})
    for year in (clock.today().year, clock.today().year + 1):
        await client.call("POST", "/registry/v1/calendars", body={"area_code": "0", "year": year})
    for url in urls.values():
        async with connected(url) as bare:

            async def known(bare: Connection = bare) -> bool:
                found = await bare.fetchrow(KNOWN)
                return bool(found and tuple(found) == (len(chain), 2))

            await until(known, within=30)
