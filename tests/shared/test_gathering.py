"""What comes at the same time is done together, and what is given up is not done at all."""

import asyncio
from collections.abc import Sequence

from shared.gathering import Gathering


async def test_what_somebody_gave_up_is_not_done_with_what_comes_later() -> None:
    sets: list[list[str]] = []
    begun, go = asyncio.Event(), asyncio.Event()

    async def work(items: Sequence[str]) -> bool:
        sets.append([*items])
        begun.set()
        await go.wait()
        return True

    gathering = Gathering(work, 2)
    first = [asyncio.create_task(gathering.done(each)) for each in "ab"]
    await begun.wait()
    given_up = [asyncio.create_task(gathering.done(each)) for each in "cd"]
    await asyncio.sleep(0)
    for each in given_up:
        each.cancel()
    go.set()
    assert await asyncio.gather(*first) == [True, True]
    assert await asyncio.gather(*map(gathering.done, "ef")) == [True, True]
    assert sets == [["a", "b"], ["e", "f"]]
