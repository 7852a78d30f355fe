"""The clock door: daily jobs that catch up, and polls that run while they find work."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import asyncpg
import structlog
from sqlalchemy import ColumnElement, Select, Text, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, mapped_column

from shared import clock
from shared.db import Plumbing, Session, Sessions
from shared.events.platform import TimerLate
from shared.outbox import publish

log = structlog.get_logger()

# A job that failed is tried again after growing pauses of the machine's time.
RETRY_AFTER = (timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=10))
# The failure of a day's run at which operators are told.
TOLD_AT = 2

Poll = Callable[[Sessions], Awaitable[int]]
Work = Callable[[], Awaitable[int]]


class JobRun(Plumbing):
    """A daily job that has succeeded for a day; written after it, so that a crash is caught up.

    The first row of a job is the day before it was first seen.
    """

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[date] = mapped_column(primary_key=True)
    done_at: Mapped[datetime]


class JobFailure(Plumbing):
    """A daily job that fails: tried again after growing pauses, while the others go on."""

    __tablename__ = "job_failures"

    job: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[date]
    failures: Mapped[int]
    retry_at: Mapped[datetime]
    reason: Mapped[str]


@dataclass(frozen=True, slots=True)
class Daily:
    """A job for each Beijing day, at a time of day; it gets the day.

    `waits` is what says in one statement whether it would find anything on the day, as of a poll;
    it may ask by `today`, the day, and `midnight`, the instant at which it begins.
    """

    at: str
    run: Callable[[Sessions, date], Awaitable[None]]
    waits: Select[Any] | None = None

    @property
    def name(self) -> str:
        """Give the function's name: `expect_bank_feeds`."""
        return self.run.__name__

    async def work(self, sessions: Sessions, day: date) -> bool:
        """Do the job of a day, if it would find anything; say whether it was begun."""
        asked = {"today": day, "midnight": clock.at(day)}
        if self.waits is not None and not await sessions.finds(self.waits, asked):
            return False
        await self.run(sessions, day)
        return True

    def instant(self, day: date) -> datetime:
        """Give the instant in UTC at which the job of a day falls due."""
        hour, minute = self.at.split(":")
        return clock.at(day, int(hour), int(minute))


@dataclass(frozen=True, slots=True)
class Polled:
    """A poll, and what says beside others whether it would find anything, in one statement.

    `waits` may ask by `now` and `today` of the domain's clock and `wall` of the machine's; it may
    say so in vain, and never keeps silent of what waits. None: the poll is called each time.
    """

    run: Poll
    waits: ColumnElement[bool] | None = None

    @property
    def name(self) -> str:
        """Give the function's name."""
        return self.run.__name__


def polled(run: Poll, waits: ColumnElement[bool] | None = None) -> Polled:
    """Declare a poll in a manifest: `polled(jobs.match_returns, queries.lines.RETURN_WAITS)`."""
    return Polled(run, waits)


def daily(
    at: str,
    run: Callable[[Sessions, date], Awaitable[None]],
    waits: ColumnElement[bool] | None = None,
) -> Daily:
    """Declare a daily job in a manifest, `daily("00:00", jobs.expect_bank_feeds)`, Beijing time."""
    return Daily(at, run, None if waits is None else select(waits))


_NEWEST = "SELECT max(slot) FROM job_runs WHERE job = $1"
# A day that was done has healed what failed on it, or before it.
_DONE = """
    WITH told AS (SELECT * FROM unnest($1::text[], $2::date[]) AS one (job, slot)),
    healed AS (DELETE FROM job_failures AS ill USING told
        WHERE ill.job = told.job AND ill.slot <= told.slot)
    INSERT INTO job_runs (job, slot, done_at) SELECT job, slot, $3 FROM told ON CONFLICT DO NOTHING
"""


def last_of(jobs: Sequence[str]) -> Select[Any]:
    """Make the statement of the newest day that was done of each job, as one value for `read_last`.

    Each is looked up by the index: rows of past days grow without end.
    """
    names = func.unnest(literal([*jobs], ARRAY(Text()))).column_valued("name")
    newest = select(func.max(JobRun.slot)).where(JobRun.job == names).scalar_subquery()
    return select(func.json_object_agg(names, newest))


PAUSING = select(func.json_agg(JobFailure.job)).where(JobFailure.retry_at > bindparam("wall"))
"""The jobs that pause after a failure, by the machine's time `wall`."""


def read_last(told: Mapping[str, str | None] | None) -> dict[str, date]:
    """Read what `last_of` gives; a job never run is not in it."""
    return {job: date.fromisoformat(slot) for job, slot in (told or {}).items() if slot}


async def _last(
    sessions: Sessions, jobs: Sequence[Daily]
) -> tuple[Mapping[str, date], set[str], datetime]:
    """Give each job's newest day that was done, which jobs pause after a failure, and the time."""
    now = await sessions.now()
    told = await sessions.ask(_look(tuple(job.name for job in jobs)), {"wall": clock.wall()})
    if told is None:
        raise RuntimeError("a statement of scalars gave no row")
    return read_last(told["last"]), set(told["pausing"] or ()), now


