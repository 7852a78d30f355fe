"""One suite that every bus must pass."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, islice
from signal import SIGKILL

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import InvalidTopicError
from aiokafka.partitioner import DefaultPartitioner

from shared.bus.base import Bus, BusAway, Message
from shared.bus.kafka import PARTITIONS, KafkaBus, create_topics
from shared.bus.lanes import WIDTH, Lanes
from shared.bus.local import LocalBus
from shared.bus.reader import POLL, SPAN
from tests.kafka import KafkaBroker
from tests.waiting import until

names = count()


@dataclass
class Seen:
    """A handler that remembers; `before` may wait or raise, and lets other tasks in."""

    before: Callable[[Message], Awaitable[object]] = lambda _: asyncio.sleep(0)
    messages: list[Message] = field(default_factory=list)

    async def __call__(self, message: Message) -> None:
        await self.before(message)
        self.messages.append(message)

    @property
    def values(self) -> list[str]:
        return [message.value.decode() for message in self.messages]

    def of(self, key: str) -> list[str]:
        """The values of a key, each where it came first."""
        return list(dict.fromkeys(one.value.decode() for one in self.messages if one.key == key))


@dataclass
class Place:
    """Where buses meet: a process, or a broker with topics of this test."""

    make: Callable[[], Bus]
    topics: Sequence[str]

    @property
    def topic(self) -> str:
        return self.topics[0]

    @property
    def group(self) -> str:
        return f"{self.topic}-readers"

    def messages(self, *texts: str) -> list[Message]:
        """Messages from `key:value`."""
        return [Message(self.topic, text.split(":")[0], text.encode()) for text in texts]

    @asynccontextmanager
    async def reading(self, seen: Seen) -> AsyncIterator[Bus]:
        """Run a bus, another process as it were, whose group's handler is `seen`."""
        bus = self.make()
        bus.subscribe(self.group, self.topics, seen)
        async with running(bus):
            yield bus


@asynccontextmanager
async def running(bus: Bus) -> AsyncIterator[None]:
    task = asyncio.create_task(bus.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


@asynccontextmanager
async def kafka_place(broker: KafkaBroker) -> AsyncIterator[Place]:
    topics = [f"test{number}.events" for number in islice(names, 2)]
    await create_topics(broker.address, topics)
    yield Place(lambda: KafkaBus(broker.address, session=1), topics)
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await admin.start()
    await admin.delete_topics(topics)
    await admin.close()


@pytest.fixture(params=["local", pytest.param("kafka", marks=pytest.mark.kafka)])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    if request.param == "local":
        yield Place(LocalBus, ["one.events", "two.events"])
        return
    async with kafka_place(request.getfixturevalue("kafka")) as place:
        yield place


@pytest.fixture
async def shared_place(kafka: KafkaBroker) -> AsyncIterator[Place]:
    """A place where buses are processes of their own: Kafka only."""
    try:
        async with kafka_place(kafka) as place:
            yield place
    finally:
        if not kafka.running:
            kafka.start()


def keys_of_one_partition(number: int) -> list[str]:
    partition_of = DefaultPartitioner()
    numbers = list(range(PARTITIONS))
    keys = (f"key{number}" for number in count())
    return list(
        islice((key for key in keys if partition_of(key.encode(), numbers, []) == 5), number)
    )


async def insist(bus: Bus, messages: list[Message]) -> None:
    """Publish as a relay does: all of them again until it succeeds."""
    while True:
        try:
            return await bus.publish(messages)
        except BusAway:
            await asyncio.sleep(0.05)


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
    seen = Seen()
    rounds = [place.messages(*(f"key{key}:{turn}" for key in range(30))) for turn in range(10)]
    async with place.reading(seen) as bus:
        for batch in rounds:
            await bus.publish(batch)
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


async def lag_is(bus: Bus, group: str, wanted: int) -> bool:
    try:
        return await bus.lag(group) == wanted
    except BusAway:  # not joined yet
        return False


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
    monkeypatch.setattr("shared.bus.kafka.PATIENCE", 0.5)
    seen = Seen()
    async with shared_place.reading(seen) as bus:
        await bus.publish(shared_place.messages("a:1"))
        await until(lambda: seen.values == ["a:1"])
        kafka.stop(SIGKILL)
        for _ in range(3):
            with pytest.raises(BusAway):
                await bus.publish(shared_place.messages("a:2", "a:3"))
        with pytest.raises(BusAway):
            await bus.lag(shared_place.group)
        assert not await bus.ready()
        kafka.launch()
        await asyncio.to_thread(kafka.wait)
        await until(bus.ready)
        await insist(bus, shared_place.messages("a:2", "a:3"))
        await until(lambda: lag_is(bus, shared_place.group, 0))
    assert seen.of("a") == ["a:1", "a:2", "a:3"]
    # What was given up may have come as well, but not once for every attempt.
    assert len(seen.messages) <= 5


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
        await bus.publish(shared_place.messages(*[f"{stuck}:1"] * 2 * (SPAN + POLL)))
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


async def test_closed_lanes_let_running_handlers_end_and_begin_no_other() -> None:
    go = asyncio.Event()
    seen = Seen(lambda _: go.wait())
    lanes = Lanes("group", seen)
    async with asyncio.TaskGroup() as tasks:
        running, waiting = (
            lanes.begin(Message("a.events", "a", value), tasks) for value in (b"1", b"2")
        )
        await asyncio.sleep(0)
        closing = asyncio.create_task(lanes.close(grace=10))
        await asyncio.sleep(0)
        go.set()
        await closing
    assert (running.result(), waiting.result(), seen.values) == (True, False, ["1"])


async def test_closed_lanes_cancel_handlers_that_do_not_end() -> None:
    inside = asyncio.Event()

    async def hang(message: Message) -> None:
        inside.set()
        await asyncio.Event().wait()

    lanes = Lanes("group", hang)
    async with asyncio.TaskGroup() as tasks:
        task = lanes.begin(Message("a.events", "a", b"1"), tasks)
        await inside.wait()
        await lanes.close(grace=0.01)
    assert task.cancelled()
    assert len(lanes) == 0
