"""What comes at the same time is done together."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

_Item = TypeVar("_Item")


class Gathering(Generic[_Item]):
    """Does things in sets: what comes while a set is done is the next one. It waits for nobody."""

    def __init__(self, work: Callable[[Sequence[_Item]], Awaitable[bool]], most: int) -> None:
        """Take what does a set of several, at most so many, and says whether it did."""
        self._work, self._most = work, most
        self._waiting: deque[tuple[_Item, asyncio.Future[bool]]] = deque()
        self._turn = asyncio.Lock()

    async def done(self, item: _Item) -> bool:
        """Do a thing with others; False: it is not done, for it is alone, or one of them failed."""
        mine: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, mine))
        async with self._turn:
            if not mine.done():
                await asyncio.sleep(0)  # Those that have come with it are tasks of the same turn.
                await self._next()
        return mine.result()

    async def _next(self) -> None:
        taken = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        done = False
        try:
            done = len(taken) > 1 and await self._work([item for item, _ in taken])
        finally:
            for _, each in taken:
                each.set_result(done)
