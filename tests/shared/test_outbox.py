"""Events leave through rows: told if and only if committed, in order per key, by one relay."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from shared import clock
from shared.bus.base import Handle, Message
from shared.db import Sessions
from shared.events.platform import PLATFORM
from shared.outbox import (
    LARGEST,
    EventTooLarge,
    NotInManifest,
    OutboxRow,
    Relay,
    publish,
    publish_all,
)
from tests.fixtures.database import connected
from tests.fixtures.service import Time
from tests.shared.house import StoneKept, StoneLaid, StoneLifted, StoneRefused
from tests.waiting import until


class Broker:
    """A stand-in that others reach only through `publish`: keeps all, or is away."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.away = False
        self.asked = 0

    async def publish(self, messages: Sequence[Message]) -> None:
        self.asked += 1
        if self.away:
            raise ConnectionError("the broker is away")
        self.sent += messages

    def ids(self) -> list[UUID]:
        return [UUID(sent.headers["ce_id"]) for sent in self.sent]

    def bodies(self, key: str) -> list[int]:
        return [StoneLaid.model_validate_json(m.value).number for m in self.sent if m.key == key]

    def subscribe(self, group: str, topics: Collection[str], handle: Handle) -> None: ...

    async def run(self) -> None: ...

    async def lag(self, group: str) -> int:
        return 0

    async def ready(self) -> bool:
        return not self.away


@pytest.fixture
def broker() -> Broker:
    return Broker()


async def lay(sessions: Sessions, wall: str = "a", number: int = 1) -> None:
    async with sessions.begin() as session:
        publish(session, StoneLaid(wall=wall, number=number))


async def unsent(sessions: Sessions) -> int:
    async with sessions.begin() as session:
        return await session.scalar(select(func.count()).where(OutboxRow.sent_at.is_(None))) or 0


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def all_sent(sessions: Sessions) -> Callable[[], Any]:
    async def said() -> bool:
        return await unsent(sessions) == 0

    return said


async def test_an_event_is_told_if_and_only_if_it_was_committed(
    sessions: Sessions, broker: Broker
) -> None:

    async def fail(wall: str, error: Exception) -> None:
        async with sessions.begin() as session:
            publish(session, StoneLaid(wall=wall, number=1))
            raise error

    for wall, error in (
        ("never", RuntimeError()),
        ("nor", StoneRefused()),
        ("kept", StoneKept()),
    ):
        with pytest.raises(type(error)):
            await fail(wall, error)
    await lay(sessions)
    async with connected(sessions.url) as connection:
        await Relay(sessions, broker).send(connection)
    assert [sent.key for sent in broker.sent] == ["kept", "a"]


