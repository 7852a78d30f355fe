"""Heavy work takes turns: a process does some of it at once, and serves everybody else meanwhile.

What has its turn holds a connection and a child; what waits for it holds neither, so that twenty
large uploads at once leave connections and processors to whoever only asks for something. Half of
the processors do such work: each of its turns keeps a child, this process and the database busy.

What a thread does of it keeps the interpreter from whoever asks, for a moment each time that he
reads or writes. So such threads take turns, too: several are no faster than one.
"""

import asyncio
import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
_Semaphores = WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]
_turns, _threads = _Semaphores(), _Semaphores()
_Args = ParamSpec("_Args")
_Result = TypeVar("_Result")


def turn() -> asyncio.Semaphore:
    """Give what to hold while heavy work is done, by `async with`."""
    return _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


async def aside(work: Callable[_Args, _Result], *args: _Args.args, **more: _Args.kwargs) -> _Result:
    """Do what keeps the interpreter busy in a thread, when no other such thread runs."""
    async with _threads.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(1)):
        return await asyncio.to_thread(work, *args, **more)
