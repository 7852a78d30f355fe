"""Heavy work takes turns."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from shared import turns

_Result = TypeVar("_Result")


async def test_threads_of_heavy_work_run_one_after_the_other() -> None:
    running = most = 0
    lock = threading.Lock()
    met = threading.Event()

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        met.wait(0.02)  # as long as another one would need to begin
        with lock:
            running -= 1
        return number

    assert await asyncio.gather(*(turns.aside(work, number) for number in range(4))) == [0, 1, 2, 3]
    assert most == 1


def _served(main: Coroutine[Any, Any, _Result]) -> _Result:
    """Run as a process that serves does."""
    with asyncio.Runner(loop_factory=turns.loop) as runner:
        return runner.run(main)


def test_a_thread_of_heavy_work_stands_back_while_the_loop_is_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "_MOST", 60.0)
    monkeypatch.setattr(turns, "_OWN", 0.0)
    done: list[int] = []

    def work() -> None:
        for number in turns.unhurried(range(1_000)):
            done.append(number)  # noqa: PERF402  one by one

    async def main() -> tuple[int, int]:
        working = asyncio.ensure_future(turns.aside(work))
        await asyncio.sleep(0)
        before = len(done)
        threading.Event().wait(0.05)  # The loop is busy, and leaves the interpreter to others.
        during = len(done) - before
        await working
        return during, len(done)

    during, whole = _served(main())
    assert (during <= 1, whole) == (True, 1_000)


def test_a_loop_that_is_never_idle_does_not_hold_it_up_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "_MOST", 0.001)
    finished = threading.Event()

    def work() -> None:
        assert [*turns.unhurried(range(20))] == [*range(20)]
        finished.set()

    async def main() -> bool:
        working = asyncio.ensure_future(turns.aside(work))
        await asyncio.sleep(0)
        went_on = finished.wait(30)  # Without an await: nothing else of the loop runs.
        await working
        return went_on

    assert _served(main())
