"""Waiting for what must come true, instead of sleeping."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]], within: float = 10
) -> None:
    """Return once `condition()` is true; raise AssertionError if it is not `within` seconds."""
    try:
        async with asyncio.timeout(within):
            while True:
                answer = condition()
                if answer if isinstance(answer, bool) else await answer:
                    return
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"Not true within {within:g} s: {condition}") from None
