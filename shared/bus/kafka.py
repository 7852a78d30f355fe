"""The bus between processes: Apache Kafka."""

import asyncio
import logging
import ssl
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared.bus.base import BusAway, Handle, Message
from shared.bus.observer import Observer
from shared.bus.reader import Reader, as_message
from shared.config import Runtime

PATIENCE = 10.0
"""Seconds that `publish` and `lag` wait for the broker."""
PARTITIONS = 12
"""Of every topic, never changed: more of them would move keys and break their order."""
RETENTION = timedelta(days=30)
"""How long a group may be away; what is older it learns by replay from the outboxes."""


@contextmanager
def _asking(seconds: float) -> Iterator[None]:
    """Turn what Kafka's client raises into `BusAway`; `seconds` only words it."""
    try:
        yield
    except TimeoutError as error:
        raise BusAway(f"Kafka did not answer within {seconds:g} s") from error
    except (KafkaError, OSError) as error:
        raise BusAway(repr(error)) from error


Security = Mapping[str, object]


def security(runtime: Runtime) -> Security:
    """Give how every client of this process speaks to the brokers: in the clear, TLS, as whom."""
    protocol = runtime.kafka_security_protocol
    options: dict[str, object] = {"security_protocol": protocol}
    if protocol.endswith("SSL"):
        # Names are checked, too: a certificate of somebody else's host is refused.
        options["ssl_context"] = ssl.create_default_context(cafile=runtime.kafka_ca_file)
    if protocol.startswith("SASL") and runtime.kafka_sasl_password:
        options |= {
            "sasl_mechanism": runtime.kafka_sasl_mechanism,
            "sasl_plain_username": runtime.kafka_sasl_username,
            "sasl_plain_password": runtime.kafka_sasl_password.get_secret_value(),
        }
    return options


