"""Killed by -9 at its worst moments, a service loses nothing and does nothing twice.

Each point is reached by a lock that the test holds or by a broker that is away, and is seen to be
reached before the process is killed: a run that was not interrupted there fails.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, datetime, timedelta
from itertools import count
from signal import SIGKILL
from typing import Any

import httpx
import pytest

from shared import clock
from tests.fixtures.database import connected
from tests.fixtures.processes import Cluster, ServiceProcess
from tests.flows.folder import credit_code
from tests.interrupting import relay_held, table_held
from tests.waiting import until

pytestmark = pytest.mark.kafka

often = pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.soak)])

COUNTY = "422828"
BEGINS = datetime.fromisoformat("2023-01-30T12:00:00+08:00")
_DAY = timedelta(days=1)
_numbers = count(1)


async def look(cluster: Cluster, service: str, query: str, *values: object) -> Any:  # noqa: ANN401  any column
    """Give the one value that a query finds in a service's database."""
    async with connected(cluster.urls[service]) as connection:
        return await connection.fetchval(query, *values)


async def until_found(
    cluster: Cluster, service: str, expected: object, query: str, *values: object
) -> None:
    """Return once a query finds what is expected."""
    async with connected(cluster.urls[service]) as connection:

        async def found() -> bool:
            return bool(await connection.fetchval(query, *values) == expected)

        await until(found, within=30)


