"""A service's past told again: to one that is new, and to one whose database was restored.

It is told from journal to journal, past the bus, while no process of the service runs: in the
order in which it was told, with the clock standing where it stood then, so that a limit that fell
due between two events falls due between them again.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sqlalchemy import func, select, text, update

from shared import clock, db, jobs, paging, timers
from shared.db import ScenarioClock, Sessions, Synced
from shared.inbox import Inbox
from shared.jobs import Work
from shared.journals import Books, Row, unheard, unheard_back, unsaid
from shared.outbox import OutboxRow, message
from shared.rounds import Looks, Rounds
from shared.timers import IS_ARMED, Timer


class Stream(NamedTuple):
    """A journal that is read: whose, and what of it."""

    name: str
    kind: str


class StillServed(RuntimeError):
    """A process of the service runs; what it handles meanwhile would stand in the way."""


class Standstill(RuntimeError):
    """Something that was due then does not get done."""


@dataclass
class Told:
    """What came of telling the past again."""

    until: datetime
    heard: Counter[str] = field(default_factory=Counter)
    """Events by who had sent them."""
    relearned: int = 0
    """Words of the service's own that others held, and what they tell of."""
    fired: int = 0
    """Limits, daily jobs and polls that found something to do."""
    waiting: int = 0
    """Keys that do not flow: an event could not be handled."""


@asynccontextmanager
async def stopped(sessions: Sessions) -> AsyncIterator[None]:
    """Hold the lock of a service's relay, which each of its processes stands by for.

    Raises StillServed where a process holds it.
    """
    async with sessions.keeper.alone(f"relay:{sessions.service}") as connection:
        if connection is None:
            raise StillServed(f"{sessions.service} is being served: stop its processes first")
        yield


class Retelling:
    """The service in the past; `again`: it was there before, and its database was restored.

    What occurred up to `until` is history: nobody is notified of it. What occurred later is news.
    """

    def __init__(self, books: Books, until: datetime, *, again: bool = False) -> None:
        """Take who hears, and until when all of it was told already."""
        self.books, self.until, self.again = books, until, again
        self.sessions = books.sessions
        self.told = Told(until)
        self._now: datetime | None = None
        self._inbox = Inbox(self.sessions, books.service.handles)
        self._own = Inbox(self.sessions, books.service.relearns)
        self._rounds = Rounds(books.name, self._works(), Looks(books.service, self.sessions).wanted)

    def _works(self) -> dict[str, Work]:
        """Give what falls due; a new service has no days behind it that its jobs could run for."""
        service, sessions = self.books.service, self.sessions
        works: dict[str, Work] = {"timers": partial(timers.run_due, sessions, service.timers)}
        if self.again:
            works = {"jobs": partial(jobs.run_due, sessions, service.jobs)} | works
        return works | {poll.name: partial(poll.run, sessions) for poll in service.polls}

    async def tell(self, speakers: Sequence[Books], others: Sequence[Books] = ()) -> Told:
        """Tell what speakers sent and the service does not hold, and its own words that others do.

        Ends with what fell due until `until`; what falls due after it is for the service itself,
        once it is served again.
        """
        scenario, self.sessions.scenario = self.sessions.scenario, False
        try:
            async for stream, row in _merged(await self._streams(speakers, others)):
                await self._hear(stream, row)
            await self._pass_time(self.until)
        finally:
            self.sessions.scenario, self.sessions.past = scenario, {}
            clock.follow(None)
        self.told.waiting = await self._waiting()
        return self.told

    async def _streams(
        self, speakers: Sequence[Books], others: Sequence[Books]
    ) -> dict[Stream, AsyncIterator[Row]]:
        """Give what is to be told, each journal in its order; what has none is put in order."""
        mine, types = self.books, {kind.type for kind in self.books.service.relearns}
        streams = {Stream(one.name, "said"): unheard(one, mine) for one in speakers}
        for one in speakers:
            back = [row async for row in unheard_back(one, mine)]
            streams[Stream(one.name, "heard back")] = _in_order(back)
        for one in others if types else ():
            own = [row async for row in unsaid(mine, one) if row["type"] in types]
            streams[Stream(one.name, "own")] = _in_order(own)
        return streams

    async def _hear(self, stream: Stream, row: Row) -> None:
        await self._pass_time(row["occurred_at"])
        now = self._stand_at(row["occurred_at"])
        own = stream.kind == "own"
        speaker, inbox = (self.books.name, self._own) if own else (stream.name, self._inbox)
        await inbox.receive(message(speaker, row, replayed=now <= self.until))
        self.told.fired += await self._rounds.run(at_once=True)
        if own:
            self.told.relearned += 1
        else:
            self.told.heard[stream.name] += 1

    def _stand_at(self, instant: datetime) -> datetime:
        """Let the clock stand in the past, where it never runs back; give where."""
        self._now = max(self._now or instant, instant)
        clock.follow(self._now)
        self.sessions.past = {"replayed": self._now <= self.until, "again": self.again}
        return self._now

    async def _pass_time(self, until: datetime) -> None:
        """Do what fell due up to an instant, each at its own.

        What others said at that very instant came a moment later: it had to travel.
        """
        while due := await self._next_due():
            if due > until:
                return
            self._stand_at(due)
            done = await self._rounds.run(at_once=True)
            if not done:
                raise Standstill(f"what was due at {due.isoformat()} in {self.books.name} fails")
            self.told.fired += done

    async def _next_due(self) -> datetime | None:
        """Give the next instant at which something fell due; what failed waits for the service."""
        limit = select(func.min(Timer.due_at)).where(IS_ARMED, Timer.retry_at.is_(None))
        async with self.sessions.begin() as session:
            due: datetime | None = await session.scalar(limit)
            last = await jobs.last_done(session, self.books.service.jobs) if self.again else {}
        # A job that never ran has no days behind it.
        ran = [job for job in self.books.service.jobs if job.name in last]
        following = jobs.next_due(last, ran)
        return min((at for at in (due, following) if at), default=None)

    async def _waiting(self) -> int:
        async with self.sessions.begin() as session:
            return int(await session.scalar(text("SELECT count(*) FROM inbox_keys")) or 0)


