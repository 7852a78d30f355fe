"""A process: what runs beside its requests goes on whatever becomes of the rest."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from shared import app, clock, telemetry
from shared.app import Running, compose
from shared.config import Runtime
from shared.db import Sessions
from shared.jobs import JobRun, Poll, polled
from shared.rounds import Rounds
from shared.service import Service
from tests.waiting import until


class Heap:
    """Polls over a number of stones: one carries them away, one breaks."""

    def __init__(self, stones: int) -> None:
        self.stones, self.broken, self.asked = stones, True, 0

    async def break_stones(self, sessions: Sessions) -> int:
        self.asked += 1
        if self.broken:
            raise RuntimeError("the hammer is gone")
        return 0

    async def carry_stones(self, sessions: Sessions) -> int:
        found, self.stones = min(self.stones, 1), max(0, self.stones - 1)
        return found


def composed(service: Service, runtime: Runtime, *polls: Poll) -> Running:
    return compose(replace(service, polls=[polled(poll) for poll in polls]), runtime)


@pytest.fixture
def _address(monkeypatch: pytest.MonkeyPatch, sessions: Sessions) -> None:
    monkeypatch.setenv("DATABASE_URL", sessions.url)


def failures(name: str) -> float:
    return telemetry.REGISTRY.get_sample_value("xinqing_loop_failures_total", {"loop": name}) or 0


@pytest.mark.usefixtures("_address")
async def test_a_poll_that_fails_holds_up_no_other(service: Service, runtime: Runtime) -> None:
    heap = Heap(3)
    one = composed(service, runtime, heap.break_stones, heap.carry_stones)
    before = failures("house.break_stones")
    with capture_logs() as logs:
        assert await one.due(wait=False) == 3
        assert await one.due(wait=False) == 0
    assert [entry["work"] for entry in logs] == ["break_stones"], "it pauses"
    assert failures("house.break_stones") == before + 1
    await one.sessions.close()


@pytest.mark.usefixtures("_address")
async def test_whoever_waits_is_told_of_a_failure_after_all_else_was_done(
    service: Service, runtime: Runtime
) -> None:
    heap = Heap(3)
    one = composed(service, runtime, heap.break_stones, heap.carry_stones)
    with pytest.raises(RuntimeError, match="hammer"):
        await one.due()
    assert heap.stones == 0
    heap.broken = False
    assert await one.due() == 0
    assert heap.asked == 2
    await one.sessions.close()


@pytest.mark.usefixtures("_address")
async def test_a_poll_is_called_while_something_waits_for_it(
    service: Service, runtime: Runtime, sessions: Sessions
) -> None:
    heap = Heap(3)
    heap.broken = False
    waits = select(JobRun.job).where(JobRun.job == "stones").exists()
    polls = [polled(heap.break_stones, waits), polled(heap.carry_stones, ~waits)]
    one = compose(replace(service, polls=polls), runtime)
    assert await one.due() == 3
    assert (heap.stones, heap.asked) == (0, 0)
    async with sessions.begin() as session:
        session.add(JobRun(job="stones", slot=clock.today(), done_at=clock.wall()))
    heap.stones = 3
    assert await one.due() == 0
    assert (heap.stones, heap.asked) == (3, 1), "what waits in vain is called once"
    await one.sessions.close()


async def test_what_failed_pauses_longer_each_time() -> None:
    heap = Heap(0)
    rounds = Rounds("house", {"break": lambda: heap.break_stones(None)})  # type: ignore[arg-type]
    pauses = []
    for _ in range(6):
        with pytest.raises(RuntimeError):
            await rounds.run(at_once=True)
        pauses.append(rounds._pauses["break"][1])  # noqa: SLF001  no test waits for it
    assert pauses == [1, 2, 4, 8, 10, 10]
    heap.broken = False
    await rounds.run(at_once=True)
    heap.broken = True
    with pytest.raises(RuntimeError):
        await rounds.run(at_once=True)
    assert rounds._pauses["break"][1] == 1  # noqa: SLF001  as above


async def test_a_loop_outlives_failures_and_strays() -> None:
    ends: list[BaseException] = [RuntimeError(), asyncio.CancelledError()]
    asked = 0

    async def loop() -> None:
        nonlocal asked
        asked += 1
        if ends:
            raise ends.pop()
        await asyncio.Event().wait()

    async def begun() -> bool:
        return asked == 3

    with capture_logs():
        task = asyncio.create_task(app._keep("house.loop", loop))  # noqa: SLF001  what the lifespan starts
        await until(begun)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
