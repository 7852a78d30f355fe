"""The past told again, in its order, on its clock: history up to an instant, news after it."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest
from sqlalchemy import select

from shared import paging, telemetry, timers
from shared.bus.base import BusAway, Message
from shared.bus.local import LocalBus
from shared.db import ScenarioClock, Session, Sessions, engine, new_id
from shared.events.platform import PLATFORM
from shared.inbox import Inbox, InboxRow
from shared.jobs import daily
from shared.journals import Books, gaps, note_lost, settle
from shared.outbox import OutboxRow, message, publish
from shared.past import Retelling, StillServed, begin_anew, end_anew, stopped, worked_until
from shared.service import Service
from shared.standing import Standing
from shared.timers import Timer
from tests.fixtures.database import Databases, connected
from tests.shared import house
from tests.shared.house import StoneLaid, StoneLifted

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)
RUNGS = 3


def wall_id(name: str) -> UUID:
    return uuid5(NAMESPACE_OID, name)


def rung_laid(name: str, number: int, at: datetime) -> StoneLaid:
    """Give what the mason says when a wall's rung falls due: of the same, the same id."""
    event_id = uuid5(NAMESPACE_OID, f"{name} {number} {at}")
    return StoneLaid(id=event_id, wall=f"mason {name}", number=number, occurred_at=at)


class Mason:
    """A service that hears of walls, and lays a rung each day after until it is lifted."""

    def __init__(self) -> None:
        self.names: dict[UUID, str] = {}
        self.days: list[str] = []

    async def on_laid(self, session: Session, event: StoneLaid) -> None:
        self.names[wall_id(event.wall)] = event.wall
        self._arm(session, wall_id(event.wall), 1, event.occurred_at)

    async def on_lifted(self, session: Session, event: StoneLifted) -> None:
        await timers.disarm(session, wall_id(event.wall))

    async def on_rung_due(self, session: Session, timer: Timer) -> None:
        number = int(timer.step)
        publish(session, rung_laid(self.names[timer.subject_id], number, timer.due_at))
        if number < RUNGS:
            self._arm(session, timer.subject_id, number + 1, timer.due_at)

    def _arm(self, session: Session, subject: UUID, number: int, at: datetime) -> None:
        timers.arm(session, "rung", subject, at + DAY, entered_at=at, step=str(number))

    async def on_own(self, session: Session, event: StoneLaid) -> None:
        publish(session, event)

    def service(self, base: Service) -> Service:
        async def sweep(_: Sessions, day: object) -> None:
            self.days.append(str(day))

        return replace(
            base,
            name="house",
            publishes=(StoneLaid, StoneLifted, *PLATFORM),
            handles={StoneLaid: self.on_laid, StoneLifted: self.on_lifted},
            relearns={StoneLaid: self.on_own},
            jobs=[daily("10:00", sweep)],
            timers={"rung": self.on_rung_due},
        )


@pytest.fixture
def mason() -> Mason:
    return Mason()


async def _books(databases: Databases, service: Service) -> Books:
    url = await databases.clone("house")
    sessions = Sessions(
        engine(url, pool_size=4), url=url, service=service.name, publishes=service.publishes
    )
    return Books(service, sessions)


@pytest.fixture
async def quarry(service: Service, databases: Databases) -> AsyncIterator[Books]:
    """Give the service that tells, whose words are of the house's topic as well."""
    manifest = replace(service, publishes=(StoneLaid, StoneLifted, *PLATFORM), handles={})
    made = await _books(databases, manifest)
    yield made
    await made.sessions.close()


@pytest.fixture
async def site(service: Service, databases: Databases, mason: Mason) -> AsyncIterator[Books]:
    """Give the service that is told."""
    made = await _books(databases, mason.service(service))
    yield made
    await made.sessions.close()


async def say(books: Books, *events: StoneLaid | StoneLifted, sent: bool = True) -> None:
    async with books.sessions.begin() as session:
        for event in events:
            publish(session, event)
            await session.flush()  # Positions follow the order of this loop.
    if sent:
        async with connected(books.sessions.url) as connection:
            await connection.execute("UPDATE outbox SET sent_at = now()")


async def said(books: Books) -> list[tuple[str, int, float, bool]]:
    """Give what a service said: wall, number, days after the start, whether as history."""
    async with books.sessions.begin() as session:
        rows = await session.scalars(select(OutboxRow).order_by(OutboxRow.position))
        return [
            (row.key, StoneLaid.model_validate_json(row.body).number,
             (row.occurred_at - START) / DAY, row.replayed)
            for row in rows
        ]  # fmt: skip