class KafkaBus:
    """At least once, in order per key, to every group, over the brokers' crashes and our own."""

    at_once = False

    def __init__(
        self,
        brokers: str,
        client_id: str = "xinqing",
        *,
        session: float = 10.0,
        secured: Security | None = None,
    ) -> None:
        """Take `host:port,…`; a member that is silent for `session` seconds has left its group.

        `secured` is what `security` gives; without it the brokers are spoken to in the clear.
        """
        # A broker that is away makes each client log many times a second. What matters reaches us
        # as an exception, or shows in `ready`.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        self._connection: dict[str, object] = {
            "bootstrap_servers": brokers,
            "client_id": client_id,
            **(secured or {}),
        }
        self._membership = {
            "session_timeout_ms": round(session * 1000),
            "heartbeat_interval_ms": round(session * 100),
            # Members have this long to finish before partitions change hands; a request must
            # outlast it, because joining waits for them.
            "rebalance_timeout_ms": 20_000,
            "request_timeout_ms": 25_000,
        }
        self._readers: dict[str, Reader] = {}
        self._observer = Observer(**self._connection, request_timeout_ms=10_000)
        self._starting = asyncio.Lock()
        self._producer: AIOKafkaProducer | None = None
        self._in_doubt = False

    def subscribe(self, group: str, topics: Collection[str], handle: Handle) -> None:
        """Name a reader before `run`; a group has one handler. Raises ValueError for a second."""
        if group in self._readers:
            raise ValueError(f"The group {group} is subscribed already")
        options = self._connection | self._membership
        self._readers[group] = Reader(group, frozenset(topics), handle, **options)

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return once the brokers hold all messages; raises `BusAway` within seconds otherwise.

        After that some of them may be there, or come later, and all are to be published again, in
        the same order. Each time the idempotent producer writes a key's messages in order and
        without gap, from one that nobody acknowledged: so the first copies are in order, and the
        inbox drops the others.
        """
        with _asking(PATIENCE):
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._send(await self._started_producer(), messages)
            except KafkaError:
                # A batch that was refused leaves a gap that its producer never closes.
                await self._drop_producer()
                raise

    async def _send(self, producer: AIOKafkaProducer, messages: Sequence[Message]) -> None:
        # An idempotent producer keeps what it was given until it is written. While it does, more
        # copies are given to it only once the brokers answer again.
        if self._in_doubt and not await producer.client.force_metadata_update():
            raise BusAway("No broker answers")
        futures: list[asyncio.Future[object]] = []
        try:
            for message in messages:
                headers = [(name, value.encode()) for name, value in message.headers.items()]
                key, value = message.key.encode(), message.value
                futures.append(await producer.send(message.topic, value, key, headers=headers))
            await asyncio.gather(*futures)
        except BaseException:
            self._in_doubt = True
            for future in futures:
                future.cancel()
            raise
        self._in_doubt = False

    async def run(self) -> None:
        """Deliver until cancelled; then finish what is being handled, and let the brokers go."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for reader in self._readers.values():
                    if reader.topics:
                        tasks.create_task(reader.run())
                await asyncio.Event().wait()
        finally:
            await self._drop_producer()
            await self._observer.close()

    async def lag(self, group: str) -> int:
        """Say how many messages of its topics a group has not handled, here or elsewhere.

        Raises `BusAway`, also while this process has not joined the group.
        """
        reader = self._readers[group]
        if not reader.topics:
            return 0
        with _asking(PATIENCE):
            async with asyncio.timeout(PATIENCE):
                if (consumer := reader.consumer) is None:
                    raise BusAway(f"{group} has not joined")
                partitions = [
                    TopicPartition(topic, number)
                    for topic in reader.topics
                    for number in consumer.partitions_for_topic(topic) or ()
                ]
                return await self._observer.lag(group, partitions)

    async def newest(
        self, topics: Collection[str], number: int, group: str | None = None
    ) -> list[Message]:
        """Give the newest messages of each partition, of those that a group has handled or of all.

        Raises `BusAway`.
        """
        with _asking(PATIENCE):
            async with asyncio.timeout(PATIENCE):
                records = await self._observer.newest(topics, number, group)
        return [as_message(record) for record in records]

    async def ready(self) -> bool:
        """Say whether a broker answers within two seconds."""
        try:
            async with asyncio.timeout(2):
                producer = await self._started_producer()
                await producer.client.fetch_all_metadata()
        except (KafkaError, OSError):
            return False
        return True

    async def _started_producer(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self._connection,
                    acks="all",
                    enable_idempotence=True,
                    request_timeout_ms=10_000,
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    async def _drop_producer(self) -> None:
        """End the producer; by itself it would wait without end for a broker that is away."""
        producer, self._producer, self._in_doubt = self._producer, None, False
        if producer is None:
            return
        try:
            async with asyncio.timeout(2):
                await producer.stop()
        except TimeoutError:
            await producer.client.close()


async def create_topics(
    brokers: str,
    names: Collection[str],
    *,
    partitions: int = PARTITIONS,
    copies: int | None = None,
    secured: Security | None = None,
) -> None:
    """Create the topics that are missing, with `copies` of each message.

    By default that is three, or as many as there are brokers. Raises `BusAway`, and KafkaError for
    a topic that the brokers refuse.
    """
    admin = AIOKafkaAdminClient(
        bootstrap_servers=brokers, request_timeout_ms=10_000, **(secured or {})
    )
    with _asking(PATIENCE):
        try:
            async with asyncio.timeout(PATIENCE):
                await admin.start()
                copies = copies or min(3, len((await admin.describe_cluster())["brokers"]))
                settings = {
                    "retention.ms": str(RETENTION // timedelta(milliseconds=1)),
                    # A message is taken once all brokers but one of its copies hold it.
                    "min.insync.replicas": str(max(1, copies - 1)),
                }
                topics = [
                    NewTopic(name, partitions, copies, topic_configs=settings) for name in names
                ]
                answer = await admin.create_topics(topics)
        finally:
            await admin.close()
    for name, code, *_ in answer.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise for_code(code)(name)
