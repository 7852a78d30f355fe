"""How a group reads from Kafka: a consumer whose offsets follow what has been handled."""

import asyncio
from collections import deque
from contextlib import suppress
from functools import partial

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared.bus.base import Handle, Message
from shared.bus.lanes import Lanes

IN_HAND = 1000
"""Messages of a group in memory, at most, and one poll more."""
SPAN = 300
"""Messages of a partition between its committed offset and the last one taken, at most, and one
poll more: a key that does not get on fills its own partition's share, not the group's."""
POLL = 100
GRACE = 5.0
"""Seconds that running handlers have to end when partitions go to another member, and that a
process which ends has to leave its groups."""
GATHER = 0.02
"""Seconds over which handled messages share a commit."""

log = structlog.get_logger()


class _Window:
    """The offsets of one partition that were taken, and which of them are handled."""

    def __init__(self, first: int) -> None:
        self.position = self.committed = first
        self._taken: deque[int] = deque()
        self._handled: set[int] = set()

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, offset: int) -> None:
        self._taken.append(offset)

    def handled(self, offset: int) -> None:
        """Note it; the position goes on only over what is handled without a gap."""
        self._handled.add(offset)
        while self._taken and self._taken[0] in self._handled:
            first = self._taken.popleft()
            self._handled.remove(first)
            self.position = first + 1


class Reader(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """One member of a consumer group, which survives its broker."""

    def __init__(
        self, group: str, topics: frozenset[str], handle: Handle, **options: object
    ) -> None:
        """Take what the group reads, its handler, and how the client connects."""
        self.group, self.topics, self._handle, self._options = group, topics, handle, options
        self.consumer: AIOKafkaConsumer | None = None
        """The running consumer, or None while there is none."""
        self._windows: dict[TopicPartition, _Window] = {}
        self._lanes = Lanes(group, handle)
        self._progress, self._room = asyncio.Event(), asyncio.Event()
        self._committing = asyncio.Lock()

    async def run(self) -> None:
        """Read until cancelled; a consumer that fails is followed by a new one."""
        while True:
            try:
                await self._consume()
            except* (KafkaError, OSError) as failures:
                log.warning("bus.reader_failed", group=self.group, error=repr(failures.exceptions))
            await asyncio.sleep(1)

    async def _consume(self) -> None:
        consumer = AIOKafkaConsumer(
            group_id=self.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # a new service learns what was said before it came
            max_poll_interval_ms=2**31 - 1,  # waiting for slow handlers is no reason to leave
            **self._options,
        )
        consumer.subscribe(list(self.topics), listener=self)
        try:
            await consumer.start()
            self.consumer = consumer
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._commit_again_and_again())
                try:
                    await self._fetch(consumer, tasks)
                finally:
                    await self._settle()
        finally:
            self.consumer = None
            await self._stop(consumer)

    async def _stop(self, consumer: AIOKafkaConsumer) -> None:
        """Leave the group: before a new consumer joins, surely; at the end, if a broker answers."""
        task = asyncio.current_task()
        ending = task is not None and task.cancelling() > 0
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE if ending else None):
                await consumer.stop()

    async def _fetch(self, consumer: AIOKafkaConsumer, tasks: asyncio.TaskGroup) -> None:
        while True:
            wanted = self._wanted(consumer)
            if not wanted and self._windows:
                await self._room.wait()
                self._room.clear()
                continue
            records = await consumer.getmany(*wanted, timeout_ms=200, max_records=POLL)
            for partition, batch in records.items():
                window = self._windows.setdefault(partition, _Window(batch[0].offset))
                for record in batch:
                    window.take(record.offset)
                    task = self._lanes.begin(as_message(record), tasks)
                    task.add_done_callback(partial(self._done, window, record.offset))

    def _wanted(self, consumer: AIOKafkaConsumer) -> list[TopicPartition]:
        """Give the partitions with room for more; what is not asked for stays with the broker."""
        if len(self._lanes) >= IN_HAND:
            return []
        full = {partition for partition, window in self._windows.items() if len(window) >= SPAN}
        return [partition for partition in consumer.assignment() if partition not in full]

    def _done(self, window: _Window, offset: int, task: "asyncio.Task[bool]") -> None:
        if not task.cancelled() and task.result():
            window.handled(offset)
            self._progress.set()
            self._room.set()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Do nothing: windows open with their first record."""

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Finish before another member begins; all partitions go each time (eager rebalance)."""
        await self._settle()

    async def _settle(self) -> None:
        """Let the running handlers end, commit, and forget the rest: it will be read again."""
        await self._lanes.close(GRACE)
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self._commit()
        self._windows, self._lanes = {}, Lanes(self.group, self._handle)
        self._room.set()

    async def _commit_again_and_again(self) -> None:
        while True:
            await self._progress.wait()
            await asyncio.sleep(GATHER)
            self._progress.clear()
            await self._commit()

    async def _commit(self) -> None:
        async with self._committing:
            windows = {p: w for p, w in self._windows.items() if w.position > w.committed}
            offsets = {partition: window.position for partition, window in windows.items()}
            if not offsets or self.consumer is None:
                return
            try:
                await self.consumer.commit(offsets)
            except KafkaError as error:
                # The group has gone on without us; whoever reads these next handles them again.
                log.warning("bus.not_committed", group=self.group, error=repr(error))
                return
            for partition, window in windows.items():
                window.committed = offsets[partition]


def as_message(record: ConsumerRecord) -> Message:
    """Take what a stranger may have written, too: no key, no value, bytes that are no text."""
    return Message(
        topic=record.topic,
        key=(record.key or b"").decode(errors="replace"),
        value=record.value or b"",
        headers={name: (value or b"").decode(errors="replace") for name, value in record.headers},
    )