@lru_cache(maxsize=20)
def _look(jobs: tuple[str, ...]) -> Select[Any]:
    told = {"last": last_of(jobs), "pausing": PAUSING}
    return select(*(each.scalar_subquery().label(name) for name, each in told.items()))


async def last_done(session: Session, jobs: Sequence[Daily]) -> dict[str, date]:
    """Give each job's newest day that was done."""
    return read_last(await session.scalar(last_of([job.name for job in jobs])))


def _slots(job: Daily, last: date | None, now: datetime) -> list[date]:
    """Give the days whose run is due and not done; a job never run begins with today."""
    today = clock.day_of(now)
    day = last + timedelta(days=1) if last else today
    days = []
    while day <= today and job.instant(day) <= now:
        days.append(day)
        day += timedelta(days=1)
    return days


def any_due(
    jobs: Sequence[Daily], last: Mapping[str, date], pausing: Collection[str], now: datetime
) -> bool:
    """Say whether a job is due, or was never seen before."""
    return any(
        job.name not in last or (job.name not in pausing and _slots(job, last[job.name], now))
        for job in jobs
    )


async def run_due(sessions: Sessions, jobs: Sequence[Daily]) -> int:
    """Run each job for each day that is due, in order, one replica at a time; give how many.

    One that fails is logged and tried again after a pause; it holds up no other.
    """
    if not sessions.alone:
        return await _run_due(sessions, jobs, None)
    # One lock for all of them, since no replica could do the next one meanwhile.
    async with sessions.keeper.alone(f"jobs:{sessions.service}") as held:
        return await _run_due(sessions, jobs, held) if held else 0


async def _run_due(
    sessions: Sessions, jobs: Sequence[Daily], held: "asyncpg.Connection[Any] | None"
) -> int:
    last, pausing, now = await _last(sessions, jobs)
    done = 0
    unwritten: list[tuple[str, date]] = []
    for job in jobs:
        if job.name not in last:
            # Its first day counts from now on, so that a crash in it is caught up like any other.
            await _first_seen(sessions, job, clock.day_of(now) - timedelta(days=1))
        if job.name in pausing or not _slots(job, last.get(job.name), now):
            continue
        name = f"job:{sessions.service}:{job.name}"
        turn: AbstractAsyncContextManager[Any]
        turn = nullcontext(held) if held else sessions.keeper.alone(name)
        async with turn as mine:
            if mine is None:
                continue
            # Another replica may have run it between our look and our lock.
            newest = last.get(job.name) if held else await mine.fetchval(_NEWEST, job.name)
            for day in _slots(job, newest, now):
                try:
                    begun = await job.work(sessions, day)
                    unwritten.append((job.name, day))
                    # That there was nothing to do can be found again: it is written with the next.
                    if begun or not held:
                        await _write(sessions, mine, unwritten)
                except Exception as error:  # noqa: BLE001  whatever it raises, the others must run
                    await _failed(sessions, job, day, error)
                    pausing.add(job.name)
                    break
                done += 1
    if held and unwritten:
        await _write(sessions, held, unwritten)
    return done


async def _write(
    sessions: Sessions, mine: "asyncpg.Connection[Any]", done: list[tuple[str, date]]
) -> None:
    """Write down which jobs were done for which days, and forget them."""
    names, days = zip(*done, strict=True)
    await mine.execute(_DONE, names, days, clock.wall())
    sessions.changes += 1
    done.clear()


async def _first_seen(sessions: Sessions, job: Daily, day: date) -> None:
    async with sessions.begin(f"job:{job.name}") as session:
        seen = {"job": job.name, "slot": day, "done_at": clock.wall()}
        await session.execute(insert(JobRun).values(seen).on_conflict_do_nothing())


async def _failed(sessions: Sessions, job: Daily, day: date, error: Exception) -> None:
    """Write a failure down, and tell operators of the one that is no chance any more."""
    async with sessions.begin(f"job:{job.name}") as session:
        known = await session.get(JobFailure, job.name, with_for_update=True)
        failures = (known.failures if known and known.slot == day else 0) + 1
        pause = RETRY_AFTER[min(failures, len(RETRY_AFTER)) - 1]
        values = {
            "slot": day,
            "failures": failures,
            "retry_at": clock.wall() + pause,
            "reason": type(error).__name__,
        }
        await session.execute(
            insert(JobFailure)
            .values(job=job.name, **values)
            .on_conflict_do_update(index_elements=["job"], set_=values)
        )
        if failures == TOLD_AT:
            told = TimerLate(
                service=sessions.service,
                timer_id=uuid5(NAMESPACE_URL, f"{sessions.service}/{job.name}/{day}"),
                kind=job.name,
                due_at=job.instant(day),
            )
            publish(session, told)
    log.error("job_failed", job=job.name, day=day, failures=failures, exc_info=error)


def next_due(last: Mapping[str, date], jobs: Sequence[Daily]) -> datetime | None:
    """Give the next instant at which a job falls due, in the domain's time.

    `last` is what `last_done` or `read_last` gives; a job never run begins with today.
    """
    instants = []
    for job in jobs:
        done = last.get(job.name)
        day = done + timedelta(days=1) if done else clock.today()
        instants.append(job.instant(day))
    return min(instants, default=None)
