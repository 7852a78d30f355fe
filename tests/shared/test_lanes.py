"""How lanes end."""

import asyncio

from shared.bus.base import Message
from shared.bus.lanes import Lanes
from tests.buses import Seen


async def test_closed_lanes_let_running_handlers_end_and_begin_no_other() -> None:
    go = asyncio.Event()
    seen = Seen(lambda _: go.wait())
    lanes = Lanes("group", seen)
    async with asyncio.TaskGroup() as tasks:
        running, waiting = (
            lanes.begin(Message("a.events", "a", value), tasks) for value in (b"1", b"2")
        )
        await asyncio.sleep(0)
        closing = asyncio.create_task(lanes.close(grace=10))
        await asyncio.sleep(0)
        go.set()
        await closing
    assert (running.result(), waiting.result(), seen.values) == (True, False, ["1"])


async def test_closed_lanes_cancel_handlers_that_do_not_end() -> None:
    inside = asyncio.Event()

    async def hang(message: Message) -> None:
        inside.set()
        await asyncio.Event().wait()

    lanes = Lanes("group", hang)
    async with asyncio.TaskGroup() as tasks:
        task = lanes.begin(Message("a.events", "a", b"1"), tasks)
        await inside.wait()
        await lanes.close(grace=0.01)
    assert task.cancelled()
    assert len(lanes) == 0
