"""The relay: from outbox to Kafka, with 5,000,000 events behind it that were sent."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from datetime import timedelta
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared import clock, telemetry
from shared.bus.base import Message, running
from shared.bus.kafka import PARTITIONS, KafkaBus, create_topics
from shared.db import Sessions, new_id
from shared.events.payroll import BankFeedCompleted
from shared.locks import connect
from shared.outbox import Relay, publish
from shared.partitions import partition_statements
from tests.bench.floors import relay as floor
from tests.bench.ground import Connection, Ground, connected, opened
from tests.bench.judge import Goal, Line, Unit, best
from tests.waiting import until

TOPIC = "payroll.events"
SENT, FRESH, SLICES = 5_000_000, 5_000, 10
A_SECOND, SAMPLES, ROUNDS = 100, 600, 6
DAYS = 150
WRITERS = 8
# What payroll said of feeds in the months before, a row every few seconds, all of it sent.
BEHIND = """
    INSERT INTO outbox
        (id, type, key, occurred_at, created_at, traceparent, body, replayed, sent_at)
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
            || lpad(to_hex(n % 4096), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid,
        'payroll.bank_feed_completed.v1', md5((n % 300)::text)::uuid::text, at, at,
        '00-' || md5(n::text) || '-' || left(md5(n::text), 16) || '-01',
        convert_to('{{"source_id":"' || md5((n % 300)::text)::uuid || '","area_code":"422828",'
            '"feed_id":"' || md5(n::text)::uuid || '","day":"2026-06-15","waived":false}}', 'UTF8'),
        false, at + interval '20 ms'
    FROM generate_series({first}::bigint, {last}::bigint) n, LATERAL (
        SELECT now() - interval '{days} days' * (1 - n::float / {sent}) AS at)
"""
# What a run finds unsent: misses of a thousand projects, the same in each run but for their ids.
UNSENT = """
    INSERT INTO outbox (id, type, key, occurred_at, created_at, traceparent, body, replayed)
    SELECT uuidv7(), 'payroll.transfer_missed.v1', project, '2026-06-16Z', now(),
        '00-' || md5(n::text) || '-' || left(md5(n::text), 16) || '-01',
        convert_to('{"project_id":"' || project || '","project":{"project_id":"' || project
            || '","name":"鹤峰县某道路工程","area_code":"422828","status":"003",'
            '"investment_type":"government","funding_source":null,"developer_id":"' || other
            || '","developer_name":"县交通运输局","contractor_id":"' || other
            || '","contractor_name":"某建设公司","sector_authority_id":null,'
            '"supervised_since":"2025-01-01"},"area_code":"422828","obligation_id":"' || other
            || '","works_contract_id":"' || other || '","account_id":"' || other
            || '","period":"2026-06","previous_period":"2026-05","due_on":"2026-06-15",'
            '"due_amount":"100000.00","lacking":"60000.00","calendar_version":"calendar"}',
            'UTF8'), false
    FROM generate_series(1, $1::int) n, LATERAL (
        SELECT md5((n % 1000)::text)::uuid::text AS project, md5(n::text)::uuid::text AS other)
    ORDER BY n
"""
WRITE = """
    INSERT INTO outbox (id, type, key, occurred_at, created_at, traceparent, body, replayed)
    VALUES ($1, $2, $3, $4, now(), $5, $6, false)
"""

Offsets = Mapping[TopicPartition, int]


class Heard(KafkaBus):
    """Notes when each message was acknowledged."""

    acked: dict[str, float]

    async def publish(self, messages: Sequence[Message]) -> None:
        """Publish, and look at the clock when all of them are there."""
        await super().publish(messages)
        now = time.perf_counter()
        self.acked.update((message.headers["ce_id"], now) for message in messages)


async def measure(ground: Ground) -> list[Line]:
    """Send what is unsent, as fast as it goes; then a hundred events a second, one by one."""
    began_on = clock.today() - timedelta(days=DAYS)
    months = [
        statement
        for ago in range(0, DAYS, 20)
        for statement in partition_statements(began_on + timedelta(days=ago))
    ]
    half = SENT // 2
    behind = [
        BEHIND.format(first=first, last=first + half - 1, days=DAYS, sent=SENT)
        for first in (1, half + 1)
    ]
    async with (
        ground.database("payroll", *behind, first=";".join(months)) as url,
        opened("payroll", url) as sessions,
        connected(url) as bare,
        AsyncExitStack() as stack,
    ):
        broker = stack.enter_context(ground.broker())
        await create_topics(broker, [TOPIC])
        # As durable as ours.
        producer = await stack.enter_async_context(
            AIOKafkaProducer(bootstrap_servers=broker, acks="all", enable_idempotence=True)
        )
        return [
            await _throughput(broker, sessions, bare, producer),
            await _latency(broker, sessions, bare, producer),
        ]


async def _throughput(
    broker: str, sessions: Sessions, bare: Connection, producer: AIOKafkaProducer
) -> Line:
    told: dict[str, Any] = {}
    bus = KafkaBus(broker)
    relay = Relay(sessions, bus)
    own = await connect(sessions.url)

    async def timed(name: str, send: Callable[[], Awaitable[int]]) -> float:
        await bare.execute(UNSENT, FRESH)
        before = await _ends(broker)
        began, sent = time.perf_counter(), 0
        while found := await send():
            sent += found
        spent = time.perf_counter() - began
        assert sent == FRESH
        told[name] = await _told(broker, before)
        return FRESH / spent

    try:
        async with running(bus):
            rates = await best(
                Unit.RATE,
                ours=lambda: timed("ours", lambda: relay.send(own)),
                floor=lambda: timed("floor", lambda: floor.send(bare, producer, lambda _: None)),
                slices=SLICES,
            )
    finally:
        own.terminate()
    faults = [] if told["ours"] == told["floor"] else ["sends other messages than its floor"]
    return Line("relay: outbox → Kafka", Unit.RATE, *rates, Goal(ratio=0.7), faults)


async def _ends(broker: str) -> Offsets:
    async with _reader(broker) as reader:
        return dict(await reader.end_offsets(reader.assignment()))


async def _told(broker: str, since: Offsets) -> object:
    """Give what a run sent, partition by partition, in order, without the ids."""
    ends = await _ends(broker)
    told: dict[int, list[object]] = defaultdict(list)
    async with _reader(broker) as reader:
        for partition, offset in since.items():
            reader.seek(partition, offset)
        while any([await reader.position(one) < end for one, end in ends.items()]):
            for partition, records in (await reader.getmany(timeout_ms=500)).items():
                told[partition.partition] += [
                    (one.key, one.value, [pair for pair in one.headers if pair[0] != "ce_id"])
                    for one in records
                ]
    return dict(told)


@asynccontextmanager
async def _reader(broker: str) -> AsyncIterator[AIOKafkaConsumer]:
    async with AIOKafkaConsumer(bootstrap_servers=broker) as reader:
        reader.assign([TopicPartition(TOPIC, number) for number in range(PARTITIONS)])
        yield reader


async def _latency(
    broker: str, sessions: Sessions, bare: Connection, producer: AIOKafkaProducer
) -> Line:
    bus = Heard(broker)
    bus.acked = {}
    # No pool of the driver's: it asks the server for a reset after each use, beside the relay.
    free: asyncio.Queue[Connection] = asyncio.Queue()
    async with AsyncExitStack() as stack:
        for _ in range(WRITERS):
            free.put_nowait(await stack.enter_async_context(connected(sessions.url)))
        async with running(bus):
            # A tail is known by many: what both took in all rounds, which take turns.
            ours, least = [], []
            for _ in range(ROUNDS):
                least.append(await _least(free, bare, producer))
                ours.append(await _ours(sessions, bus))
    mine, bound = (_p99(chain.from_iterable(rounds)) for rounds in (ours, least))
    spread = max(abs(_p99(each) / bound - 1) for each in least)
    name = f"relay: commit → ack p99, {A_SECOND}/s"
    return Line(name, Unit.SPAN, mine, bound, spread, Goal(ours=50))


def _p99(spans: Iterable[float]) -> float:
    ordered = sorted(spans)
    return ordered[len(ordered) * 99 // 100]


async def _ours(sessions: Sessions, bus: Heard) -> list[float]:
    committed: ContextVar[float] = ContextVar("committed")

    async def say() -> tuple[str, float]:
        event = _event()
        async with sessions.begin("bench") as session:
            publish(session, event)
        return str(event.id), committed.get()

    def note() -> None:
        committed.set(time.perf_counter())

    # From the commit, as the floor's, and not from when the session was put away as well.
    sessions.wake.append(note)
    sending = asyncio.create_task(Relay(sessions, bus).run())
    try:
        first, _ = await say()
        await until(lambda: first in bus.acked, within=30)
        return await _paced(say, bus.acked)
    finally:
        sending.cancel()
        await asyncio.wait([sending])
        sessions.wake.remove(note)


async def _least(
    free: "asyncio.Queue[Connection]", bare: Connection, producer: AIOKafkaProducer
) -> list[float]:
    acked: dict[str, float] = {}
    woken = asyncio.Event()

    async def say() -> tuple[str, float]:
        event = _event()
        row = (event.id, event.type, event.key_value, event.occurred_at)
        writer = await free.get()
        await writer.execute(WRITE, *row, telemetry.traceparent(), event.body())
        committed = time.perf_counter()
        woken.set()
        free.put_nowait(writer)
        return str(event.id), committed

    def hear(ids: list[str]) -> None:
        acked.update(dict.fromkeys(ids, time.perf_counter()))

    following = asyncio.create_task(floor.follow(bare, producer, woken, hear))
    try:
        return await _paced(say, acked)
    finally:
        following.cancel()
        await asyncio.wait([following])


def _event() -> BankFeedCompleted:
    return BankFeedCompleted(
        source_id=new_id(), area_code="422828", feed_id=new_id(), day=clock.today()
    )


async def _paced(
    say: Callable[[], Awaitable[tuple[str, float]]], acked: Mapping[str, float]
) -> list[float]:
    """Say something a hundred times a second, whatever is still under way; give each span in ms.

    `say` gives the id of what was said and the instant of its commit.
    """
    committed: dict[str, float] = {}

    async def said() -> None:
        event_id, committed[event_id] = await say()

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number in range(SAMPLES):
            await asyncio.sleep(max(0.0, began + number / A_SECOND - time.perf_counter()))
            tasks.create_task(said())
    await until(lambda: committed.keys() <= acked.keys(), within=30)
    return [(acked[event_id] - at) * 1000 for event_id, at in committed.items()]
