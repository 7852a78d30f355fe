"""The event door: once, in order per key; what cannot be handled parks its key and no other."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from pydantic import BaseModel
from sqlalchemy import delete, func, select, text, update

from shared import clock, envelope, parked, telemetry
from shared import inbox as module
from shared.bus.base import Message
from shared.db import AuditRow, Session, Sessions, new_id
from shared.events.platform import EventParked
from shared.inbox import Inbox, InboxKey, InboxRow, locked_key, parked_keys
from shared.outbox import OutboxRow, message, publish
from shared.problems import NotFound
from tests.fixtures.database import connected
from tests.fixtures.service import Published
from tests.shared.house import Stone, StoneKept, StoneLaid, StoneRefused
from tests.waiting import somebody_waits, until

Handle = Callable[[Session, StoneLaid], Awaitable[None]]
TOPIC = "house.events"


class Wall:
    """A handler that writes a stone for each event, and fails when it is told to."""

    def __init__(self) -> None:
        self.failing: dict[tuple[str, int], Exception] = {}
        self.tries: dict[tuple[str, int], int] = defaultdict(int)
        self.laid: dict[str, list[int]] = defaultdict(list)

    async def lay(self, session: Session, event: StoneLaid) -> None:
        place = (event.wall, event.number)
        self.tries[place] += 1
        session.add(Stone(id=event.id, area_code="42", colour=event.wall, weight=event.number))
        await session.flush()  # A failure after the write must take the write with it.
        if place in self.failing:
            raise self.failing[place]


def wire(wall: str = "a", number: int = 1, **headers: str) -> Message:
    event = StoneLaid(wall=wall, number=number)
    row = {
        "id": event.id,
        "type": event.type,
        "key": event.key_value,
        "occurred_at": event.occurred_at,
        "traceparent": "",
        "body": event.body(),
    }
    made = message("house", row)
    return Message(made.topic, made.key, made.value, {**made.headers, **headers})


def without(sent: Message, *names: str) -> Message:
    kept = {name: value for name, value in sent.headers.items() if name not in names}
    return Message(sent.topic, sent.key, sent.value, kept)


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def inbox(sessions: Sessions, wall: Wall) -> Inbox:
    return Inbox(sessions, {StoneLaid: wall.lay})


async def laid(sessions: Sessions, wall: str = "a") -> list[int]:
    """Give the numbers of a wall's stones in the order in which they were committed."""
    async with sessions.begin() as session:
        found = await session.scalars(
            select(Stone.weight).where(Stone.colour == wall).order_by(Stone.changed_xid)
        )
        return list(found.all())


async def states(sessions: Sessions) -> list[str]:
    async with sessions.begin() as session:
        found = await session.scalars(select(InboxRow.state).order_by(InboxRow.position))
        return list(found.all())


async def keys(sessions: Sessions) -> int:
    async with sessions.begin() as session:
        return await session.scalar(select(func.count()).select_from(InboxKey)) or 0


async def make_due(sessions: Sessions) -> None:
    """Let the pauses between retries be over."""
    async with sessions.begin() as session:
        past = clock.wall() - timedelta(seconds=1)
        await session.execute(
            update(InboxKey).where(InboxKey.retry_at.is_not(None)).values(retry_at=past)
        )


async def only_parked(sessions: Sessions) -> UUID:
    async with sessions.begin() as session:
        (row,) = await parked.parked(session)
        return row.id


async def retry(sessions: Sessions, event_id: UUID) -> None:
    async with sessions.begin("operator") as session:
        await parked.retry(session, event_id)


async def test_an_event_is_handled_once(inbox: Inbox, wall: Wall, sessions: Sessions) -> None:
    sent = wire()
    for _ in range(3):
        await inbox.receive(sent)
    assert await laid(sessions) == [1]
    assert wall.tries == {("a", 1): 1}


async def test_a_type_that_nobody_handles_is_passed_over(inbox: Inbox, sessions: Sessions) -> None:
    await inbox.receive(wire(ce_type="house.stone_laid.v2"))
    await inbox.receive(without(wire(), "ce_type"))
    assert await states(sessions) == []


