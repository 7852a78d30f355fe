"""What Kafka adds: members in other processes, brokers that go away and come back."""

import asyncio
import gc
from collections.abc import AsyncIterator
from itertools import count
from signal import SIGKILL

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import InvalidTopicError
from aiokafka.partitioner import DefaultPartitioner

from shared.bus.base import Bus, BusAway, Message, running
from shared.bus.kafka import PARTITIONS, create_topics
from shared.bus.reader import IN_HAND, POLL
from tests.buses import Place, Seen, kafka_place, keys_of_one_partition, lag_is
from tests.kafka import KafkaBroker
from tests.waiting import until


@pytest.fixture
async def shared_place(kafka: KafkaBroker) -> AsyncIterator[Place]:
    """A place where buses are processes of their own: Kafka only."""
    try:
        async with kafka_place(kafka) as place:
            yield place
    finally:
        if not kafka.running:
            kafka.start()


async def insist(bus: Bus, messages: list[Message]) -> None:
    """Publish as a relay does: all of them again until it succeeds."""
    while True:
        try:
            return await bus.publish(messages)
        except BusAway:
            await asyncio.sleep(0.05)


@pytest.mark.kafka
async def test_what_kafka_took_outlives_its_crash(shared_place: Place, kafka: KafkaBroker) -> None:
    bus = shared_place.make()
    texts = [f"key{number}:1" for number in range(200)]
    async with running(bus):
        await bus.publish(shared_place.messages(*texts))
        kafka.stop(SIGKILL)
    kafka.start()
    seen = Seen()
    async with shared_place.reading(seen):
        await until(lambda: set(seen.values) == set(texts))


@pytest.mark.kafka
async def test_nothing_is_lost_or_swapped_when_the_broker_goes_and_comes_back(
    shared_place: Place, kafka: KafkaBroker
) -> None:
    seen, sent = Seen(), 0
    async with shared_place.reading(seen) as bus:

        async def relay() -> None:
            nonlocal sent
            for turn in range(400):
                await insist(bus, shared_place.messages(*(f"key{key}:{turn}" for key in range(5))))
                sent = turn + 1

        relaying = asyncio.create_task(relay())
        for turns in (50, 150):
            await until(lambda turns=turns: sent > turns)
            kafka.stop(SIGKILL)
            kafka.launch()
            await asyncio.to_thread(kafka.wait)
        await until(relaying.done, within=30)
        await until(lambda: len(set(seen.values)) == 5 * 400, within=30)
        await until(lambda: lag_is(bus, shared_place.group, 0))
    for key in range(5):
        assert seen.of(f"key{key}") == [f"key{key}:{turn}" for turn in range(400)]