def laid(wall: str, days: float) -> StoneLaid:
    return StoneLaid(wall=wall, number=0, occurred_at=START + days * DAY)


def lifted(wall: str, days: float) -> StoneLifted:
    return StoneLifted(wall=wall, occurred_at=START + days * DAY)


async def test_a_limit_between_two_events_falls_due_between_them(
    quarry: Books, site: Books
) -> None:
    await say(quarry, laid("a", 0), laid("b", 0.5), lifted("a", 1.2), lifted("b", 9))
    told = await Retelling(site, START + 10 * DAY).tell([quarry])
    assert (told.heard["house"], told.fired, told.waiting) == (4, 4, 0)
    assert await said(site) == [
        ("mason a", 1, 1.0, True),
        ("mason b", 1, 1.5, True),
        ("mason b", 2, 2.5, True),
        ("mason b", 3, 3.5, True),
    ]
    again = await Retelling(site, START + 10 * DAY).tell([quarry])
    assert (again.heard.total(), again.fired) == (0, 0)


async def test_what_comes_after_the_last_sign_of_life_is_news(quarry: Books, site: Books) -> None:
    await say(quarry, laid("a", 0), laid("late", 1.7))
    await say(quarry, laid("under way", 1.8), sent=False)
    await Retelling(site, START + 1.5 * DAY).tell([quarry])
    # The second rung fell due after the history's end, and before what is told of it ended: news.
    assert await said(site) == [("mason a", 1, 1.0, True)]
    async with site.sessions.begin() as session:
        rows = (await session.scalars(select(InboxRow).order_by(InboxRow.position))).all()
        assert [(row.key, row.replayed) for row in rows] == [("a", True), ("late", False)]
        due = await session.scalars(select(Timer.due_at).where(Timer.state == "armed"))
        assert sorted((at - START) / DAY for at in due) == [2.0, 2.7]


async def test_a_new_service_has_no_days_behind_it_and_a_restored_one_does_its_own(
    quarry: Books, site: Books, mason: Mason
) -> None:
    await say(quarry, laid("a", 0), lifted("a", 4))
    await Retelling(site, START + 4 * DAY).tell([quarry])
    assert mason.days == []
    async with connected(site.sessions.url) as connection:
        await connection.execute("INSERT INTO job_runs VALUES ('sweep', '2026-03-03', now())")
    await Retelling(site, START + 4 * DAY, again=True).tell([quarry])
    assert mason.days == ["2026-03-04", "2026-03-05"]


async def test_its_own_words_come_back_at_their_time(
    quarry: Books, site: Books, service: Service, databases: Databases
) -> None:
    ear = await _hearing(await _books(databases, service), laid("own", 0.5), laid("own", 2.5))
    await say(quarry, laid("a", 0), lifted("a", 2))
    told = await Retelling(site, START + 3 * DAY, again=True).tell([quarry], [ear])
    assert (told.relearned, told.heard["house"]) == (2, 2)
    assert [(wall, days) for wall, _, days, _ in await said(site)] == [
        ("own", 0.5), ("mason a", 1.0), ("mason a", 2.0), ("own", 2.5)
    ]  # fmt: skip
    assert await worked_until(site, [ear], together=False) == START + 2.5 * DAY
    assert await worked_until(site, [quarry], together=False) is None
    assert await worked_until(site, [quarry], together=True) == START + 2 * DAY
    await ear.sessions.close()


async def _hearing(books: Books, *events: StoneLaid) -> Books:
    """Let a service have heard words of the house."""
    inbox = Inbox(books.sessions, books.service.handles)
    source = replace(books, service=replace(books.service, publishes=(StoneLaid,)))
    await say(source, *events)
    async for row in _rows(source):
        await inbox.receive(message("house", row))
    async with connected(books.sessions.url) as connection:
        await connection.execute("DELETE FROM outbox")
    return books


async def _rows(books: Books) -> AsyncIterator[dict[str, object]]:
    async with books.sessions.begin() as session:
        found = (await session.execute(select(*OutboxRow.__table__.c))).mappings().all()
    for row in found:
        yield dict(row)


