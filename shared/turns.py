"""Heavy work takes turns: a process does some of it at once, and serves everybody else meanwhile.

What has its turn holds a connection and a child; what waits for it holds neither, so that twenty
large uploads at once leave connections and processors to whoever only asks for something. Half of
the processors do such work: each of its turns keeps a child, this process and the database busy.

What a thread does of it keeps the interpreter from whoever asks, for a moment each time that he
reads or writes. So such threads take turns, too: several are no faster than one. And one that goes
through many things stands back between two of them while the loop has something to do; by itself
the interpreter would give each of both half of its time.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Iterator
from selectors import DefaultSelector, SelectorKey
from threading import local
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
_Semaphores = WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]
_turns, _threads = _Semaphores(), _Semaphores()
# Seconds: for how long a thread stands back before it looks again, and at most; and for how long it
# goes on at least, so that a loop that is never idle does not hold it up for ever.
_MOMENT, _MOST, _OWN = 0.0003, 0.01, 0.0005
_Item = TypeVar("_Item")
_Args = ParamSpec("_Args")
_Result = TypeVar("_Result")


def turn() -> asyncio.Semaphore:
    """Give what to hold while heavy work is done, by `async with`."""
    return _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


class _Watched(DefaultSelector):
    """Knows whether its loop waits for something to do."""

    idle = True

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Wait for what the loop reads or writes."""
        self.idle = True
        try:
            return super().select(timeout)
        finally:
            self.idle = False


class _Loop(asyncio.SelectorEventLoop):
    """A loop of which threads know whether it has something to do."""

    def __init__(self) -> None:
        self.watched = _Watched()
        super().__init__(self.watched)


def loop() -> asyncio.AbstractEventLoop:
    """Make the loop of a process that serves, for which threads of `aside` stand back."""
    return _Loop()


class _Standing(local):
    """For which loop a thread stands back, and since when it goes on."""

    watched: _Watched | None = None
    since = 0.0


_standing = _Standing()


async def aside(work: Callable[_Args, _Result], *args: _Args.args, **more: _Args.kwargs) -> _Result:
    """Do what keeps the interpreter busy in a thread, when no other such thread runs."""
    running = asyncio.get_running_loop()
    watched = running.watched if isinstance(running, _Loop) else None

    def standing_back() -> _Result:
        _standing.watched = watched
        try:
            return work(*args, **more)
        finally:
            _standing.watched = None

    async with _threads.setdefault(running, asyncio.Semaphore(1)):
        return await asyncio.to_thread(standing_back)


def unhurried(items: Iterable[_Item]) -> Iterator[_Item]:
    """Give things one by one; in a thread of `aside` that stands back between them."""
    watched = _standing.watched
    for item in items:
        if watched and not watched.idle:
            _stand_back(watched)
        yield item


class Unhurried(list[_Item]):
    """A list that gives its things so."""

    def __iter__(self) -> Iterator[_Item]:
        """Give them one by one."""
        return unhurried(super().__iter__())


def _stand_back(watched: _Watched) -> None:
    began = time.perf_counter()
    if began - _standing.since < _OWN:
        return
    while not watched.idle and time.perf_counter() - began < _MOST:
        time.sleep(_MOMENT)
    _standing.since = time.perf_counter()
