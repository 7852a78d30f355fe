"""A time limit is a row: fired once when due, in order, whatever fails beside it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from shared import clock, timers
from shared.db import AuditRow, Session, Sessions, new_id
from shared.events.platform import TimerLate
from shared.late import tell_late
from shared.timers import NEXT_DUE, InSets, Timer, arm, armed, disarm, run_due
from tests.fixtures.database import connected
from tests.fixtures.service import Published, Time
from tests.shared.house import Stone, StoneRefused

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)


class Ladder:
    """Handles timers by writing down what fired, and fails when it is told to."""

    def __init__(self) -> None:
        self.failing: dict[str, Exception] = {}

    async def on_rung_due(self, session: Session, timer: Timer) -> None:
        stone = Stone(id=new_id(), area_code="42", colour=timer.step, changed_at=timer.due_at)
        session.add(stone)
        if error := self.failing.get(timer.step):
            raise error

    async def fired(self, sessions: Sessions) -> list[str]:
        async with sessions.begin() as session:
            found = await session.scalars(
                select(Stone.colour).order_by(Stone.changed_at, Stone.colour)
            )
            return list(found.all())

    async def run(self, sessions: Sessions) -> int:
        return await run_due(sessions, {"rung": self.on_rung_due})


@pytest.fixture
def ladder(time: Time) -> Ladder:
    time.move_to(START)
    return Ladder()


async def set_up(sessions: Sessions, *steps: str, subject: UUID | None = None) -> UUID:
    """Arm a rung a day for each step."""
    subject = subject or new_id()
    async with sessions.begin() as session:
        for number, step in enumerate(steps, 1):
            arm(session, "rung", subject, START + number * DAY, entered_at=START, step=step)
    return subject


async def make_due(sessions: Sessions) -> None:
    """Let the pauses after failures be over."""
    async with sessions.begin() as session:
        await session.execute(update(Timer).values(retry_at=None))


async def test_a_timer_fires_when_it_is_due_and_once(
    sessions: Sessions, ladder: Ladder, time: Time
) -> None:
    await set_up(sessions, "a", "b")
    assert await ladder.run(sessions) == 0
    async with sessions.begin() as session:
        assert await session.scalar(NEXT_DUE) == START + DAY
    time.move_to(START + DAY)
    assert await ladder.run(sessions) == 1
    assert await ladder.run(sessions) == 0
    assert await ladder.fired(sessions) == ["a"]
    async with sessions.begin() as session:
        said = (await session.scalars(select(AuditRow))).one()
        assert said.actor == "timer:rung"


async def test_what_limits_of_several_kinds_do_is_told_as_theirs(
    sessions: Sessions, ladder: Ladder, time: Time
) -> None:
    async with sessions.begin() as session:
        for days, kind in ((1, "rung"), (2, "other")):
            arm(session, kind, new_id(), START + days * DAY, entered_at=START, step=kind)
    time.move_to(START + 2 * DAY)
    handle = ladder.on_rung_due
    assert await run_due(sessions, {"rung": handle, "other": handle}) == 2
    async with sessions.begin() as session:
        said = await session.execute(select(AuditRow.after, AuditRow.actor))
        actors = {after["colour"]: actor for after, actor in said}
    assert actors == {"rung": "timer:rung", "other": "timer:other"}


async def test_limits_that_are_handled_in_sets_are_made_ready_and_finished_together(
    sessions: Sessions, ladder: Ladder, time: Time
) -> None:
    seen: list[object] = []

    @asynccontextmanager
    async def around(_session: Session, due: Sequence[Timer]) -> AsyncIterator[None]:
        seen.append([timer.step for timer in due])
        yield
        seen.append("finished")

    async def on_due(session: Session, timer: Timer) -> None:
        seen.append(timer.step)
        await ladder.on_rung_due(session, timer)

    await set_up(sessions, "a", "b", "c")
    time.move_to(START + 2 * DAY)
    assert await run_due(sessions, {"rung": InSets(on_due, around)}) == 2
    assert seen == [["a", "b"], "a", "b", "finished"]
    # One that fails is put off alone, and nothing is made ready for those that are guarded.
    ladder.failing["c"] = ValueError("broken")
    await set_up(sessions, "d")
    time.move_to(START + 3 * DAY)
    seen.clear()
    assert await run_due(sessions, {"rung": InSets(on_due, around)}) == 2
    assert [each for each in seen if each == "finished"] == []
    assert await ladder.fired(sessions) == ["a", "d", "b"]


async def test_after_downtime_all_fire_in_order_dated_by_their_due_instants(
    sessions: Sessions, ladder: Ladder, time: Time
) -> None:
    await set_up(sessions, "a", "b", "c")
    time.move_to(START + 30 * DAY)
    assert await ladder.run(sessions) == 3
    async with sessions.begin() as session:
        found = (await session.scalars(select(Stone).order_by(Stone.changed_at))).all()
        dated = [(stone.colour, stone.changed_at) for stone in found]
    assert dated == [("a", START + DAY), ("b", START + 2 * DAY), ("c", START + 3 * DAY)]


async def test_a_disarmed_timer_does_not_fire(
    sessions: Sessions, ladder: Ladder, time: Time
) -> None:
    subject = await set_up(sessions, "a")
    async with sessions.begin() as session:
        arm(session, "other", subject, START + DAY, entered_at=START)
        await session.flush()  # The statements below must see it.
        assert [timer.kind for timer in await armed(session, subject)] == ["rung", "other"]
        assert await disarm(session, subject, "rung") == 1
        assert [timer.kind for timer in await armed(session, subject)] == ["other"]
        assert await disarm(session, subject) == 1
        assert await armed(session, subject, "rung") == []
    time.move_to(START + DAY)
    assert await ladder.run(sessions) == 0


async def test_an_earlier_timer_of_the_batch_may_disarm_a_later_one(
    sessions: Sessions, ladder: Ladder, time: Time
) -> None:
    await set_up(sessions, "a", "b", "c")

    async def stop(session: Session, timer: Timer) -> None:
        await ladder.on_rung_due(session, timer)
        await disarm(session, timer.subject_id)

    time.move_to(START + 9 * DAY)
    await run_due(sessions, {"rung": stop})
    assert await ladder.fired(sessions) == ["a"]


async def test_a_handler_may_arm_the_next_limit_of_its_kind(
    sessions: Sessions, ladder: Ladder, time: Time
) -> None:
    await set_up(sessions, "a")

    async def climb(session: Session, timer: Timer) -> None:
        await ladder.on_rung_due(session, timer)
        if (await session.scalar(select(func.count()).select_from(Timer)) or 0) < 4:
            arm(
                session,
                "rung",
                timer.subject_id,
                timer.due_at + DAY,
                entered_at=timer.due_at,
                step=timer.step,
            )

    time.move_to(START + 9 * DAY)
    while await run_due(sessions, {"rung": climb}):
        pass
    assert await ladder.fired(sessions) == ["a"] * 4


async def test_a_second_armed_limit_of_the_same_step_is_refused(sessions: Sessions) -> None:
    subject = await set_up(sessions, "a")
    with pytest.raises(IntegrityError):
        await set_up(sessions, "a", subject=subject)
    async with sessions.begin() as session:
        await disarm(session, subject)
    await set_up(sessions, "a", subject=subject)


@pytest.mark.parametrize("error", [RuntimeError(), StoneRefused()])
async def test_one_that_fails_is_rolled_back_alone_and_tried_again(
    error: Exception, sessions: Sessions, ladder: Ladder, time: Time
) -> None:
    await set_up(sessions, "a", "b", "c")
    ladder.failing["b"] = error
    time.move_to(START + 9 * DAY)
    await ladder.run(sessions)
    assert await ladder.fired(sessions) == ["a", "c"]
    assert await ladder.run(sessions) == 0, "its pause is not over"
    ladder.failing.clear()
    await make_due(sessions)
    assert await ladder.run(sessions) == 1
    assert await ladder.fired(sessions) == ["a", "b", "c"]


async def test_pauses_grow(sessions: Sessions, ladder: Ladder, time: Time) -> None:
    await set_up(sessions, "a")
    ladder.failing["a"] = RuntimeError()
    time.move_to(START + 9 * DAY)
    pauses = []
    for _ in range(4):
        await make_due(sessions)
        await ladder.run(sessions)
        async with sessions.begin() as session:
            retry_at = await session.scalar(select(Timer.retry_at))
            assert retry_at
            pauses.append(round((retry_at - clock.wall()).total_seconds()))
    assert pauses == [5, 60, 600, 600]


async def test_the_next_look_is_when_a_limit_falls_due(
    sessions: Sessions, ladder: Ladder, time: Time
) -> None:
    async def pause() -> float:
        async with sessions.begin() as session:
            return await timers.pause(session, 60)

    assert await pause() == 60
    await set_up(sessions, "a", "b")
    assert await pause() == 60, "the first is a day ahead"
    time.move_to(START + DAY - timedelta(seconds=7))
    assert await pause() == 7
    time.move_to(START + DAY)
    assert await pause() == 60, "what is due is claimed now, or put off: it is not waited for"
    time.move_to(START + 2 * DAY - timedelta(seconds=0.25))
    assert await pause() == 0.25


async def test_two_replicas_share_the_work(sessions: Sessions, ladder: Ladder, time: Time) -> None:
    for number in range(120):
        await set_up(sessions, f"{number:03}")
    time.move_to(START + 9 * DAY)
    done = [0, 0]

    async def replica(mine: int) -> None:
        while found := await ladder.run(sessions):
            done[mine] += found

    await asyncio.gather(replica(0), replica(1))
    assert sum(done) == 120
    assert min(done) > 0
    assert await ladder.fired(sessions) == [f"{number:03}" for number in range(120)]


async def test_a_crash_before_the_commit_fires_it_again(
    sessions: Sessions, ladder: Ladder, time: Time
) -> None:
    await set_up(sessions, "a")
    reached = asyncio.Event()

    async def crash(session: Session, timer: Timer) -> None:
        await ladder.on_rung_due(session, timer)
        reached.set()
        await asyncio.Event().wait()

    time.move_to(START + 9 * DAY)
    task = asyncio.create_task(run_due(sessions, {"rung": crash}))
    await reached.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await ladder.fired(sessions) == []
    assert await ladder.run(sessions) == 1
    assert await ladder.fired(sessions) == ["a"]


async def test_one_that_takes_its_connection_along_does_not_stop_the_others(
    sessions: Sessions, ladder: Ladder, time: Time
) -> None:
    await set_up(sessions, "a", "b", "c")

    async def kill(session: Session, timer: Timer) -> None:
        if timer.step == "b":
            pid = await session.scalar(text("SELECT pg_backend_pid()"))
            async with connected(sessions.url) as other:
                await other.execute("SELECT pg_terminate_backend($1)", pid)
        await ladder.on_rung_due(session, timer)

    time.move_to(START + 9 * DAY)
    while await run_due(sessions, {"rung": kill}):
        pass
    assert await ladder.fired(sessions) == ["a", "c"]
    async with sessions.begin() as session:
        assert await session.scalar(select(Timer.attempts).where(Timer.step == "b")) == 1


async def test_a_slow_batch_is_committed_before_its_transaction_grows_old(
    sessions: Sessions, ladder: Ladder, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_up(sessions, "a", "b", "c")

    async def slow(session: Session, timer: Timer) -> None:
        await ladder.on_rung_due(session, timer)
        if timer.step == "b":
            monkeypatch.setattr(timers, "ENOUGH", -1.0)

    time.move_to(START + 9 * DAY)
    assert await run_due(sessions, {"rung": slow}) == 2
    assert await ladder.fired(sessions) == ["a", "b"]


async def test_operators_hear_once_of_a_timer_that_nothing_handles(
    sessions: Sessions, ladder: Ladder, time: Time, published: Published
) -> None:
    await set_up(sessions, "a", "b")
    ladder.failing["a"] = RuntimeError()
    time.move_to(START + DAY)
    await ladder.run(sessions)
    assert await tell_late(sessions) == 0, "it is not late yet"
    time.move_to(START + DAY + timedelta(minutes=5))
    assert await tell_late(sessions) == 1
    assert await tell_late(sessions) == 0
    (told,) = await published(None, TimerLate)
    assert (told.kind, told.due_at) == ("rung", START + DAY)
