"""What the tests of both buses share: where buses meet, and a handler that remembers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import DefaultPartitioner

from shared.bus.base import Bus, BusAway, Handle, Message, running
from shared.bus.kafka import PARTITIONS, KafkaBus, create_topics
from shared.bus.sockets import SocketBus
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
async def kafka_place(broker: KafkaBroker) -> AsyncIterator[Place]:
    topics = [f"test{number}.events" for number in islice(names, 2)]
    await create_topics(broker.address, topics)
    yield Place(lambda: KafkaBus(broker.address, session=1), topics)
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await admin.start()
    await admin.delete_topics(topics)
    await admin.close()


class TwoProcesses:
    """A bus whose messages all go to the groups of another process, over its sockets."""

    at_once = True

    def __init__(self, folder: Path) -> None:
        self._folder, self.there = folder, SocketBus(folder, ())
        self._groups: list[str] = []
        self._here: SocketBus | None = None

    def subscribe(self, group: str, topics: Collection[str], handle: Handle) -> None:
        self.there.subscribe(group, topics, handle)
        self._groups.append(group)

    @property
    def here(self) -> SocketBus:
        """The process that publishes: it knows the groups of the other one by their names."""
        self._here = self._here or SocketBus(self._folder, self._groups)
        return self._here

    async def publish(self, messages: Sequence[Message]) -> None:
        await until(self.ready)
        await self.here.publish(messages)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.there.run())
            tasks.create_task(self.here.run())

    async def lag(self, group: str) -> int:
        return await self.there.lag(group)

    async def newest(
        self, topics: Collection[str], number: int, group: str | None = None
    ) -> list[Message]:
        return await self.there.newest(topics, number, group)

    async def ready(self) -> bool:
        return await self.here.ready()


def keys_of_one_partition(number: int) -> list[str]:
    partition_of = DefaultPartitioner()
    numbers = list(range(PARTITIONS))
    keys = (f"key{number}" for number in count())
    return list(
        islice((key for key in keys if partition_of(key.encode(), numbers, []) == 5), number)
    )


async def lag_is(bus: Bus, group: str, wanted: int) -> bool:
    try:
        return await bus.lag(group) == wanted
    except BusAway:  # not joined yet
        return False