@pytest.mark.kafka
async def test_publish_raises_while_the_broker_is_away_and_works_when_it_is_back(
    shared_place: Place, kafka: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Seen()
    async with shared_place.reading(seen) as bus:
        await bus.publish(shared_place.messages("a:1"))
        await until(lambda: seen.values == ["a:1"])
        kafka.stop(SIGKILL)
        with monkeypatch.context() as impatient:
            impatient.setattr("shared.bus.kafka.PATIENCE", 0.5)
            for _ in range(5):
                with pytest.raises(BusAway):
                    await bus.publish(shared_place.messages("a:2", "a:3"))
            with pytest.raises(BusAway):
                await bus.lag(shared_place.group)
            assert not await bus.ready()
        kafka.launch()
        await asyncio.to_thread(kafka.wait)
        await until(bus.ready)
        await bus.publish(shared_place.messages("a:2", "a:3"))
        await until(lambda: lag_is(bus, shared_place.group, 0))
    assert seen.of("a") == ["a:1", "a:2", "a:3"]
    # The first attempt may have come after all, but not one copy for every attempt.
    assert await written(kafka, shared_place.topic) <= 1 + 2 + 2


async def written(broker: KafkaBroker, topic: str) -> int:
    """How many messages a topic holds."""
    async with AIOKafkaConsumer(topic, bootstrap_servers=broker.address) as consumer:
        return sum((await consumer.end_offsets(consumer.assignment())).values())


@pytest.mark.kafka
async def test_a_bus_may_be_there_before_its_broker(
    shared_place: Place, kafka: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.kafka.PATIENCE", 1)
    kafka.stop()
    seen = Seen()
    async with shared_place.reading(seen) as bus:
        assert not await bus.ready()
        with pytest.raises(BusAway):
            await bus.publish(shared_place.messages("a:1"))
        with pytest.raises(BusAway):
            await bus.lag(shared_place.group)
        kafka.launch()
        await asyncio.to_thread(kafka.wait)
        await insist(bus, shared_place.messages("a:1"))
        await until(lambda: seen.values == ["a:1"])


@pytest.mark.kafka
async def test_members_of_a_group_share_its_partitions(shared_place: Place) -> None:
    one, two = Seen(), Seen()
    async with shared_place.reading(one) as bus, shared_place.reading(two):
        for turn in count():
            batch = shared_place.messages(*(f"key{key}:{turn}" for key in range(50)))
            await bus.publish(batch)
            if one.messages and two.messages:
                break
        texts = {f"key{key}:{done}" for key in range(50) for done in range(turn + 1)}
        await until(lambda: {*one.values, *two.values} == texts)


@pytest.mark.kafka
async def test_a_member_that_leaves_hands_over_and_nothing_is_handled_twice(
    shared_place: Place,
) -> None:
    one, two = Seen(), Seen()
    texts = [f"key{key}:{turn}" for turn in range(60) for key in range(20)]
    async with shared_place.reading(one) as bus:
        async with shared_place.reading(two):
            for turn in range(0, len(texts), 200):
                await bus.publish(shared_place.messages(*texts[turn : turn + 200]))
            await until(lambda: bool(two.messages) or len(one.messages) == len(texts))
        await until(lambda: len(one.messages) + len(two.messages) >= len(texts))
        await until(lambda: lag_is(bus, shared_place.group, 0))
    assert sorted([*one.values, *two.values]) == sorted(texts)


@pytest.mark.kafka
async def test_a_member_finishes_what_it_began_before_another_one_takes_over(
    shared_place: Place, kafka: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A machine that stands still for some seconds must not look like a member that gave up.
    monkeypatch.setattr("shared.bus.reader.GRACE", 18.0)
    go, began = asyncio.Event(), asyncio.Event()

    async def hold(message: Message) -> None:
        began.set()
        await go.wait()

    one, two = Seen(hold), Seen()
    texts = [f"key{key}:1" for key in range(30)]
    async with shared_place.reading(one) as bus:
        await bus.publish(shared_place.messages(*texts))
        await began.wait()
        async with shared_place.reading(two):
            # Five heartbeats: the first one knows of it. Each look comes to its end, as one that is
            # cut off while it connects leaves its connection open.
            over = asyncio.get_running_loop().time() + 0.5
            while asyncio.get_running_loop().time() < over:
                assert not await two_members(kafka, shared_place.group)
            go.set()
            await until(lambda: lag_is(bus, shared_place.group, 0))
    assert sorted([*one.values, *two.values]) == sorted(texts)


async def two_members(broker: KafkaBroker, group: str) -> bool:
    """Whether two members of a group have shared out its partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    try:
        await admin.start()
        (answer,) = await admin.describe_consumer_groups([group])
        _, _, state, _, _, members, *_ = answer.groups[0]
        return state == "Stable" and len(members) == 2
    finally:
        await admin.close()


@pytest.mark.kafka
async def test_what_is_in_hand_is_bounded(shared_place: Place) -> None:
    go = asyncio.Event()
    seen = Seen(lambda _: go.wait())
    async with shared_place.reading(seen) as bus:
        for turn in range(20):
            batch = shared_place.messages(*(f"key{key}:{turn}" for key in range(120)))
            await bus.publish(batch)
        del batch
        await until(lambda: messages_in_memory(shared_place.topic) >= IN_HAND)
        for _ in range(20):  # time enough for a reader without a bound to take them all
            assert await bus.lag(shared_place.group) == 20 * 120
        assert messages_in_memory(shared_place.topic) <= IN_HAND + POLL
        go.set()
        await until(lambda: lag_is(bus, shared_place.group, 0))
    assert len(seen.messages) == 20 * 120


def messages_in_memory(topic: str) -> int:
    return sum(isinstance(one, Message) and one.topic == topic for one in gc.get_objects())


@pytest.mark.kafka
async def test_a_group_goes_on_from_what_it_has_handled(shared_place: Place) -> None:
    """What comes after an unhandled message of a partition is handled, but not committed."""
    bad, *good = keys_of_one_partition(10)

    async def fail(message: Message) -> None:
        if message.key == bad:
            raise RuntimeError("bad for good")

    first, second = Seen(fail), Seen()
    before, after = ([f"{key}:{turn}" for key in good] for turn in range(2))
    async with shared_place.reading(first) as bus:
        await bus.publish(shared_place.messages(*before))
        await until(lambda: len(first.messages) == 9)
        await until(lambda: lag_is(bus, shared_place.group, 0))
        await bus.publish(shared_place.messages(f"{bad}:0", *after))
        await until(lambda: len(first.messages) == 18)
        await until(lambda: lag_is(bus, shared_place.group, 10))
    async with shared_place.reading(second) as bus:
        await until(lambda: lag_is(bus, shared_place.group, 0))
    assert sorted(second.values) == sorted([f"{bad}:0", *after])


@pytest.mark.kafka
async def test_a_stuck_key_fills_its_own_partition_only(shared_place: Place) -> None:
    stuck, go = keys_of_one_partition(1)[0], asyncio.Event()
    seen = Seen(lambda message: go.wait() if message.key == stuck else asyncio.sleep(0))
    others = [f"key{key}:{turn}" for key in range(24) for turn in range(20)]
    async with shared_place.reading(seen) as bus:
        await bus.publish(shared_place.messages(*[f"{stuck}:1"] * 2 * IN_HAND))
        await bus.publish(shared_place.messages(*others))
        partition_of, numbers = DefaultPartitioner(), list(range(PARTITIONS))
        free = {
            text for text in others if partition_of(text.split(":")[0].encode(), numbers, []) != 5
        }
        await until(lambda: free <= set(seen.values))
        go.set()
        await until(lambda: lag_is(bus, shared_place.group, 0))
    assert set(others) <= set(seen.values)


@pytest.mark.kafka
async def test_a_strangers_message_is_taken_as_it_is(
    shared_place: Place, kafka: KafkaBroker
) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.address)
    seen = Seen()
    async with shared_place.reading(seen), producer:
        headers = [("none", None), ("bytes", b"\xff")]
        await producer.send_and_wait(shared_place.topic, key=b"a", headers=headers)
        await producer.send_and_wait(shared_place.topic, value=b"keyless")
        await until(lambda: len(seen.messages) == 2)
    headers_seen = {"none": "", "bytes": "\N{REPLACEMENT CHARACTER}"}
    assert Message(shared_place.topic, "a", b"", headers_seen) in seen.messages
    assert Message(shared_place.topic, "", b"keyless") in seen.messages


@pytest.mark.kafka
async def test_topics_are_created_once_and_refusals_are_told(kafka: KafkaBroker) -> None:
    await create_topics(kafka.address, ["twice.events"])
    await create_topics(kafka.address, ["twice.events"])
    with pytest.raises(InvalidTopicError):
        await create_topics(kafka.address, ["not a topic's name"])
