"""Heavy work takes turns."""

import asyncio
import threading

from shared import turns


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
