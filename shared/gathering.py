"""What comes at the same time is done together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Generic, TypeVar

_Item = TypeVar("_Item")


class Gathering(Generic[_Item]):
    """Does things in sets: what comes while a set is done is the next one. It waits for nobody."""

    def __init__(self, work: Callable[[Sequence[_Item]], Awaitable[bool]], most: int) -> None:
        """Take what does a set of several, at most so many, and says whether it did."""
        self._work, self._most = work, most
        self._waiting: dict[asyncio.Future[bool], _Item] = {}
        self._turn = asyncio.Lock()

    async def done(self, item: _Item) -> bool:
        """Do a thing with others; False: it is not done, for it is alone, or one of them failed."""
        mine: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[mine] = item
        try:
            async with self._turn:
                if not mine.done():
                    await asyncio.sleep(0)  # Those that have come with it are tasks of this turn.
                    await self._next()
        finally:
            self._waiting.pop(mine, None)  # Who is cancelled meanwhile gives it up.
        return mine.result()

    async def _next(self) -> None:
        taken = {each: self._waiting.pop(each) for each in [*islice(self._waiting, self._most)]}
        done = False
        try:
            done = len(taken) > 1 and await self._work([*taken.values()])
        finally:
            for each in taken:
                each.set_result(done)