async def test_what_others_heard_and_it_does_not_hold_is_lost_until_said_again_or_settled(
    site: Books, service: Service, databases: Databases
) -> None:
    again, gone = laid("again", 1), laid("gone", 2)
    ear = await _hearing(await _books(databases, replace(service, name="ear")), again, gone)
    found = (await gaps([site, ear]))["house", "unsaid", "ear"]
    assert (found.number, found.oldest, found.newest) == (2, START + DAY, START + 2 * DAY)
    assert "2 events, the oldest of 2026-03-03T09:00+08:00: house.stone_laid.v1 2" in found.words()

    assert (await note_lost(site, [ear, ear])).number == 2
    assert (await gaps([site, ear]))["house", "unsaid", "ear"].number == 2, "noted, and lost still"
    await say(site, again.model_copy(update={"occurred_at": START + 9 * DAY}))
    assert (await gaps([site, ear]))["house", "unsaid", "ear"].number == 1
    assert await settle(site, [ear], "of no use") == 1
    assert await gaps([site, ear]) == {}
    async with connected(site.sessions.url) as connection:
        after = await connection.fetchval("SELECT after FROM audit WHERE action = 'settle'")
    assert "of no use" in after

    # Who learns the past from it later learns it as it was heard first.
    late = await _books(databases, replace(service, name="late"))
    await Retelling(late, START + 10 * DAY).tell([site])
    async with late.sessions.begin() as session:
        rows = await session.scalars(select(InboxRow).order_by(InboxRow.position))
        assert [(row.key, row.occurred_at) for row in rows] == [
            ("again", START + DAY), ("gone", START + 2 * DAY)
        ]  # fmt: skip
    for books in (ear, late):
        await books.sessions.close()


async def test_it_is_told_nothing_while_a_process_of_it_runs(site: Books) -> None:
    async with site.sessions.keeper.alone("relay:house") as running:
        assert running
        with pytest.raises(StillServed, match="stop its processes"):
            async with stopped(site.sessions):
                raise AssertionError("it was let in")
    async with stopped(site.sessions), site.sessions.keeper.alone("relay:house") as other:
        assert other is None, "no process begins meanwhile"


class Kafka(LocalBus):
    """A bus that still holds what was sent, and knows what a group has behind it."""

    at_once = False

    def __init__(self, *held: Message) -> None:
        super().__init__()
        self.held, self.away = list(held), False

    async def newest(
        self, topics: Collection[str], number: int, group: str | None = None
    ) -> list[Message]:
        if self.away:
            raise BusAway
        return [] if group else self.held


async def test_a_database_that_lacks_what_the_bus_holds_runs_no_loop(site: Books) -> None:
    lost = laid("lost", 1)
    row = {"id": lost.id, "type": lost.type, "key": "lost", "occurred_at": lost.occurred_at}
    bus = Kafka(message("house", row | {"traceparent": "", "body": lost.body()}))
    standing, began = Standing(bus, [site]), asyncio.Event()

    async def loop() -> None:
        began.set()

    bus.away = True
    await standing.look()
    assert (bool(standing.unknown), standing.older) == (True, frozenset()), "nothing is known"
    bus.away = False
    await standing.look()
    assert (standing.unknown, standing.older) == ("", {"house"})
    assert b'xinqing_database_older{service="house"} 1.0' in telemetry.exposition()
    assert "does not hold any more, but the bus heard: 1 events" in standing.words["house"]
    begun = asyncio.create_task(standing.gated(loop)())
    await asyncio.sleep(0)
    assert not began.is_set()

    # A restore that was interrupted leaves it older.
    await begin_anew(site, START + 2 * DAY)
    await standing.look()
    assert standing.older == {"house"}

    # Restored in knowledge of what is lost, it runs, and says what is to be entered anew.
    await end_anew(site)
    await standing.look()
    assert (standing.older, set(standing.words)) == (frozenset(), {"house"})
    assert b'xinqing_database_older{service="house"} 0.0' in telemetry.exposition()
    begun.cancel()
    await asyncio.wait_for(standing.gated(loop)(), 5)
    assert began.is_set()


async def test_a_restore_is_told_to_those_who_sync_and_to_the_audit(site: Books) -> None:
    async with site.sessions.begin() as session:
        session.add(house.Stone(id=new_id(), area_code="42"))
        session.add(ScenarioClock(id=1, now=START - DAY))
    await begin_anew(site, START)
    await end_anew(site)
    async with site.sessions.begin() as session:
        assert await paging.restored_at(session) == START
        with pytest.raises(paging.SyncAnew):
            await paging.sync(session, select(house.Stone), model=house.Stone, cursor=CURSOR)
    async with connected(site.sessions.url) as connection:
        told = await connection.fetchval("SELECT after FROM audit WHERE action = 'restored'")
    assert START.isoformat() in told


CURSOR = paging._write("sync", (UUID(int=0), 1, UUID(int=0)))  # noqa: SLF001  one given before any restore