async def register(cluster: Cluster) -> str:
    """Register a bank; it was acknowledged, so it must never be lost. Give its id."""
    number = next(_numbers)
    body = {
        "credit_code": credit_code(str(number)), "name": f"银行{number}",
        "area_code": COUNTY, "roles": ["bank"], "trades": [],
    }  # fmt: skip
    headers = {"authorization": f"Bearer {cluster.client.token('operator', '0')}"}
    base = cluster.one("registry").base
    url = f"{base}/registry/v1/organisations"
    answer = await cluster.client.http.post(url, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def begin(cluster: Cluster, *names: str) -> None:
    """Start services, set their clocks, and let all of them know the county and its calendar."""
    await cluster.start(*names)
    await asyncio.gather(*(move(cluster, name, BEGINS) for name in names))
    chain = {"0": None, "42": "0", "4228": "42", COUNTY: "4228"}
    areas = [
        {"code": code, "name": code, "valid_from": "1949-10-01"}
        | ({"parent_code": parent} if parent else {})
        for code, parent in chain.items()
    ]
    await cluster.client.call("POST", "/registry/v1/areas", body={"items": areas})
    body = {"area_code": "0", "year": BEGINS.year}
    await cluster.client.call("POST", "/registry/v1/calendars", body=body)
    for name in {*names} - {"registry"}:
        await until_found(cluster, name, len(chain), "SELECT count(*) FROM known_areas")
        await until_found(cluster, name, 1, "SELECT count(*) FROM known_calendars")


async def move(cluster: Cluster, service: str, instant: datetime) -> None:
    """Move a service's clock, and wait until all that falls due is done."""
    body = {"now": instant.isoformat()}
    await cluster.client.call("POST", f"/{service}/scenario/clock", body=body)


SESSIONS = (
    "FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'xinqing%'"
)
ENDED = f"SELECT count(pg_terminate_backend(pid)) {SESSIONS}"


async def gone(cluster: Cluster, service: str) -> None:
    """Wait until the server has noticed that a process is dead, and rolled back its work."""
    await until_found(cluster, service, 0, f"SELECT count(*) {SESSIONS}")


async def again(cluster: Cluster, process: ServiceProcess) -> None:
    """Start a killed process, once nothing is left of the old one."""
    await gone(cluster, process.name)
    process.launch()
    await process.ready(cluster.client.http)


@asynccontextmanager
async def moving(cluster: Cluster, service: str, instant: datetime) -> AsyncIterator[None]:
    """Move a clock and be left without an answer, because the service is killed meanwhile."""
    asked = asyncio.ensure_future(move(cluster, service, instant))
    try:
        yield
        assert not asked.done(), "the clock had been moved before the service was killed"
        cluster.one(service).kill()
        with pytest.raises(httpx.TransportError):
            await asked
    finally:
        asked.cancel()


async def repeated(cluster: Cluster) -> int:
    """Give how many events came to payroll's process that payroll had handled already."""
    metrics = await cluster.metrics(cluster.one("payroll"))
    return metrics.total("xinqing_events_total", outcome="repeated")


ORGANISATION_HANDLED = "SELECT count(*) FROM inbox WHERE state = 'handled' AND key = $1"


async def handled_once(cluster: Cluster, *organisations: str) -> None:
    """Check that payroll knows organisations, each from one event that was handled once."""
    for each in organisations:
        await until_found(cluster, "payroll", 1, ORGANISATION_HANDLED, each)
        assert (
            await look(cluster, "payroll", "SELECT count(*) FROM inbox WHERE key = $1", each) == 1
        )
        query = "SELECT count(*) FROM organisations WHERE id = $1::text::uuid"
        assert await look(cluster, "payroll", query, each) == 1
    await clean(cluster)


TOLD_TWICE = "SELECT count(*) - count(DISTINCT (type, key, body, occurred_at)) FROM outbox"
TAKEN_TWICE = "SELECT count(*) - count(DISTINCT (type, key, body, occurred_at)) FROM inbox"


async def clean(cluster: Cluster) -> None:
    """Check that nothing is left unsent, waiting or parked, and nothing told or taken twice."""
    for name in cluster.processes:
        unsent = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
        await until_found(cluster, name, 0, unsent)
        assert await look(cluster, name, "SELECT count(*) FROM inbox_keys") == 0
        assert await look(cluster, name, "SELECT count(*) FROM inbox WHERE state <> 'handled'") == 0
        assert await look(cluster, name, TOLD_TWICE) == 0
        assert await look(cluster, name, TAKEN_TWICE) == 0


UNSENT = "SELECT count(*) FROM outbox WHERE key = $1 AND sent_at IS NULL"


@often
async def test_an_event_is_told_and_handled_once_whoever_dies_on_its_way(
    cluster: Cluster, times: int
) -> None:
    await begin(cluster, "registry", "payroll")
    told = []
    for _ in range(times):
        told.append(await _killed_before_sending(cluster))
        told.append(await _killed_before_marking(cluster))
        told.append(await _killed_before_its_offset(cluster))
    assert await look(cluster, "registry", "SELECT count(*) FROM organisations") == len(told)
    await handled_once(cluster, *told)


async def _killed_before_sending(cluster: Cluster) -> str:
    """Kill registry when its transaction is committed, and its relay stands before the event."""
    async with relay_held(cluster.urls["registry"], "registry") as stands:
        await stands()
        told = await register(cluster)
        cluster.one("registry").kill()
        assert await look(cluster, "registry", UNSENT, told) == 1
    assert await look(cluster, "payroll", "SELECT count(*) FROM inbox WHERE key = $1", told) == 0
    await again(cluster, cluster.one("registry"))
    await until_found(cluster, "payroll", 1, ORGANISATION_HANDLED, told)
    return told


async def _killed_before_marking(cluster: Cluster) -> str:
    """Kill registry when its relay has sent the event, and cannot write that down."""
    registry, before = cluster.urls["registry"], await repeated(cluster)
    async with AsyncExitStack() as holding:
        async with relay_held(registry, "registry") as stands:
            await stands()
            told = await register(cluster)
            marks = await holding.enter_async_context(table_held(registry, "outbox"))
        await marks()
        await until_found(cluster, "payroll", 1, ORGANISATION_HANDLED, told)
        cluster.one("registry").kill()
        # What a server was asked by the dead it would do all the same, once the lock is free.
        await look(cluster, "registry", ENDED)
        await gone(cluster, "registry")
    assert await look(cluster, "registry", UNSENT, told) == 1
    await again(cluster, cluster.one("registry"))

    async def came_again() -> bool:
        return await repeated(cluster) == before + 1

    await until(came_again, within=30)
    return told


async def _killed_before_its_offset(cluster: Cluster) -> str:
    """Kill payroll when it has handled an event, and there is no broker to take the offset."""
    payroll = cluster.one("payroll")
    await until(lambda: _all_read(cluster), within=30)
    async with table_held(cluster.urls["payroll"], "organisations") as waits:
        told = await register(cluster)
        await waits()
        # Stopped for good: one that only pauses would read the offset from its socket later.
        cluster.broker.stop(SIGKILL)
        assert await look(cluster, "payroll", ORGANISATION_HANDLED, told) == 0
    await until_found(cluster, "payroll", 1, ORGANISATION_HANDLED, told)
    payroll.kill()
    cluster.broker.start()
    await again(cluster, payroll)

    # The new process counts from nothing, and the offsets of all other events are kept.
    await until(lambda: _all_read(cluster), within=60)
    assert await repeated(cluster) == 1
    return told


async def _all_read(cluster: Cluster) -> bool:
    """Say whether payroll has no event before it whose offset it has not committed."""
    return bool((await cluster.client.call("GET", "/payroll/scenario/idle"))["lag"] == 0)


JOB = "expect_bank_feeds"
RUNS = "SELECT count(*) FROM job_runs WHERE job = $1 AND slot = $2"
FEEDS = "SELECT count(*) FROM bank_feeds WHERE day = $1"
WITH_TIMER = "SELECT count(*) FROM timers JOIN bank_feeds ON subject_id = bank_feeds.id"
TOLD_LATE = "SELECT count(*) FROM outbox WHERE type = 'payroll.bank_feed_late.v1'"
LATE = "SELECT count(*) FROM bank_feeds WHERE late_at IS NOT NULL"


@often
async def test_a_daily_job_that_dies_at_work_has_run_once_for_its_day(
    cluster: Cluster, times: int
) -> None:
    await begin(cluster, "registry", "payroll")
    first = clock.day_of(BEGINS) + _DAY
    for code in ("S1", "S2"):
        await source(cluster, code, first)
    day = first
    for _ in range(times):
        await _killed_at_a_job(cluster, day, "bank_feeds", feeds=0)
        await _killed_at_a_job(cluster, day + _DAY, "job_runs", feeds=2)
        day += 2 * _DAY
    days = 2 * times
    assert await look(cluster, "payroll", "SELECT count(*) FROM bank_feeds") == 2 * days
    assert await look(cluster, "payroll", WITH_TIMER) == 2 * days
    assert await look(cluster, "payroll", LATE) == await look(cluster, "payroll", TOLD_LATE)
    await clean(cluster)


async def source(cluster: Cluster, code: str, first: date) -> None:
    """Let payroll know a source of a bank of its own."""
    bank = await register(cluster)
    await until_found(cluster, "payroll", 1, ORGANISATION_HANDLED, bank)
    body = {
        "code": code, "name": code, "area_code": COUNTY, "bank_id": bank,
        "expected_by": "10:00", "expected_after_wd": 1, "from_day": first.isoformat(),
    }  # fmt: skip
    await cluster.client.call("POST", "/payroll/v1/sources", body=body)


async def _killed_at_a_job(cluster: Cluster, day: date, table: str, *, feeds: int) -> None:
    """Kill payroll while its job of a day waits for a table, with so many of its feeds written."""
    midnight = clock.at(day)
    payroll = cluster.urls["payroll"]
    async with table_held(payroll, table) as waits, moving(cluster, "payroll", midnight):
        await waits()
        assert await _job_runs(cluster)
        assert await look(cluster, "payroll", FEEDS, day) == feeds
        assert await look(cluster, "payroll", RUNS, JOB, day) == 0
    await again(cluster, cluster.one("payroll"))
    await move(cluster, "payroll", midnight)
    assert await look(cluster, "payroll", FEEDS, day) == 2
    assert await look(cluster, "payroll", RUNS, JOB, day) == 1


async def _job_runs(cluster: Cluster) -> bool:
    """Say whether a process holds the job's lock."""
    free = f"SELECT pg_try_advisory_xact_lock(hashtextextended('job:payroll:{JOB}', 0))"
    return not await look(cluster, "payroll", free)


ARMED = "SELECT min(due_at) FROM timers WHERE kind = 'level' AND state = 'armed'"
FIRED = "SELECT count(*) FROM timers WHERE kind = 'level' AND state = 'fired'"
CLIMBED = "SELECT count(*) FROM watch_item_entries WHERE what IN ('raised', 'step_reached')"
TOLD = (
    "SELECT count(*) FROM outbox"
    " WHERE type IN ('cases.watch_item_raised.v1', 'cases.watch_item_step_reached.v1')"
)


@often
async def test_a_timer_that_dies_at_work_fires_once(cluster: Cluster, times: int) -> None:
    await begin(cluster, "registry", "payroll", "cases")
    first = clock.day_of(BEGINS) + _DAY
    await source(cluster, "S1", first)
    await move(cluster, "payroll", clock.at(first))
    await move(cluster, "payroll", clock.at(first + _DAY, 10))
    await until_found(cluster, "cases", 1, "SELECT count(*) FROM watch_items")
    for number in range(times):
        await _killed_at_a_timer(cluster, ("outbox", "watch_items")[number % 2], number)
    await clean(cluster)


async def _killed_at_a_timer(cluster: Cluster, table: str, before: int) -> None:
    """Kill cases while an item's next rung, after so many, waits for a table."""
    due: datetime = await look(cluster, "cases", ARMED)
    await move(cluster, "cases", due - timedelta(minutes=1))
    async with table_held(cluster.urls["cases"], table) as waits, moving(cluster, "cases", due):
        await waits()
        assert await _claimed(cluster)
        assert await _counts(cluster) == (before, before, before)
    await again(cluster, cluster.one("cases"))
    await move(cluster, "cases", due)
    assert await _counts(cluster) == (before + 1, before + 1, before + 1)
    assert await look(cluster, "cases", ARMED) > due


async def _claimed(cluster: Cluster) -> bool:
    """Say whether a process holds the timer that is armed."""
    free = "SELECT id FROM timers WHERE kind = 'level' AND state = 'armed' FOR UPDATE SKIP LOCKED"
    return await look(cluster, "cases", free) is None


async def _counts(cluster: Cluster) -> tuple[int, ...]:
    """Give how many rungs have fired, stand on the timeline, and were told."""
    return tuple([await look(cluster, "cases", query) for query in (FIRED, CLIMBED, TOLD)])