async def _in_order(rows: list[Row]) -> AsyncIterator[Row]:
    for row in sorted(rows, key=_when):
        yield row


def _when(row: Row) -> tuple[datetime, datetime]:
    """Give when a word was said: in the domain's time, then by the machine's clock.

    The machine's alone would be the day of a restore, where the speaker was restored himself.
    """
    return row["occurred_at"], row["known_at"]


async def _merged(
    streams: Mapping[Stream, AsyncIterator[Row]],
) -> AsyncIterator[tuple[Stream, Row]]:
    """Give the rows of several journals in the order of their instants.

    Each journal keeps its own order; what several hold is given once.
    """
    heads = {name: row for name, one in streams.items() if (row := await anext(one, None))}
    given = set()
    while heads:
        name = min(heads, key=lambda each: _when(heads[each]))
        row = heads.pop(name)
        if (following := await anext(streams[name], None)) is not None:
            heads[name] = following
        if row["id"] not in given:
            given.add(row["id"])
            yield name, row


async def worked_until(books: Books, others: Sequence[Books], *, together: bool) -> datetime | None:
    """Give the newest instant at which a lost database still worked, as far as others tell.

    They heard its words; where all were one process, they ended together (`together`), and so do
    the clocks of a scenario.
    """
    signs: list[datetime | None] = []
    for other in others:
        async with other.sessions.begin() as session:
            words = text("SELECT max(occurred_at) FROM inbox WHERE topic = :topic OR :all")
            asked = {"topic": books.topic, "all": together}
            signs.append(await session.scalar(words, asked))
            signs.append(await session.scalar(select(func.max(ScenarioClock.now))))
            if together:
                signs.append(await session.scalar(select(func.max(OutboxRow.occurred_at))))
    return max((sign for sign in signs if sign), default=None)


async def latest(every: Sequence[Books]) -> datetime:
    """Give what time it is where a scenario's clock is played: the latest; else the machine's."""
    told = []
    for one in every:
        async with one.sessions.begin("operator:cli") as session:
            told.append(await session.scalar(select(func.max(ScenarioClock.now))))
    return max((at for at in told if at), default=clock.wall())


async def begin_anew(books: Books, until: datetime) -> None:
    """Note a restore: cursors of a sync given before are refused, and the audit tells of it.

    Under a scenario's clock the row is set to `until`, where the lost database stood.
    """
    tables = books.service.metadata.tables.values()
    synced = [
        one
        for one in Synced.__subclasses__()
        if any(getattr(one, "__table__", None) is table for table in tables)
    ]
    async with books.sessions.begin("operator:restored") as session:
        row = await session.get(ScenarioClock, 1)
        if row is not None:
            row.now = max(row.now, until)
        await paging.begin_anew(session, *synced)
        db.record(session, "restored", "sync_epoch", 1, after={"until": until.isoformat()})


async def end_anew(books: Books) -> None:
    """Let a restored service run again: it has been told its past, to the end.

    Whatever the lost one said, it said before now, since it does not run; what of that is not
    here is known to be lost. Without this, as after an interruption, the database stays older.
    """
    async with books.sessions.begin("operator:restored") as session:
        row = await session.get(ScenarioClock, 1)
        at = row.now if row else clock.wall()
        await session.execute(update(paging.SyncEpoch).values(restored_at=at))
