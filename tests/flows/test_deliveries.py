"""A webhook that was sent when its process died is sent again, as the same message."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from shared import clock
from shared.bus.base import Bus
from shared.bus.kafka import KafkaBus
from shared.db import new_id
from shared.events.base import Event
from shared.events.cases import WatchItemOpened
from shared.events.registry import AreaChanged, CalendarPublished
from shared.outbox import message
from tests.fixtures.database import connected
from tests.fixtures.processes import Cluster
from tests.postbox import Postbox, postbox
from tests.waiting import until

pytestmark = pytest.mark.kafka

COUNTY, LINEAGE = "422828", ("0", "42", "4228", "422828")


@asynccontextmanager
async def told_by_others(cluster: Cluster) -> AsyncIterator[Bus]:
    """Give a bus on which the other services speak."""
    bus = KafkaBus(cluster.broker.address)
    task = asyncio.create_task(bus.run())
    try:
        yield bus
    finally:
        task.cancel()
        await asyncio.wait([task])


async def tell(bus: Bus, *events: Event) -> None:
    """Publish events as their services' relays would."""
    for event in events:
        row = {
            "id": event.id, "type": event.type, "key": event.key_value, "traceparent": "",
            "occurred_at": event.occurred_at, "body": event.body(),
        }  # fmt: skip
        await bus.publish([message(event.type.split(".")[0], row)])


def county() -> list[Event]:
    """Give what registry has told of the county and of the working days."""
    paths = ["/" + "/".join(LINEAGE[: n + 1]) + "/" for n in range(len(LINEAGE))]
    areas = [
        AreaChanged(area_code=code, name=code, path=path, valid_from=date(1949, 10, 1))
        for code, path in zip(LINEAGE, paths, strict=True)
    ]
    year = clock.today().year
    calendar = CalendarPublished(
        area_code="0", year=year, exceptions={}, provisional=False, source="test"
    )
    return [*areas, calendar]


def opened() -> WatchItemOpened:
    return WatchItemOpened(
        watch_item_id=new_id(), kind="bank_feed_late", subject_id=new_id(), area_code=COUNTY,
        period="2023-02-01", level="blue", level_rank=1, level_label="蓝", opened_at=clock.now(),
        policy_version=1, calendar_version="test",
    )  # fmt: skip


async def delivery(cluster: Cluster, event_id: UUID) -> list[Any]:
    """Give the deliveries of an event to subscribers: state, attempts, whether one is claimed."""
    async with connected(cluster.urls["alerts"]) as connection:
        rows = await connection.fetch(
            "SELECT state, made_attempts, leased_until > now() AS claimed FROM deliveries"
            " WHERE message_id = $1",
            event_id,
        )
    return [(row["state"], row["made_attempts"], row["claimed"]) for row in rows]


@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.soak)])
async def test_a_webhook_whose_sender_dies_comes_again_under_the_same_id(
    cluster: Cluster, times: int
) -> None:
    await cluster.start("alerts")
    async with postbox() as box, told_by_others(cluster) as bus:
        await tell(bus, *county())
        await until(lambda: _knows(cluster), within=30)
        await box.subscribe(cluster.client, COUNTY, WatchItemOpened.type)
        for _ in range(times):
            await _killed_while_it_sends(cluster, box, bus)
    assert box.refused == 0
    assert not box.doubled
    assert {len(came) for came in box.arrivals.values()} == {2}


async def _killed_while_it_sends(cluster: Cluster, box: Postbox, bus: Bus) -> None:
    """Kill alerts when the subscriber has the message and alerts has no answer yet."""
    event = opened()
    box.answers.clear()
    await tell(bus, event)
    await until(lambda: len(box.arrivals[str(event.id)]) == 1, within=30)
    assert await delivery(cluster, event.id) == [("waiting", 0, True)]
    cluster.one("alerts").kill()
    box.answers.set()
    await cluster.again(cluster.one("alerts"))

    # Nobody else may send it while the dead process's claim stands; then it is due again.
    assert await delivery(cluster, event.id) == [("waiting", 0, True)]
    async with connected(cluster.urls["alerts"]) as connection:
        await connection.execute("UPDATE deliveries SET leased_until = now()")

    async def arrived() -> bool:
        return await delivery(cluster, event.id) == [("delivered", 1, None)]

    await until(arrived, within=30)


async def _knows(cluster: Cluster) -> bool:
    async with connected(cluster.urls["alerts"]) as connection:
        areas = await connection.fetchval("SELECT count(*) FROM known_areas")
        calendars = await connection.fetchval("SELECT count(*) FROM known_calendars")
    return (areas, calendars) == (len(LINEAGE), 1)
