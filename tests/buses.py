"""What the tests of both buses share: where buses meet, and a handler that remembers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, islice

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import DefaultPartitioner

from shared.bus.base import Bus, BusAway, Message, running
from shared.bus.kafka import PARTITIONS, KafkaBus, create_topics
from tests.kafka import KafkaBroker

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
