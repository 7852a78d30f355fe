"""A webhook that was sent when its process died is sent again, as the same message."""

import asyncio
import json
from collections import defaultdict
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
from tests.alerts import factories
from tests.alerts import postbox as subscribers
from tests.alerts.postbox import Post, answer
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


# ---- many subscribers, and a sender that dies again and again ---------------------------------

AT_ONCE = 128
"""What one process has under way at most, as `ALERTS_SEND_AT_ONCE` is by default."""


async def _fail_some(post: Post) -> bytes:
    return answer(500 if post.path.startswith("/bad") else 204)


def _taken(box: subscribers.Postbox) -> set[tuple[str, str]]:
    """Give what the healthy have, each message once: where it came, and which."""
    return {
        (post.path, post.headers["webhook-id"])
        for post in box.posts
        if not post.path.startswith("/bad")
    }


async def _subscribe(cluster: Cluster, address: str, number: int) -> list[str]:
    """Subscribe so many: a fifth keep the order, a tenth fail; give the paths of the healthy."""
    paths = []
    for place in range(number):
        path = f"/{'bad' if place % 10 == 9 else 'good'}{place}"
        body = {
            "url": f"{address}{path}", "types": [WatchItemOpened.type], "areas": [COUNTY],
            "ordered": place % 5 == 0,
        }  # fmt: skip
        await cluster.client.call(
            "POST", "/alerts/v1/endpoints", role="wage_office", area=COUNTY, body=body
        )
        paths += [] if path.startswith("/bad") else [path]
    return paths


async def _killed(cluster: Cluster) -> None:
    """Kill alerts, let its claims be over, and start it again."""
    cluster.one("alerts").kill()
    async with connected(cluster.urls["alerts"]) as connection:
        await connection.execute("UPDATE deliveries SET leased_until = now()")
    await cluster.again(cluster.one("alerts"))


@pytest.mark.parametrize(
    ("events", "number_of", "kills"),
    [(20, 10, 2), pytest.param(200, 50, 20, marks=pytest.mark.soak)],
)
async def test_however_often_the_sender_dies_each_subscriber_has_each_event(
    cluster: Cluster, events: int, number_of: int, kills: int
) -> None:
    await cluster.start("alerts")
    cards = [factories.card() for _ in range(5)]
    told = [factories.opened(project=cards[place % 5]) for place in range(events)]
    async with subscribers.listening() as box, told_by_others(cluster) as bus:
        box.reply = _fail_some
        await tell(bus, *county())
        await until(lambda: _knows(cluster), within=30)
        paths = await _subscribe(cluster, box.url.removesuffix("/hook"), number_of)
        await tell(bus, *told)
        wanted = len(paths) * events
        for number in range(kills):
            share = wanted * (number + 1) // (kills + 2)
            await until(lambda share=share: len(_taken(box)) >= share, within=120)  # type: ignore[misc]
            await _killed(cluster)
        await until(lambda: len(_taken(box)) == wanted, within=180)
    bodies: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for post in box.posts:
        bodies[post.path].append(json.loads(post.body))
    repeated = 0
    for path in paths:
        came = bodies[path]
        by_id = {one["id"]: one for one in came}
        assert by_id.keys() == {str(event.id) for event in told}
        assert all(one == by_id[one["id"]] for one in came)
        repeated += len(came) - len(by_id)
    assert repeated <= kills * AT_ONCE
    for path in paths:
        if int(path.removeprefix("/good")) % 5 == 0:
            firsts = dict.fromkeys((one["subject"], one["sequence"]) for one in bodies[path])
            for card in cards:
                numbers = [n for subject, n in firsts if subject == str(card.project_id)]
                assert numbers == sorted(numbers)
