"""The clock door: daily jobs that catch up, and polls that run while they find work."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from shared import clock
from shared.db import Plumbing, Sessions, alone

Poll = Callable[[Sessions], Awaitable[int]]


class JobRun(Plumbing):
    """A daily job that has succeeded for a day; written after it, so that a crash is caught up."""

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[date] = mapped_column(primary_key=True)
    done_at: Mapped[datetime]


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


async def _last(sessions: Sessions) -> tuple[Mapping[str, date], datetime]:
    async with sessions.begin() as session:
        rows = await session.execute(
            select(JobRun.job, func.max(JobRun.slot).label("slot")).group_by(JobRun.job)
        )
        return {row.job: row.slot for row in rows}, clock.now()


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
    """Run each job for each day that is due, in order, one replica at a time; give how many."""
    last, now = await _last(sessions)
    done = 0
    for job in jobs:
        if not _slots(job, last.get(job.name), now):
            continue
        async with alone(sessions.url, f"job:{sessions.service}:{job.name}") as mine:
            if mine is None:
                continue
            # Another replica may have run it between our look and our lock.
            fresh, _ = await _last(sessions)
            for day in _slots(job, fresh.get(job.name), now):
                await run_once(sessions, job, day)
                done += 1
    return done


async def run_once(sessions: Sessions, job: Daily, day: date) -> None:
    """Run a job for one day and mark the day as done."""
    await job.run(sessions, day)
    await _mark(sessions, job, day)


async def _mark(sessions: Sessions, job: Daily, day: date) -> None:
    async with sessions.begin(f"job:{job.name}") as session:
        await session.execute(
            insert(JobRun)
            .values(job=job.name, slot=day, done_at=clock.wall())
            .on_conflict_do_nothing()
        )


async def next_due(sessions: Sessions, jobs: Sequence[Daily]) -> datetime | None:
    """Give the next instant at which a job falls due, in the domain's time."""
    last, now = await _last(sessions)
    instants = []
    for job in jobs:
        done = last.get(job.name)
        day = done + timedelta(days=1) if done else clock.day_of(now)
        instants.append(job.instant(day))
    return min(instants, default=None)
