"""How a group handles on either bus: in order per key, many keys at a time, again after failure."""

import asyncio
from collections.abc import Iterator
from itertools import chain, repeat
from weakref import WeakValueDictionary

import structlog

from shared.bus.base import Handle, Message

WIDTH = 16
"""Keys of one group that are in hand at the same time."""

log = structlog.get_logger()


def pauses() -> Iterator[float]:
    """Give the seconds to wait after each failure: growing, at most 5, without end."""
    return chain((0.05 * 2**n for n in range(7)), repeat(5.0))


class Lanes:
    """The messages that one group has in hand, a lane for each topic and key."""

    def __init__(self, group: str, handle: Handle, width: int = WIDTH) -> None:
        """Take the group's name and handler, and how many lanes may be handled at a time."""
        self._group, self._handle = group, handle
        self._slots = asyncio.Semaphore(width)
        # A lane lives as long as a message of it is in hand: keys come and go without end.
        self._lanes: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._in_hand: set[asyncio.Task[bool]] = set()
        self._closed = asyncio.Event()

    def __len__(self) -> int:
        """Say how many messages are in hand."""
        return len(self._in_hand)

    def begin(self, message: Message, tasks: asyncio.TaskGroup) -> asyncio.Task[bool]:
        """Hand over a message, behind the earlier ones of its lane.

        The task, a child of `tasks`, gives True once the message is handled, however often that
        takes, and False if `close` came before. Cancelling it gives the message up.
        """
        task = tasks.create_task(self._deliver(message))
        self._in_hand.add(task)
        task.add_done_callback(self._in_hand.discard)
        return task

    async def close(self, grace: float) -> None:
        """Begin no further handler, and give the running ones `grace` seconds to end."""
        self._closed.set()
        if not self._in_hand:
            return
        _, late = await asyncio.wait(self._in_hand, timeout=grace)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def _deliver(self, message: Message) -> bool:
        # Tasks start in the order in which they were made, and a lock is fair: that is the order.
        async with self._lanes.setdefault((message.topic, message.key), asyncio.Lock()):
            for pause in pauses():
                async with self._slots:
                    if self._closed.is_set():
                        return False
                    if await self._handled(message):
                        return True
                # The slot is free while the lane waits, so that other keys flow.
                await self._wait(pause)
        return False

    async def _handled(self, message: Message) -> bool:
        try:
            await self._handle(message)
        except asyncio.CancelledError:
            # A cancellation that nobody asked this task for is a failure like any other: passed
            # on, it would end the task in silence, and the message would count as handled.
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            log.exception("bus.not_handled", **self._about(message))
        except Exception:
            log.exception("bus.not_handled", **self._about(message))
        else:
            return True
        return False

    def _about(self, message: Message) -> dict[str, str]:
        return {"group": self._group, "topic": message.topic, "key": message.key}

    async def _wait(self, pause: float) -> None:
        try:
            async with asyncio.timeout(pause):
                await self._closed.wait()
        except TimeoutError:
            return