async def test_what_the_manifest_does_not_name_is_not_published(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        with pytest.raises(NotInManifest, match=r"house does not publish house\.stone_lifted\.v1"):
            publish(session, StoneLifted(wall="a"))


async def test_what_no_broker_takes_is_refused_before_it_stops_the_relay(
    sessions: Sessions,
) -> None:
    async with sessions.begin() as session:
        with pytest.raises(EventTooLarge) as refused:
            publish(session, StoneLaid(wall="a" * LARGEST, number=1))
        publish(session, StoneLaid(wall="a" * (LARGEST - 100), number=1))
    assert refused.value.extra["limit"] == LARGEST
    assert await unsent(sessions) == 1


async def test_a_message_says_what_the_event_was(sessions: Sessions, broker: Broker) -> None:
    event = StoneLaid(wall="a", number=7)
    async with sessions.begin() as session:
        publish(session, event)
    async with connected(sessions.url) as connection:
        await Relay(sessions, broker).send(connection)
    (sent,) = broker.sent
    assert (sent.topic, sent.key, sent.value) == ("house.events", "a", b'{"wall":"a","number":7}')
    assert sent.headers["ce_id"] == str(event.id)
    assert sent.headers["ce_time"] == event.occurred_at.isoformat()
    assert sent.headers["traceparent"].startswith("00-")


async def test_a_keys_events_leave_in_order(sessions: Sessions, broker: Broker) -> None:
    async def write(wall: str) -> None:
        for number in range(40):
            await lay(sessions, wall, number)

    async with running(Relay(sessions, broker)):
        await asyncio.gather(*(write(wall) for wall in "abcde"))
        await until(all_sent(sessions))
    for wall in "abcde":
        assert broker.bodies(wall) == list(range(40))


async def test_more_than_a_batch_leaves(sessions: Sessions, broker: Broker) -> None:
    async with sessions.begin() as session:
        for number in range(1201):
            publish(session, StoneLaid(wall="a", number=number))
    async with running(Relay(sessions, broker)):
        await until(all_sent(sessions))
    assert broker.bodies("a") == list(range(1201))


async def test_while_the_broker_is_away_events_wait_and_then_leave_in_order(
    sessions: Sessions, broker: Broker
) -> None:
    broker.away = True
    relay = Relay(sessions, broker)
    for number in range(5):
        await lay(sessions, "a", number)
    async with running(relay) as (task,):
        await asyncio.wait([task], timeout=5)
        assert isinstance(task.exception(), ConnectionError), "the loop's keeper starts it again"
    assert await unsent(sessions) == 5
    broker.away = False
    async with running(relay):
        await until(all_sent(sessions))
    assert broker.bodies("a") == list(range(5))


async def test_a_crash_between_sending_and_marking_sends_again(
    sessions: Sessions, broker: Broker
) -> None:
    for number in range(3):
        await lay(sessions, "a", number)
    relay = Relay(sessions, broker)

    async def crash(messages: Sequence[Message]) -> None:
        broker.sent += messages
        raise asyncio.CancelledError

    deliver = broker.publish
    broker.publish = crash  # type: ignore[method-assign]
    async with connected(sessions.url) as connection:
        with pytest.raises(asyncio.CancelledError):
            await relay.send(connection)
        broker.publish = deliver  # type: ignore[method-assign]
        assert await relay.send(connection) == 3
        assert await relay.send(connection) == 0
    assert broker.bodies("a") == [0, 1, 2, 0, 1, 2]
    assert len(set(broker.ids())) == 3, "the inbox knows a repeat by its id"


async def test_one_relay_works_and_the_other_takes_over(sessions: Sessions) -> None:
    brokers = [Broker(), Broker()]
    relays = [Relay(sessions, broker) for broker in brokers]
    async with running(*relays) as tasks:
        for number in range(20):
            await lay(sessions, "a", number)
        await until(all_sent(sessions))
        working = 0 if brokers[0].sent else 1
        assert brokers[1 - working].sent == [], "only one of them works"
        tasks[working].cancel()
        await lay(sessions, "a", 20)
        await until(all_sent(sessions))
        assert brokers[1 - working].bodies("a") == [20]


async def test_a_relay_that_lost_its_connection_stops(sessions: Sessions, broker: Broker) -> None:
    async with running(Relay(sessions, broker)) as (task,):
        await lay(sessions)
        await until(all_sent(sessions))
        async with connected(sessions.url) as other:
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks "
                "WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
        await lay(sessions)
        await asyncio.wait([task], timeout=5)
        assert task.done()
        assert task.exception() is not None


async def test_a_commit_wakes_the_relay_of_its_process(
    sessions: Sessions, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Relay(sessions, broker)
    asleep = asyncio.Event()
    sleep = relay._sleep  # noqa: SLF001  to see it asleep, and to make the net of a second wide

    async def sleeping(seconds: float) -> None:
        asleep.set()
        await sleep(3600)

    monkeypatch.setattr(relay, "_sleep", sleeping)
    async with running(relay):
        for number in range(3):
            await asleep.wait()
            asleep.clear()
            await lay(sessions, "a", number)
            await until(all_sent(sessions))


async def test_another_replica_notifies_only_a_relay_that_sleeps(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, free = asyncio.Event(), asyncio.Event()

    class Slow(Broker):
        async def publish(self, messages: Sequence[Message]) -> None:
            held.set()
            await free.wait()
            await super().publish(messages)

    broker, other = Slow(), Broker()
    twin_sessions = Sessions(
        sessions.bind, url=sessions.url, service="house", publishes=(StoneLaid, *PLATFORM)
    )
    relay, twin = Relay(sessions, broker), Relay(twin_sessions, other)
    heard: list[str] = []
    async with connected(sessions.url) as listener, running(relay):
        await listener.add_listener(
            "relay_house", lambda _connection, _pid, channel, _said: heard.append(channel)
        )
        # What comes before it sleeps it may send on the verge of sleep, when others notify it.
        await until(lambda: bool(relay._woken._waiters))  # type: ignore[attr-defined]  # noqa: SLF001
        await lay(sessions)
        await held.wait()  # The relay is awake: it is sending.
        async with running(twin):
            await lay(twin_sessions)
            await until(lambda: not twin._woken.is_set())  # noqa: SLF001  the twin has seen its commit
            await listener.fetchval("SELECT 1")
            assert heard == []
            free.set()
            await until(all_sent(sessions))
            await lay(twin_sessions)
            await until(lambda: bool(heard))
            await until(all_sent(sessions))
    assert len(broker.sent) == 3
    assert other.sent == []


async def test_many_facts_are_said_at_once_as_each_by_itself(sessions: Sessions) -> None:
    events = [StoneLaid(wall="a", number=number) for number in range(3)]
    async with sessions.begin() as session:
        session.info["replayed"] = True
        publish(session, events[0])
        await publish_all(session, [])
        await publish_all(session, events[1:])
        publish(session, StoneLaid(wall="a", number=3))
        for refused, said in (
            (NotInManifest, StoneLifted(wall="a")),
            (EventTooLarge, StoneLaid(wall="a" * LARGEST, number=1)),
        ):
            with pytest.raises(refused):
                await publish_all(session, [said])
    async with sessions.begin() as session:
        rows = (await session.scalars(select(OutboxRow).order_by(OutboxRow.position))).all()
    assert [row.id for row in rows[:3]] == [event.id for event in events]
    assert [row.body for row in rows[:3]] == [event.body() for event in events]
    assert len(rows) == 4
    for row in rows[1:3]:
        first = (rows[0].type, rows[0].key, rows[0].replayed, rows[0].sent_at)
        assert (row.type, row.key, row.replayed, row.sent_at) == first
        assert row.traceparent.startswith("00-")


async def test_many_facts_wake_the_relay(sessions: Sessions, broker: Broker) -> None:
    relay = Relay(sessions, broker)
    async with sessions.begin() as session:
        await publish_all(session, [StoneLaid(wall="a", number=1)])
    assert relay._woken.is_set()  # noqa: SLF001  nothing else shows it in time


async def test_rows_carry_the_domains_time_and_the_machines(sessions: Sessions, time: Time) -> None:
    time.move_to(clock.wall() - timedelta(days=400))
    await lay(sessions)
    async with sessions.begin() as session:
        row = (await session.scalars(select(OutboxRow))).one()
    assert row.occurred_at < clock.wall() - timedelta(days=399)
    assert row.created_at > clock.wall() - timedelta(minutes=1)


async def test_positions_of_one_transaction_follow_its_order(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        for number in range(50):
            publish(session, StoneLaid(wall=str(number % 3), number=number))
    async with sessions.begin() as session:
        rows = await session.scalars(select(OutboxRow).order_by(OutboxRow.position))
        seen: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            seen[row.key].append(StoneLaid.model_validate_json(row.body).number)
    assert all(numbers == sorted(numbers) for numbers in seen.values())


async def test_what_a_savepoint_gave_up_is_not_told_and_what_is_refused_fails_in_its_own(
    sessions: Sessions,
) -> None:
    """Several are handled in one transaction, a savepoint each: one may not spoil the others."""
    first = StoneLaid(wall="a", number=1)
    async with sessions.begin() as session:
        publish(session, first)
        with suppress(ArithmeticError):
            async with session.begin_nested():
                publish(session, StoneLaid(wall="a", number=2))
                raise ArithmeticError
        with pytest.raises(IntegrityError):
            async with session.begin_nested():
                publish(session, first)
        publish(session, StoneLaid(wall="a", number=3))
    async with sessions.begin() as session:
        rows = await session.scalars(select(OutboxRow).order_by(OutboxRow.position))
        assert [StoneLaid.model_validate_json(row.body).number for row in rows] == [1, 3]