async def test_a_failure_by_chance_is_tried_again_at_once(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    wall.failing["a", 1] = RuntimeError()
    original = wall.lay

    async def healing(session: Session, event: StoneLaid) -> None:
        if wall.tries["a", 1] == 2:
            wall.failing.clear()
        await original(session, event)

    await Inbox(sessions, {StoneLaid: healing}).receive(wire())
    assert wall.tries["a", 1] == 3
    assert await laid(sessions) == [1]
    assert await states(sessions) == ["handled"]


async def test_a_failed_handler_leaves_nothing_but_the_waiting_event(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    wall.failing["a", 1] = RuntimeError("a name that must not be kept")
    await inbox.receive(wire())
    assert await laid(sessions) == []
    async with sessions.begin() as session:
        row = (await session.scalars(select(InboxRow))).one()
        assert (row.state, row.attempts, row.error) == ("waiting", 1, "RuntimeError")
        key = (await session.scalars(select(InboxKey))).one()
        assert key.retry_at is not None
        assert timedelta(0) < key.retry_at - clock.wall() <= timedelta(seconds=5)


async def test_a_key_waits_in_order_and_flows_again(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    wall.failing["a", 1] = RuntimeError()
    for number in (1, 2, 3):
        await inbox.receive(wire("a", number))
    await inbox.receive(wire("b", 1))
    assert await laid(sessions, "b") == [1]
    assert await inbox.drain() == 0, "the pause is not over"
    wall.failing.clear()
    await make_due(sessions)
    assert await inbox.drain() == 3
    assert await laid(sessions) == [1, 2, 3]
    assert await keys(sessions) == 0
    await inbox.receive(wire("a", 4))
    assert await laid(sessions) == [1, 2, 3, 4]


async def test_what_comes_while_a_key_is_in_hand_gets_its_place_behind(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    """Whoever holds the key may still put an event before it; places are given under the lock."""
    wall.failing["a", 1] = RuntimeError()
    await inbox.receive(wire("a", 1))
    first, second = wire("a", 2), wire("a", 3)
    async with sessions.begin() as session:
        assert await locked_key(session, TOPIC, "a")
        coming = asyncio.create_task(inbox.receive(second))
        async with connected(sessions.url) as other:
            waits = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"

            async def held() -> bool:
                return bool(await other.fetchval(waits))

            await until(held)
        session.add(InboxRow(**envelope.read(first), state="waiting"))
    await coming
    wall.failing.clear()
    await make_due(sessions)
    await inbox.drain()
    assert await laid(sessions) == [1, 2, 3]


async def test_an_event_that_keeps_failing_is_parked_and_told(
    inbox: Inbox, wall: Wall, sessions: Sessions, published: Published
) -> None:
    wall.failing["a", 1] = RuntimeError()
    await inbox.receive(wire())
    pauses = []
    for _ in range(3):
        assert await states(sessions) == ["waiting"]
        await make_due(sessions)
        assert await inbox.drain() == 0
        async with sessions.begin() as session:
            retry_at = await session.scalar(select(InboxKey.retry_at))
            pauses.append(retry_at and round((retry_at - clock.wall()).total_seconds()))
    assert pauses == [60, 600, None]
    assert await states(sessions) == ["parked"]
    (told,) = await published(None, EventParked)
    assert (told.service, told.event_type, told.event_key) == ("house", StoneLaid.type, "a")
    assert told.reason == "RuntimeError"


@pytest.mark.parametrize("problem", [StoneRefused(), StoneKept()])
async def test_a_problem_parks_at_once_and_keeps_nothing(
    problem: Exception, inbox: Inbox, wall: Wall, sessions: Sessions, published: Published
) -> None:
    wall.failing["a", 1] = problem
    await inbox.receive(wire())
    assert wall.tries["a", 1] == 1
    assert await laid(sessions) == []
    assert await states(sessions) == ["parked"]
    assert len(await published(None, EventParked)) == 1
    wall.failing.clear()
    await retry(sessions, await only_parked(sessions))
    await inbox.drain()
    assert await laid(sessions) == [1]


async def test_a_broken_contract_is_parked_without_its_values(
    inbox: Inbox, sessions: Sessions
) -> None:
    sent = wire()
    broken = json.dumps({"wall": "a", "number": "13800000000x"}).encode()
    await inbox.receive(Message(sent.topic, sent.key, broken, sent.headers))
    await inbox.receive(Message(sent.topic, "b", b"{", {**sent.headers, "ce_id": str(new_id())}))
    async with sessions.begin() as session:
        rows = await parked.parked(session)
    assert [row.error for row in rows] == [
        "ValidationError: number: int_parsing",
        "JSONDecodeError",
    ]


UNREADABLE: list[Callable[[Message], Message]] = [
    lambda sent: without(sent, "ce_id"),
    lambda sent: without(sent, "ce_time"),
    lambda sent: Message(sent.topic, sent.key, sent.value, {**sent.headers, "ce_id": "1"}),
    lambda sent: Message(
        sent.topic, sent.key, sent.value, {**sent.headers, "ce_time": "2026-01-01T00:00:00"}
    ),
    lambda sent: Message(
        sent.topic, sent.key, sent.value, {**sent.headers, "ce_time": "0001-01-01T00:00:00+14:00"}
    ),
    lambda sent: Message(sent.topic, "a\0b", sent.value, sent.headers),
    lambda sent: Message(sent.topic, "a" * 4000, sent.value, sent.headers),
    lambda sent: Message(sent.topic, sent.key, sent.value, {**sent.headers, "traceparent": "\0"}),
]


@pytest.mark.parametrize("spoil", UNREADABLE)
async def test_an_unreadable_envelope_is_kept_once_and_can_only_be_skipped(
    spoil: Callable[[Message], Message], inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    sent = spoil(wire())
    await inbox.receive(sent)
    await inbox.receive(sent)
    event_id = await only_parked(sessions)
    await retry(sessions, event_id)
    await inbox.drain()
    assert await states(sessions) == ["parked"]
    assert not wall.tries, "it would be dated by an instant that was made up"
    async with sessions.begin() as session:
        await parked.skip(session, event_id, "unreadable")
    await inbox.drain()
    assert await keys(sessions) == 0


async def test_what_is_told_of_the_platform_itself_is_parked_silently(
    sessions: Sessions, published: Published
) -> None:
    async def refuse(_session: Session, _event: EventParked) -> None:
        raise StoneRefused

    event = EventParked(
        service="a", event_id=new_id(), event_type="t", event_key="k", reason="because"
    )
    row = {"id": event.id, "type": event.type, "key": "a", "occurred_at": event.occurred_at}
    sent = message("a", row | {"traceparent": "", "body": event.body()})
    await Inbox(sessions, {EventParked: refuse}).receive(sent)
    assert await states(sessions) == ["parked"]
    assert await published() == []


async def test_a_poison_event_in_the_middle_stops_its_key_there(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    wall.failing["a", 2] = StoneRefused()
    for number in (1, 2, 3, 4):
        await inbox.receive(wire("a", number))
    assert await laid(sessions) == [1]
    await make_due(sessions)
    assert await inbox.drain() == 0
    async with sessions.begin() as session:
        assert await parked_keys(session) == 1
    async with sessions.begin("operator") as session:
        await parked.skip(session, (await parked.parked(session))[0].id, "two is cracked")
    assert await inbox.drain() == 2
    assert await laid(sessions) == [1, 3, 4]
    assert await states(sessions) == ["handled", "skipped", "handled", "handled"]
    async with sessions.begin() as session:
        said = await session.scalar(select(AuditRow).where(AuditRow.action == "skip"))
        assert said is not None
        assert said.actor == "operator"
        assert said.after == {"type": StoneLaid.type, "reason": "two is cracked"}


async def test_a_second_poison_event_parks_the_key_again(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    wall.failing.update({("a", 1): StoneRefused(), ("a", 3): StoneRefused()})
    for number in (1, 2, 3, 4):
        await inbox.receive(wire("a", number))
    wall.failing.pop(("a", 1))
    await retry(sessions, await only_parked(sessions))
    await inbox.drain()
    assert await laid(sessions) == [1, 2]
    assert await states(sessions) == ["handled", "handled", "parked", "waiting"]
    wall.failing.clear()
    await retry(sessions, await only_parked(sessions))
    await inbox.drain()
    assert await laid(sessions) == [1, 2, 3, 4]


async def test_a_retry_that_fails_parks_again_and_is_told_again(
    inbox: Inbox, wall: Wall, sessions: Sessions, published: Published
) -> None:
    wall.failing["a", 1] = StoneRefused()
    await inbox.receive(wire())
    event_id = await only_parked(sessions)
    await retry(sessions, event_id)
    assert await inbox.drain() == 0
    assert await states(sessions) == ["parked"]
    assert len(await published(None, EventParked)) == 2
    async with sessions.begin() as session:
        assert await parked_keys(session) == 1


async def test_repeats_of_parked_and_waiting_events_change_nothing(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    wall.failing["a", 2] = StoneRefused()
    sent = [wire("a", number) for number in (1, 2, 3)]
    for _ in range(3):
        for each in sent:
            await inbox.receive(each)
    assert await states(sessions) == ["handled", "parked", "waiting"]
    wall.failing.clear()
    await retry(sessions, await only_parked(sessions))
    for each in sent:
        await inbox.receive(each)
    await inbox.drain()
    for each in sent:
        await inbox.receive(each)
    assert await laid(sessions) == [1, 2, 3]


async def test_only_what_is_parked_can_be_retried_or_skipped(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    sent = wire()
    await inbox.receive(sent)
    handled = UUID(sent.headers["ce_id"])
    for event_id, problem in ((handled, parked.NotParked), (new_id(), NotFound)):
        with pytest.raises(problem):
            await retry(sessions, event_id)
        with pytest.raises(problem):
            async with sessions.begin() as session:
                await parked.skip(session, event_id, "x")
    assert await keys(sessions) == 0


async def test_fifty_keys_flow_while_one_is_parked(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    wall.failing["parked", 0] = StoneRefused()
    await inbox.receive(wire("parked", 0))
    lanes: dict[str, list[Message]] = defaultdict(list)
    for number in range(200):
        lanes[f"k{number % 50}"].append(wire(f"k{number % 50}", number))
    lanes["parked"] = [wire("parked", number) for number in range(1, 20)]

    async def deliver(lane: list[Message]) -> None:
        for sent in lane:
            await inbox.receive(sent)

    async with asyncio.timeout(5):
        await asyncio.gather(*(deliver(lane) for lane in lanes.values()))
    for number in range(50):
        assert await laid(sessions, f"k{number}") == list(range(number, 200, 50))
    assert await laid(sessions, "parked") == []


async def test_a_retry_runs_the_waiting_ones_in_order_while_new_ones_arrive(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    wall.failing["a", 0] = StoneRefused()
    for number in range(10):
        await inbox.receive(wire("a", number))
    wall.failing.clear()
    twin = Inbox(sessions, {StoneLaid: wall.lay})

    async def arrive() -> None:
        for number in range(10, 60):
            await inbox.receive(wire("a", number))

    async def drain(mine: Inbox) -> None:
        while await keys(sessions):
            await mine.drain()

    await retry(sessions, await only_parked(sessions))
    await asyncio.gather(arrive(), drain(inbox), drain(twin))
    await drain(inbox)
    assert await laid(sessions) == list(range(60))
    assert set(wall.tries.values()) - {1} == {2}, "only the parked one was tried twice"


async def test_two_replicas_that_receive_the_same_handle_it_once(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    twin = Inbox(sessions, {StoneLaid: wall.lay})
    sent = [wire("a", number) for number in range(20)]

    async def deliver(mine: Inbox) -> None:
        for each in sent:
            await mine.receive(each)

    await asyncio.gather(deliver(inbox), deliver(twin))
    assert await laid(sessions) == list(range(20))


async def test_a_replica_that_failed_late_does_not_park_what_another_handled(
    inbox: Inbox, wall: Wall, sessions: Sessions, published: Published
) -> None:
    sent = wire()
    begun, handled = asyncio.Event(), asyncio.Event()

    async def first(row: dict[str, Any]) -> None:
        # The slow one holds no row yet: it failed, and is about to say so.
        begun.set()
        await handled.wait()
        raise StoneRefused

    late = Inbox(sessions, {StoneLaid: wall.lay})
    late._first = first  # type: ignore[method-assign]  # noqa: SLF001  stops it between failing and saying so
    task = asyncio.create_task(late.receive(sent))
    await begun.wait()
    await inbox.receive(sent)
    handled.set()
    await task
    assert await states(sessions) == ["handled"]
    assert await keys(sessions) == 0
    assert await published(None, EventParked) == []
    await inbox.receive(wire("a", 2))
    assert await laid(sessions) == [1, 2]


async def test_an_event_that_fails_as_its_key_is_freed_is_not_forgotten(
    inbox: Inbox, wall: Wall, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall.failing["a", 2] = RuntimeError()
    freed = False

    async def slow(session: Session, topic: str, key: str) -> InboxKey | None:
        # The key is there when the failure is written down, and gone when it is to be locked.
        nonlocal freed
        if wall.tries["a", 2] == 3 and not freed:
            freed = True
            async with sessions.begin() as other:
                await other.execute(delete(InboxKey))
        return await locked_key(session, topic, key)

    monkeypatch.setattr(module, "locked_key", slow)
    original = inbox._put_aside  # noqa: SLF001  the race is between its two statements

    async def put_aside(row: dict[str, Any], error: Exception) -> None:
        async with sessions.begin() as other:
            other.add(InboxKey(topic=TOPIC, key="a", retry_at=clock.wall()))
        await original(row, error)

    monkeypatch.setattr(inbox, "_put_aside", put_aside)
    await inbox.receive(wire("a", 2))
    assert await states(sessions) == ["waiting"]
    assert await keys(sessions) == 1, "without a key nobody would ever try it again"


async def test_a_crash_between_handling_and_commit_loses_and_doubles_nothing(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    sent = wire()
    reached = asyncio.Event()

    async def crash(session: Session, event: StoneLaid) -> None:
        await wall.lay(session, event)
        reached.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(Inbox(sessions, {StoneLaid: crash}).receive(sent))
    await reached.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await states(sessions) == []
    await inbox.receive(sent)
    assert await laid(sessions) == [1]


async def test_a_connection_that_dies_in_the_handler_costs_one_attempt(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    wall.failing["a", 1] = RuntimeError()
    await inbox.receive(wire())

    async def kill(session: Session, event: StoneLaid) -> None:
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
        async with connected(sessions.url) as other:
            await other.execute("SELECT pg_terminate_backend($1)", pid)
        await session.execute(text("SELECT 1"))

    await make_due(sessions)
    await Inbox(sessions, {StoneLaid: kill}).drain()
    async with sessions.begin() as session:
        row = (await session.scalars(select(InboxRow))).one()
        assert (row.state, row.attempts) == ("waiting", 2)
    wall.failing.clear()
    await make_due(sessions)
    assert await inbox.drain() == 1
    assert await laid(sessions) == [1]


async def test_without_a_database_the_bus_must_bring_it_again(
    inbox: Inbox, sessions: Sessions
) -> None:
    async with connected(sessions.url) as other:
        await other.execute("ALTER TABLE inbox RENAME TO away")
        with pytest.raises(Exception, match="inbox"):
            await inbox.receive(wire())
        await other.execute("ALTER TABLE away RENAME TO inbox")
    assert await states(sessions) == []
    assert await keys(sessions) == 0


async def test_a_failure_is_not_counted_twice_by_two_replicas(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    wall.failing["a", 1] = RuntimeError()
    await inbox.receive(wire())
    await make_due(sessions)
    twin = Inbox(sessions, {StoneLaid: wall.lay})
    await asyncio.gather(inbox.drain(), twin.drain())
    async with sessions.begin() as session:
        assert await session.scalar(select(InboxRow.attempts)) == 2


async def test_a_key_that_another_replica_has_in_hand_holds_up_no_other(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    begun, go = asyncio.Event(), asyncio.Event()
    for key in ("a", "b"):
        wall.failing[key, 1] = RuntimeError()
        await inbox.receive(wire(key))
    wall.failing.clear()

    async def slow(session: Session, event: StoneLaid) -> None:
        begun.set()
        await go.wait()
        await wall.lay(session, event)

    await make_due(sessions)
    task = asyncio.create_task(Inbox(sessions, {StoneLaid: slow}).drain())
    await begun.wait()
    assert await inbox.drain() == 1
    go.set()
    assert await task == 1
    assert (await laid(sessions, "a"), await laid(sessions, "b")) == ([1], [1])


async def test_what_a_handler_publishes_leaves_only_if_it_succeeds(
    sessions: Sessions, wall: Wall
) -> None:
    async def tell(session: Session, event: StoneLaid) -> None:
        publish(session, StoneLaid(wall="told", number=event.number))
        await wall.lay(session, event)

    wall.failing["a", 1] = RuntimeError()
    inbox = Inbox(sessions, {StoneLaid: tell})
    await inbox.receive(wire())
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(OutboxRow)) == 0
    wall.failing.clear()
    await make_due(sessions)
    await inbox.drain()
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(OutboxRow)) == 1


class Listed(BaseModel):
    """What a page of parked events holds."""

    items: list[parked.ParkedOut]
    next: str | None


@pytest.mark.caller("operator")
async def test_operators_see_and_release_parked_events(
    inbox: Inbox, wall: Wall, sessions: Sessions, client: AsyncClient
) -> None:
    wall.failing["a", 1] = StoneRefused()
    for number in (1, 2, 3):
        await inbox.receive(wire("a", number))
    listed = Listed.model_validate((await client.get("/house/v1/parked")).json())
    (item,) = listed.items
    assert item.error == "StoneRefused: This stone is refused"
    shown = (await client.get(f"/house/v1/parked/{item.id}")).json()
    assert (shown["behind"], json.loads(shown["body"])) == (2, {"wall": "a", "number": 1})
    wall.failing.clear()
    answer = await client.post(f"/house/v1/parked/{item.id}/retry")
    assert (answer.status_code, answer.json()["state"]) == (200, "waiting")
    again = await client.post(f"/house/v1/parked/{item.id}/retry")
    assert again.status_code == 409
    await until(lambda: _drained(inbox, sessions))
    assert await laid(sessions) == [1, 2, 3]
    assert (await client.get(f"/house/v1/parked/{item.id}")).status_code == 404


async def _drained(inbox: Inbox, sessions: Sessions) -> bool:
    await inbox.drain()
    return await keys(sessions) == 0


@pytest.mark.caller("operator")
async def test_a_skip_needs_its_reason(
    inbox: Inbox, wall: Wall, sessions: Sessions, client: AsyncClient
) -> None:
    wall.failing["a", 1] = StoneRefused()
    await inbox.receive(wire())
    path = f"/house/v1/parked/{await only_parked(sessions)}/skip"
    for body in ({}, {"reason": " "}, {"reason": "x" * 501}):
        assert (await client.post(path, json=body)).status_code == 422
    answer = await client.post(path, json={"reason": "laid by hand"})
    assert answer.json()["state"] == "skipped"


@pytest.mark.caller("wage_office")
async def test_parked_events_are_the_operators_alone(client: AsyncClient) -> None:
    assert (await client.get("/house/v1/parked")).status_code == 403
    assert (await client.post(f"/house/v1/parked/{new_id()}/retry")).status_code == 403


def waited(what: str) -> float:
    """Give how many events were measured, or for how long people waited for all of them."""
    labels = {"service": "house", "type": StoneLaid.type}
    name = f"xinqing_event_handled_after_seconds_{what}"
    return telemetry.REGISTRY.get_sample_value(name, labels) or 0


async def test_how_long_people_waited_is_measured_but_for_history(inbox: Inbox) -> None:
    before = waited("count"), waited("sum")
    an_hour_ago = (clock.now() - timedelta(hours=1)).isoformat()
    await inbox.receive(wire(number=1, ce_time=an_hour_ago))
    await inbox.receive(wire(number=2, ce_time=an_hour_ago, replayed="true"))
    assert waited("count") == before[0] + 1
    assert 3600 <= waited("sum") - before[1] < 3700


@pytest.fixture
def gathering(sessions: Sessions, wall: Wall) -> Inbox:
    return Inbox(sessions, {StoneLaid: wall.lay}, [StoneLaid])


async def transactions(sessions: Sessions) -> list[int]:
    """Give how many stones each transaction laid that laid any."""
    async with sessions.begin() as session:
        many = select(func.count()).select_from(Stone).group_by(Stone.changed_xid)
        return sorted((await session.scalars(many)).all())


async def received(inbox: Inbox, *messages: Message) -> None:
    await asyncio.gather(*map(inbox.receive, messages))


async def test_what_comes_at_once_is_handled_in_one_transaction(
    gathering: Inbox, wall: Wall, sessions: Sessions
) -> None:
    messages = [wire(name) for name in "abcde"]
    await received(gathering, *messages, messages[0])
    await received(gathering, *messages, wire("f"))
    assert await transactions(sessions) == [1, 5]
    assert {*wall.tries.values()} == {1}
    assert await states(sessions) == ["handled"] * 6
    async with sessions.begin() as session:
        actors = (await session.scalars(select(AuditRow.actor))).all()
    assert {*actors} == {f"event:{StoneLaid.type}"}


async def test_one_that_fails_among_others_waits_and_they_do_not(
    gathering: Inbox, wall: Wall, sessions: Sessions
) -> None:
    wall.failing["c", 1] = StoneRefused()
    before = waited("count")
    await received(gathering, *(wire(name) for name in "abcde"))
    assert waited("count") - before == 4, "what was undone is not measured"
    assert await transactions(sessions) == [1, 1, 1, 1]
    assert await laid(sessions, "c") == []
    assert sorted(await states(sessions)) == ["handled"] * 4 + ["parked"]
    # What comes for a key that does not flow gets its place; the others are together again.
    await received(gathering, *(wire(name, 2) for name in "abcde"))
    assert await transactions(sessions) == [1, 1, 1, 1, 4]
    assert sorted(await states(sessions)) == ["handled"] * 8 + ["parked", "waiting"]


async def test_of_what_is_told_again_each_is_handled_by_itself(
    gathering: Inbox, sessions: Sessions
) -> None:
    await received(gathering, *(wire(name, replayed="true") for name in "abc"))
    assert await transactions(sessions) == [1, 1, 1]


async def test_a_receiver_that_is_cancelled_leaves_the_others_to_their_own(
    gathering: Inbox, wall: Wall, sessions: Sessions
) -> None:
    inside, go = asyncio.Event(), asyncio.Event()

    async def hold(session: Session, event: StoneLaid) -> None:
        inside.set()
        await go.wait()
        await wall.lay(session, event)

    slow = Inbox(sessions, {StoneLaid: hold}, [StoneLaid])
    first, *others = [asyncio.create_task(slow.receive(wire(name))) for name in "abc"]
    await inside.wait()
    first.cancel()
    go.set()
    await asyncio.gather(*others)
    assert first.cancelled() or first.done()
    assert [await laid(sessions, name) for name in "bc"] == [[1], [1]]


async def test_others_do_not_wait_for_a_key_that_somebody_has_in_hand(
    gathering: Inbox, wall: Wall, sessions: Sessions
) -> None:
    wall.failing["c", 1] = StoneRefused()
    await gathering.receive(wire("c"))
    async with sessions.begin() as session:
        assert await locked_key(session, TOPIC, "c")
        *others, held = [
            asyncio.create_task(gathering.receive(wire(name, 2))) for name in ("a", "b", "c")
        ]
        async with asyncio.timeout(30):
            await asyncio.gather(*others)
        assert not held.done()
    await held
    assert [await laid(sessions, name) for name in "abc"] == [[2], [2], []]


async def test_what_two_replicas_handle_at_once_they_keep_in_the_same_order(
    gathering: Inbox, sessions: Sessions
) -> None:
    """In another each would wait for the other."""
    one, two = sorted((wire("a"), wire("b")), key=lambda each: each.headers["ce_id"])
    async with sessions.begin() as session:
        await module._take(session, [envelope.read(one)])  # noqa: SLF001  as another replica
        coming = asyncio.create_task(received(gathering, two, one))
        await until(somebody_waits(sessions))
        await session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        await module._take(session, [envelope.read(two)])  # noqa: SLF001  as above
    await coming
    assert await states(sessions) == ["handled"] * 2


async def test_what_is_put_aside_leaves_connections_to_others(
    inbox: Inbox, wall: Wall, sessions: Sessions
) -> None:
    names = "abcdefghijkl"
    wall.failing = {(name, 1): StoneRefused() for name in names}
    async with connected(sessions.url) as other, other.transaction():
        await other.execute("LOCK TABLE inbox_keys IN SHARE MODE")
        coming = asyncio.create_task(received(inbox, *map(wire, names)))

        async def wait() -> bool:
            waiting = await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return len(wall.tries) == len(names) and waiting >= module.AT_ONCE

        await until(wait)
        async with asyncio.timeout(5), sessions.begin() as session:
            await session.execute(select(1))
    await coming
    assert await states(sessions) == ["parked"] * len(names)
