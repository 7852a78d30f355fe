"""One suite that every bus must pass."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from random import Random

import pytest

from shared.bus.base import Message, running
from shared.bus.lanes import WIDTH
from shared.bus.local import LocalBus
from tests.buses import Place, Seen, TwoProcesses, kafka_place, keys_of_one_partition, lag_is
from tests.waiting import until


@pytest.fixture(params=["local", "sockets", pytest.param("kafka", marks=pytest.mark.kafka)])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    if request.param != "kafka":
        make = LocalBus if request.param == "local" else partial(TwoProcesses, tmp_path)
        yield Place(make, ["one.events", "two.events"])
        return
    async with kafka_place(request.getfixturevalue("kafka")) as place:
        yield place


async def test_every_group_gets_every_message_of_its_topics(place: Place) -> None:
    bus, one, two, other = place.make(), Seen(), Seen(), Seen()
    bus.subscribe(f"{place.topic}-one", place.topics, one)
    bus.subscribe(f"{place.topic}-two", place.topics, two)
    bus.subscribe(f"{place.topic}-other", place.topics[1:], other)
    elsewhere = Message(place.topics[1], "a", b"elsewhere")
    async with running(bus):
        await bus.publish([*place.messages("a:1", "b:1"), elsewhere])
        await until(
            lambda: len(one.messages) == len(two.messages) == 3 and len(other.messages) == 1
        )
    assert set(one.values) == set(two.values) == {"a:1", "b:1", "elsewhere"}
    assert other.values == ["elsewhere"]


async def test_a_group_has_one_handler(place: Place) -> None:
    bus = place.make()
    bus.subscribe(place.group, place.topics, Seen())
    with pytest.raises(ValueError, match="subscribed already"):
        bus.subscribe(place.group, place.topics, Seen())


async def test_a_group_without_topics_reads_nothing(place: Place) -> None:
    bus = place.make()
    bus.subscribe(place.group, [], seen := Seen())
    async with running(bus):
        await bus.publish(place.messages("a:1"))
        assert await bus.lag(place.group) == 0
    assert seen.values == []


async def test_a_key_is_handled_in_order(place: Place) -> None:
    chance = Random(1)

    async def dawdle(message: Message) -> None:
        for _ in range(chance.randrange(5)):
            await asyncio.sleep(0)

    seen = Seen(dawdle)
    batches = [
        [f"key{key}:{turn}" for key in range(30) for turn in turns]
        for turns in (range(5), range(5, 10))
    ]
    async with place.reading(seen) as bus:
        for batch in batches:
            await bus.publish(place.messages(*batch))
        await until(lambda: len(seen.messages) == 300)
    for key in range(30):
        assert seen.of(f"key{key}") == [f"key{key}:{turn}" for turn in range(10)]


async def test_a_failed_message_is_handled_again_before_the_next_of_its_key(place: Place) -> None:
    attempts: dict[str, int] = defaultdict(int)

    async def fail_twice(message: Message) -> None:
        attempts[message.value.decode()] += 1
        if message.value == b"a:1" and attempts["a:1"] <= 2:
            raise RuntimeError("not yet")

    seen = Seen(fail_twice)
    async with place.reading(seen) as bus:
        await bus.publish(place.messages("a:1", "a:2"))
        await until(lambda: len(seen.messages) == 2)
    assert seen.values == ["a:1", "a:2"]
    assert attempts == {"a:1": 3, "a:2": 1}


async def test_a_stray_cancellation_is_a_failure_like_any_other(place: Place) -> None:
    strays = iter([True])

    async def cancel_once(message: Message) -> None:
        if next(strays, False):
            raise asyncio.CancelledError

    seen = Seen(cancel_once)
    async with place.reading(seen) as bus:
        await bus.publish(place.messages("a:1"))
        await until(lambda: seen.values == ["a:1"])


async def test_other_keys_flow_while_one_key_fails(place: Place) -> None:
    well = asyncio.Event()
    bad, *good = keys_of_one_partition(20)

    async def fail_until_well(message: Message) -> None:
        if message.key == bad and not well.is_set():
            raise RuntimeError("still bad")

    seen = Seen(fail_until_well)
    async with place.reading(seen) as bus:
        batch = place.messages(f"{bad}:1", f"{bad}:2", *(f"{key}:1" for key in good))
        publishing = asyncio.create_task(bus.publish(batch))
        await until(lambda: set(seen.values) == {f"{key}:1" for key in good})
        well.set()
        await until(lambda: len(seen.messages) == 21)
        await publishing
    assert seen.of(bad) == [f"{bad}:1", f"{bad}:2"]


async def test_two_keys_of_one_partition_overlap(place: Place) -> None:
    inside = asyncio.Barrier(2)
    one, two = keys_of_one_partition(2)
    seen = Seen(lambda _: inside.wait())
    async with place.reading(seen) as bus:
        await bus.publish(place.messages(f"{one}:1", f"{two}:1"))
        await until(lambda: len(seen.messages) == 2)


async def test_a_group_handles_no_more_keys_at_a_time_than_its_width(place: Place) -> None:
    inside, most, go = 0, 0, asyncio.Event()

    async def handle(message: Message) -> None:
        nonlocal inside, most
        inside, most = inside + 1, max(most, inside + 1)
        await go.wait()
        inside -= 1

    bus = place.make()
    bus.subscribe(place.group, place.topics, handle)
    async with running(bus):
        batch = place.messages(*(f"key{number}:1" for number in range(3 * WIDTH)))
        publishing = asyncio.create_task(bus.publish(batch))
        await until(lambda: most == WIDTH)
        go.set()
        await publishing
        await until(lambda: lag_is(bus, place.group, 0))
    assert most == WIDTH


async def test_headers_arrive_whole(place: Place) -> None:
    headers = {
        "ce_type": "registry.area_changed.v1",
        "empty": "",
        "name": "余杭区 – ✓",
        "x": "a=b,c",
    }
    sent = Message(place.topic, "余杭", '{"名": "杭"}'.encode(), headers)
    seen = Seen()
    async with place.reading(seen) as bus:
        await bus.publish([sent])
        await until(lambda: bool(seen.messages))
    assert seen.messages == [sent]


async def test_lag_counts_what_is_not_handled_and_falls_to_zero(place: Place) -> None:
    go = asyncio.Event()
    seen = Seen(lambda _: go.wait())
    async with place.reading(seen) as bus:
        await until(lambda: lag_is(bus, place.group, 0))
        publishing = asyncio.create_task(bus.publish(place.messages("a:1", "a:2", "b:1")))
        await until(lambda: lag_is(bus, place.group, 3))
        go.set()
        await until(lambda: lag_is(bus, place.group, 0))
        await publishing
    assert len(seen.messages) == 3


async def test_relays_publish_at_once_and_one_event_leads_to_another(place: Place) -> None:
    """Two services of one process: what the first says makes the second speak, and back."""
    outboxes: dict[str, asyncio.Queue[Message]] = {topic: asyncio.Queue() for topic in place.topics}
    bus, heard = place.make(), list[int]()

    async def relay(topic: str) -> None:
        while True:
            await bus.publish([await outboxes[topic].get()])

    def answering(topic: str) -> Callable[[Message], Awaitable[None]]:
        async def answer(message: Message) -> None:
            heard.append(turn := int(message.value))
            if turn < 50:
                outboxes[topic].put_nowait(Message(topic, message.key, b"%d" % (turn + 1)))

        return answer

    one, two = place.topics
    bus.subscribe(f"{one}-readers", [one], Seen(answering(two)))
    bus.subscribe(f"{two}-readers", [two], Seen(answering(one)))
    async with running(bus):
        relays = [asyncio.create_task(relay(topic)) for topic in place.topics]
        for key in range(5):
            outboxes[one].put_nowait(Message(one, f"key{key}", b"1"))
        await until(lambda: len(heard) == 5 * 50)
        for task in relays:
            task.cancel()
        await asyncio.wait(relays)
    assert sorted(heard) == sorted([*range(1, 51)] * 5)


async def test_a_bus_is_ready(place: Place) -> None:
    bus = place.make()
    async with running(bus):
        assert await bus.ready()


async def test_local_publish_waits_until_every_group_has_handled() -> None:
    place = Place(LocalBus, ["one.events"])
    go = asyncio.Event()
    bus, quick = place.make(), Seen()
    slow = Seen(lambda _: go.wait())
    bus.subscribe("quick", place.topics, quick)
    bus.subscribe("slow", place.topics, slow)
    publishing = asyncio.create_task(bus.publish(place.messages("a:1")))
    await until(lambda: quick.values == ["a:1"])
    assert not publishing.done()
    go.set()
    await publishing
    assert slow.values == ["a:1"]


async def test_a_local_publish_that_is_cancelled_leaves_nothing_in_hand() -> None:
    place = Place(LocalBus, ["one.events"])
    stuck = asyncio.Event()
    bus = place.make()
    seen = Seen(lambda _: stuck.wait())
    bus.subscribe(place.group, place.topics, seen)
    publishing = asyncio.create_task(bus.publish(place.messages("a:1", "a:2")))
    await until(lambda: lag_is(bus, place.group, 2))
    publishing.cancel()
    await asyncio.wait([publishing])
    assert seen.values == []
    assert await bus.lag(place.group) == 0
    stuck.set()
    await bus.publish(place.messages("a:1", "a:2"))
    assert seen.values == ["a:1", "a:2"]
