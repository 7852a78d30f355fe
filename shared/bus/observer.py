"""What a process asks Kafka's brokers about its groups, beside reading and writing."""

import asyncio
from collections.abc import Collection, Mapping

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient


class Observer:
    """Says how far a group is behind; connects when first asked.

    Its connections are its own: a broker answers one request of a connection after the other, and
    a reader's are held up by fetches that wait for something new.
    """

    def __init__(self, **connection: object) -> None:
        """Take how the clients connect."""
        self._connection = connection
        self._starting = asyncio.Lock()
        self._clients: tuple[AIOKafkaAdminClient, AIOKafkaConsumer] | None = None

    async def lag(self, group: str, partitions: Collection[TopicPartition]) -> int:
        """Say how many messages of these partitions the group has not handled; never too few."""
        admin, consumer = await self._started()
        # The ends are asked for last: what was handled in between is counted, not missed.
        known = await admin.list_consumer_group_offsets(group, partitions=list(partitions))
        handled = {one: offset.offset for one, offset in known.items() if offset.offset >= 0}
        fresh = [one for one in partitions if one not in handled]
        handled |= await consumer.beginning_offsets(fresh)
        ends = await consumer.end_offsets(partitions)
        return sum(ends[one] - handled[one] for one in partitions)

    async def newest(
        self, topics: Collection[str], number: int, group: str | None
    ) -> list[ConsumerRecord]:
        """Give the newest messages of each partition, of those that a group has handled or of all.

        A group's position is what it has committed: all before it is handled.
        """
        admin, consumer = await self._started()
        # Of all topics: a broker may make a topic that it is asked for by name.
        partitions = [
            TopicPartition(topic["topic"], part["partition"])
            for topic in await admin.describe_topics()
            if topic["topic"] in topics
            for part in topic["partitions"]
        ]
        first = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        if group:
            known = await admin.list_consumer_group_offsets(group, partitions=partitions)
            # Topics that were made anew may be shorter than what is remembered of them.
            ends = {one: min(ends[one], known[one].offset) for one in partitions if one in known}
        spans = {one: (max(first[one], end - number), end) for one, end in ends.items()}
        return await self._read({one: span for one, span in spans.items() if span[0] < span[1]})

    async def _read(self, spans: Mapping[TopicPartition, tuple[int, int]]) -> list[ConsumerRecord]:
        found: list[ConsumerRecord] = []
        if not spans:
            return found
        consumer = AIOKafkaConsumer(**self._connection, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(list(spans))
            for partition, (first, _) in spans.items():
                consumer.seek(partition, first)
            left = set(spans)
            while left:
                for partition, batch in (await consumer.getmany(*left, timeout_ms=200)).items():
                    found += [one for one in batch if one.offset < spans[partition][1]]
                    if batch[-1].offset >= spans[partition][1] - 1:
                        left.remove(partition)
        finally:
            await consumer.stop()
        return found

    async def close(self) -> None:
        """Let the brokers go."""
        if self._clients:
            (admin, consumer), self._clients = self._clients, None
            await admin.close()
            await consumer.stop()

    async def _started(self) -> tuple[AIOKafkaAdminClient, AIOKafkaConsumer]:
        async with self._starting:
            if self._clients is None:
                clients = (
                    AIOKafkaAdminClient(**self._connection),
                    AIOKafkaConsumer(**self._connection),
                )
                admin, consumer = clients
                try:
                    await admin.start()
                    await consumer.start()
                except BaseException:
                    await admin.close()
                    await consumer.stop()
                    raise
                self._clients = clients
            return self._clients
