"""Daily jobs run for each Beijing day once, catch up, and hold up nobody."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Date, DateTime, and_, bindparam, exists, func, or_, select, update

from shared import clock
from shared.db import Sessions, new_id
from shared.events.platform import TimerLate
from shared.jobs import Daily, JobFailure, JobRun, daily, last_done, next_due, run_due
from tests.fixtures.service import Published, Time
from tests.shared.house import Stone

FIRST = date(2026, 3, 2)


class Work:
    """A job that writes a stone a day, and fails when it is told to."""

    def __init__(self) -> None:
        self.failing: set[date] = set()
        self.tried: list[date] = []
        self.begun = asyncio.Event()
        self.hold: asyncio.Event | None = None

    async def lay_stones(self, sessions: Sessions, today: date) -> None:
        self.tried.append(today)
        async with sessions.begin("job:lay_stones") as session:
            session.add(Stone(id=new_id(), area_code="42", colour=today.isoformat()))
        self.begun.set()
        if self.hold:
            await self.hold.wait()
        if today in self.failing:
            raise RuntimeError("no mortar")

    @property
    def job(self) -> Daily:
        return daily("02:00", self.lay_stones)


@pytest.fixture
def work(time: Time) -> Work:
    time.move_to(clock.at(FIRST, 12))
    return Work()


async def days(sessions: Sessions) -> list[date]:
    """Give the days that were run; the row of the day before the first is no run."""
    async with sessions.begin() as session:
        found = select(JobRun.slot).where(JobRun.slot >= FIRST).order_by(JobRun.slot)
        return list((await session.scalars(found)).all())


async def coming(sessions: Sessions, jobs: Sequence[Daily]) -> datetime | None:
    async with sessions.begin() as session:
        return next_due(await last_done(session, jobs), jobs)


def span(number: int) -> list[date]:
    return [FIRST + timedelta(days=day) for day in range(number)]


async def test_a_job_runs_once_a_day_from_its_hour_on(
    sessions: Sessions, work: Work, time: Time
) -> None:
    time.move_to(clock.at(FIRST, 1, 59))
    assert await run_due(sessions, [work.job]) == 0
    assert await coming(sessions, [work.job]) == clock.at(FIRST, 2)
    time.move_to(clock.at(FIRST, 2))
    assert await run_due(sessions, [work.job]) == 1
    assert await run_due(sessions, [work.job]) == 0
    assert await coming(sessions, [work.job]) == clock.at(FIRST + timedelta(days=1), 2)
    assert work.tried == [FIRST]


async def test_the_day_is_beijings(sessions: Sessions, work: Work, time: Time) -> None:
    time.move_to(clock.at(FIRST, 2))  # 18:00 of the day before, in UTC
    await run_due(sessions, [work.job])
    assert await days(sessions) == [FIRST]


async def test_days_missed_in_downtime_are_caught_up_in_order(
    sessions: Sessions, work: Work, time: Time
) -> None:
    await run_due(sessions, [work.job])
    time.move_to(clock.at(FIRST + timedelta(days=5), 1))
    assert await run_due(sessions, [work.job]) == 4
    assert work.tried == span(5), "the sixth day's hour has not come"


async def test_a_crash_before_the_mark_runs_the_day_again(sessions: Sessions, work: Work) -> None:
    work.hold = asyncio.Event()
    task = asyncio.create_task(run_due(sessions, [work.job]))
    await work.begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await days(sessions) == []
    work.hold = None
    assert await run_due(sessions, [work.job]) == 1
    assert work.tried == [FIRST, FIRST]


async def test_a_crash_in_its_very_first_day_is_caught_up_too(
    sessions: Sessions, work: Work, time: Time
) -> None:
    work.hold = asyncio.Event()
    task = asyncio.create_task(run_due(sessions, [work.job]))
    await work.begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    work.hold = None
    time.move_to(clock.at(FIRST + timedelta(days=2), 12))
    assert await run_due(sessions, [work.job]) == 3
    assert await days(sessions) == span(3)


@pytest.mark.parametrize("alone", [False, True])
async def test_two_replicas_run_a_day_once(sessions: Sessions, work: Work, *, alone: bool) -> None:
    sessions.alone = alone  # Who believes so and is not must do no harm either.
    work.hold = asyncio.Event()
    first = asyncio.create_task(run_due(sessions, [work.job]))
    await work.begun.wait()
    assert await run_due(sessions, [work.job]) == 0, "the other one holds the job"
    work.hold.set()
    assert await first == 1
    done = await asyncio.gather(*(run_due(sessions, [work.job]) for _ in range(3)))
    assert sum(done) == 0
    assert work.tried == [FIRST]


async def test_a_job_that_fails_holds_up_no_other(
    sessions: Sessions, work: Work, published: Published
) -> None:
    other = Work()
    work.failing = {FIRST}
    assert await run_due(sessions, [work.job, daily("03:00", other.lay_stones)]) == 0

    async def sweep(_sessions: Sessions, today: date) -> None:
        other.tried.append(today)

    assert await run_due(sessions, [work.job, daily("03:00", sweep)]) == 1
    assert other.tried[-1] == FIRST
    assert work.tried == [FIRST], "it pauses"
    assert await days(sessions) == [FIRST]


async def test_a_job_that_would_find_nothing_is_done_without_being_run(
    sessions: Sessions, work: Work, time: Time
) -> None:
    laid = exists().where(Stone.colour == "2026-03-03")
    asked = (bindparam("today", type_=Date()), bindparam("midnight", type_=DateTime(timezone=True)))
    at_midnight = func.timezone("Asia/Shanghai", asked[1]) == asked[0]
    waits = and_(at_midnight, or_(laid, asked[0] == FIRST))
    jobs = [daily("02:00", work.lay_stones, waits)]
    for ahead in range(3):
        time.move_to(clock.at(FIRST + timedelta(days=ahead), 12))
        assert await run_due(sessions, jobs) == 1
    assert work.tried == [FIRST], "on the other days nothing waits"
    assert len(await days(sessions)) == 3


async def make_due(sessions: Sessions) -> list[int]:
    """Let the pause be over; give how long it was, in seconds."""
    async with sessions.begin() as session:
        until = (await session.scalars(select(JobFailure.retry_at))).all()
        await session.execute(update(JobFailure).values(retry_at=clock.wall()))
    return [round((instant - clock.wall()).total_seconds()) for instant in until]


async def test_pauses_grow_and_operators_are_told_once(
    sessions: Sessions, work: Work, time: Time, published: Published
) -> None:
    work.failing = {FIRST}
    pauses = []
    for _ in range(4):
        await run_due(sessions, [work.job])
        pauses += await make_due(sessions)
    assert pauses == [5, 60, 600, 600]
    (told,) = await published(None, TimerLate)
    assert (told.kind, told.due_at) == ("lay_stones", clock.at(FIRST, 2))
    work.failing.clear()
    time.move_to(clock.at(FIRST + timedelta(days=2), 12))
    assert await run_due(sessions, [work.job]) == 3
    assert await days(sessions) == span(3)
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(JobFailure)) == 0


async def test_a_later_day_waits_for_the_one_that_fails(
    sessions: Sessions, work: Work, time: Time
) -> None:
    await run_due(sessions, [work.job])
    work.failing = {FIRST + timedelta(days=1)}
    time.move_to(clock.at(FIRST + timedelta(days=3), 12))
    await run_due(sessions, [work.job])
    assert work.tried == span(2)
    assert await days(sessions) == [FIRST]


async def test_without_jobs_nothing_is_due(sessions: Sessions) -> None:
    assert await coming(sessions, []) is None
    assert await run_due(sessions, []) == 0
