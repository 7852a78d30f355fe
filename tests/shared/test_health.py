"""Health: a living process says so; a ready one says what it looked at; nothing waits for ever."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from shared import clock, health
from shared.bus.local import LocalBus
from shared.db import DatabaseAway, Sessions
from shared.inbox import InboxKey
from shared.migrations import UnknownHead
from shared.outbox import OutboxRow, publish
from shared.service import Service
from tests.fixtures.database import connected
from tests.shared.house import StoneLaid


class Bus(LocalBus):
    """A bus in the process that may seem to be away, or be silent."""

    away = silent = False

    async def ready(self) -> bool:
        if self.silent:
            await asyncio.Event().wait()
        return not self.away

    async def lag(self, group: str) -> int:
        if self.away:
            raise ConnectionError
        return 7


@pytest.fixture
def bus() -> Bus:
    return Bus()


class Head:
    """What is said of the migration, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.wrong = ""
        self.newer = False

    async def verify(self, service: Service, url: str) -> None:
        self.asked += 1
        if self.wrong:
            raise UnknownHead(self.wrong, newer=self.newer)


@pytest.fixture
def head() -> Head:
    return Head()


@pytest.fixture
async def client(
    service: Service, sessions: Sessions, bus: Bus, head: Head
) -> AsyncIterator[AsyncClient]:
    app = FastAPI()
    app.include_router(health.router(bus, [(service, sessions)], head.verify))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://tests") as made:
        yield made


async def ready(client: AsyncClient) -> tuple[int, dict[str, str]]:
    """Give the status and the state of each check."""
    answer = await client.get("/readyz")
    said = answer.json()
    assert said["ready"] == (answer.status_code == 200)
    assert all(check["words"] for check in said["checks"])
    return answer.status_code, {check["name"]: check["state"] for check in said["checks"]}


WELL = {
    "bus": "ok",
    "house.database": "ok",
    "house.relay": "ok",
    "house.parked": "ok",
    "house.migration": "ok",
}


async def test_a_process_that_lives_says_so(client: AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_all_is_well(client: AsyncClient) -> None:
    assert await ready(client) == (200, WELL)


async def test_without_its_broker_it_goes_on_and_says_so(client: AsyncClient, bus: Bus) -> None:
    bus.away = True
    assert await ready(client) == (200, WELL | {"bus": "warn"})


async def test_a_broker_that_is_silent_is_not_waited_for(
    client: AsyncClient, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus.silent = True
    monkeypatch.setattr(health, "PATIENCE", 0.5)
    assert await ready(client) == (200, WELL | {"bus": "warn"})


async def test_at_another_migration_it_is_not_ready(client: AsyncClient, head: Head) -> None:
    head.wrong = "stands at 0003, this code at 0002"
    assert await ready(client) == (503, WELL | {"house.migration": "fail"})
    head.wrong = ""
    assert await ready(client) == (200, WELL)
    assert await ready(client) == (200, WELL)
    assert head.asked == 2, "what was right is believed for a minute"


async def test_while_newer_code_takes_over_it_goes_on(client: AsyncClient, head: Head) -> None:
    head.wrong, head.newer = "stands at 0003, this code at 0002", True
    assert await ready(client) == (200, WELL | {"house.migration": "warn"})


async def test_without_its_database_it_is_not_ready(
    client: AsyncClient, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(actor: str = "") -> None:
        raise DatabaseAway("ConnectionRefusedError")

    monkeypatch.setattr(sessions, "begin", away)
    status, states = await ready(client)
    assert status == 503
    assert states["house.database"] == "fail"


async def test_what_waits_and_what_is_parked_is_told(
    client: AsyncClient, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        publish(session, StoneLaid(wall="a", number=1))
        session.add(InboxKey(topic="t", key="a", retry_at=None))
        session.add(InboxKey(topic="t", key="b", retry_at=clock.wall()))
    assert await ready(client) == (200, WELL | {"house.parked": "warn"})
    async with sessions.begin() as session:
        past = clock.wall() - timedelta(minutes=2)
        await session.execute(update(OutboxRow).values(created_at=past))
    assert await ready(client) == (
        200,
        WELL | {"house.parked": "warn", "house.relay": "warn"},
    )


def samples(text: str) -> Iterator[tuple[str, float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.labels.get("service") == "house":
                yield sample.name, sample.value


async def test_metrics_are_brought_up_to_date(
    client: AsyncClient, sessions: Sessions, bus: Bus
) -> None:
    async with sessions.begin() as session:
        publish(session, StoneLaid(wall="a", number=1))
        session.add(InboxKey(topic="t", key="a", retry_at=None))
    async with connected(sessions.url) as other:
        await other.execute("UPDATE outbox SET created_at = now() - interval '90 s'")
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    told = dict(samples(answer.text))
    assert 89 < told["xinqing_outbox_age_seconds"] < 120
    assert told["xinqing_parked_keys"] == 1
    assert told["xinqing_inbox_lag_messages"] == 7
    async with connected(sessions.url) as other:
        await other.execute("UPDATE outbox SET sent_at = now()")
    bus.away = True
    told = dict(samples((await client.get("/metrics")).text))
    assert told["xinqing_outbox_age_seconds"] == 0
    assert told["xinqing_inbox_lag_messages"] == 7, "what cannot be read keeps its last value"
