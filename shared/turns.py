"""Heavy work takes turns: a process does some of it at once, and serves everybody else meanwhile.

What has its turn holds a connection and a child; what waits for it holds neither, so that twenty
large uploads at once leave connections and processors to whoever only asks for something.
"""

import asyncio
from weakref import WeakKeyDictionary

AT_ONCE = 2
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def turn() -> asyncio.Semaphore:
    """Give what to hold while heavy work is done, by `async with`."""
    loop = asyncio.get_running_loop()
    return _turns.setdefault(loop, asyncio.Semaphore(AT_ONCE))
