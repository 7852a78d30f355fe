"""What a process asks Kafka's brokers about its groups, beside reading and writing."""

import asyncio
from collections.abc import Collection

from aiokafka import AIOKafkaConsumer, TopicPartition
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
