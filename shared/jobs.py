"""The clock door: daily jobs that catch up, and polls that run while they find work."""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

import structlog
from sqlalchemy import Date, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from shared import clock, telemetry
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

# What failed in a round is left out of the next ones for so many seconds, doubled each time.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0


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
    """A job for each Beijing day, at a time of day; it gets the day."""

    at: str
    run: Callable[[Sessions, date], Awaitable[None]]

    @property
    def name(self) -> str:
        """Give the function's name: `expect_bank_feeds`."""
        return self.run.__name__

    def instant(self, day: date) -> datetime:
        """Give the instant in UTC at which the job of a day falls due."""
        hour, minute = self.at.split(":")
        return clock.at(day, int(hour), int(minute))


def daily(at: str, run: Callable[[Sessions, date], Awaitable[None]]) -> Daily:
    """Declare a daily job in a manifest, `daily("00:00", jobs.expect_bank_feeds)`, Beijing time."""
    return Daily(at, run)


_LOOK = select(
    JobRun.job,
    func.max(JobRun.slot).label("slot"),
    select(JobFailure.job)
    .where(JobFailure.job == JobRun.job, JobFailure.retry_at > bindparam("wall"))
    .exists()
    .label("pausing"),
).group_by(JobRun.job)
_NEWEST = "SELECT max(slot) FROM job_runs WHERE job = $1"
# A day that was done has healed what failed on it, or before it.
_DONE = text("""
    WITH healed AS (DELETE FROM job_failures WHERE job = :job AND slot <= :slot)
    INSERT INTO job_runs (job, slot, done_at) VALUES (:job, :slot, :at) ON CONFLICT DO NOTHING
""").bindparams(bindparam("slot", type_=Date))


async def _last(sessions: Sessions) -> tuple[Mapping[str, date], set[str], datetime]:
    """Give each job's newest day that was done, which jobs pause after a failure, and the time."""
    async with sessions.begin() as session:
        rows = (await session.execute(_LOOK, {"wall": clock.wall()})).all()
        last = {row.job: row.slot for row in rows}
        return last, {row.job for row in rows if row.pausing}, clock.now()


async def last_done(session: Session) -> dict[str, date]:
    """Give each job's newest day that was done."""
    rows = await session.execute(
        select(JobRun.job, func.max(JobRun.slot).label("slot")).group_by(JobRun.job)
    )
    return {row.job: row.slot for row in rows}


def _slots(job: Daily, last: date | None, now: datetime) -> list[date]:
    """Give the days whose run is due and not done; a job never run begins with today."""
    today = clock.day_of(now)
    day = last + timedelta(days=1) if last else today
    days = []
    while day <= today and job.instant(day) <= now:
        days.append(day)
        day += timedelta(days=1)
    return days


async def run_due(sessions: Sessions, jobs: Sequence[Daily]) -> int:
    """Run each job for each day that is due, in order, one replica at a time; give how many.

    One that fails is logged and tried again after a pause; it holds up no other.
    """
    last, pausing, now = await _last(sessions)
    done = 0
    for job in jobs:
        if job.name not in last:
            # Its first day counts from now on, so that a crash in it is caught up like any other.
            await _mark(sessions, job, clock.day_of(now) - timedelta(days=1))
        if job.name in pausing or not _slots(job, last.get(job.name), now):
            continue
        async with sessions.keeper.alone(f"job:{sessions.service}:{job.name}") as mine:
            if mine is None:
                continue
            # Another replica may have run it between our look and our lock.
            newest = await mine.fetchval(_NEWEST, job.name)
            for day in _slots(job, newest, now):
                try:
                    await run_once(sessions, job, day)
                except Exception as error:  # noqa: BLE001  whatever it raises, the others must run
                    await _failed(sessions, job, day, error)
                    pausing.add(job.name)
                    break
                done += 1
    return done


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


async def run_once(sessions: Sessions, job: Daily, day: date) -> None:
    """Run a job for one day and mark the day as done."""
    await job.run(sessions, day)
    await _mark(sessions, job, day)


async def _mark(sessions: Sessions, job: Daily, day: date) -> None:
    async with sessions.begin(f"job:{job.name}") as session:
        await session.execute(_DONE, {"job": job.name, "slot": day, "at": clock.wall()})


class Rounds:
    """Does several things in turn, each on its own: one that fails holds up no other."""

    def __init__(
        self, service: str, works: Mapping[str, Work], by_clock: Collection[str] = ()
    ) -> None:
        """Take whose they are, and the things by name; each tells how much it found to do.

        Only the clock gives those named in `by_clock` something to do, not the others.
        """
        self._service, self._works, self._by_clock = service, works, by_clock
        self._pauses: dict[str, tuple[float, float]] = {}

    async def run(self, *, at_once: bool = False) -> int:
        """Go round until nothing finds anything; give how much was done.

        A failure is logged and counted. `at_once` (somebody waits for it) heeds no pause, and
        raises the first failure when all the others are done.
        """
        now, done, failures = time.monotonic(), 0, []
        left = {
            name: work
            for name, work in self._works.items()
            if at_once or self._pauses.get(name, (now, 0))[0] <= now
        }
        # What one finds may give another something to do: each is asked once more after it.
        turns = deque(left)
        while turns:
            name = turns.popleft()
            try:
                found = await left[name]()
                self._pauses.pop(name, None)
            except Exception as error:  # noqa: BLE001  whatever it raises, the others must run
                del left[name]
                failures.append(error)
                self._failed(name, error)
                continue
            done += found
            if found:
                turns += [each for each in left if each not in {*turns, *self._by_clock}]
        if failures and at_once:
            raise failures[0]
        return done

    def _failed(self, name: str, error: Exception) -> None:
        _, last = self._pauses.get(name, (0.0, 0.0))
        pause = min(last * 2, LONGEST_PAUSE) if last else FIRST_PAUSE
        self._pauses[name] = (time.monotonic() + pause, pause)
        telemetry.LOOP_FAILURES.labels(f"{self._service}.{name}").inc()
        log.error("work_failed", service=self._service, work=name, exc_info=error)


def next_due(last: Mapping[str, date], jobs: Sequence[Daily]) -> datetime | None:
    """Give the next instant at which a job falls due, in the domain's time.

    `last` is what `last_done` gives; a job never run begins with today.
    """
    instants = []
    for job in jobs:
        done = last.get(job.name)
        day = done + timedelta(days=1) if done else clock.today()
        instants.append(job.instant(day))
    return min(instants, default=None)
