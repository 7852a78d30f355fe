"""When the services of a play have settled: what works is looked at again, and all once more."""

import asyncio
from typing import Any

from shared.scenario import Look, settled_within
from tests.waiting import until


class Quiet(Look):
    """A service that is at work for so many looks, and says something as it ends."""

    def __init__(self, works: int, known: int | None = None) -> None:
        self.works, self.looks, self.sent, self.known = works, 0, 0, known
        self.rests = 0

    @property
    def changes(self) -> int | None:
        return self.known

    async def rest(self, until: float) -> None:
        self.rests += 1

    async def look(self) -> dict[str, Any]:
        self.looks += 1
        idle = self.looks > self.works
        self.sent += self.looks == self.works
        return {"idle": idle, "sent": self.sent}


async def test_two_looks_at_all_must_find_the_same() -> None:
    one, other = Quiet(0), Quiet(3)
    told, settled = await settled_within({"one": one, "other": other}, 10)
    assert settled
    assert told == {"one": {"idle": True, "sent": 0}, "other": {"idle": True, "sent": 1}}
    assert (one.looks, other.looks) == (2, 5), "the idle one is looked at first and last"


async def test_whoever_waits_long_enough_is_told_what_is_under_way() -> None:
    told, settled = await settled_within({"one": Quiet(10**9)}, 0.05)
    assert not settled
    assert not told["one"]["idle"]


async def test_who_does_not_wait_is_told_at_once() -> None:
    one = Quiet(0)
    told, settled = await settled_within({"one": one}, 0)
    assert (one.looks, settled, told["one"]["idle"]) == (1, False, True)
    assert one.rests == 0


async def test_one_look_is_enough_where_it_is_known_that_nothing_changed() -> None:
    one, other = Quiet(0, known=7), Quiet(0, known=1)
    told, settled = await settled_within({"one": one, "other": other}, 10)
    assert (settled, one.looks, other.looks) == (True, 1, 1)
    assert told["one"]["idle"]


class Stirred(Quiet):
    """A service in which something is committed while it is looked at for the first time."""

    async def look(self) -> dict[str, Any]:
        self.known = (self.known or 0) + (self.looks == 0)
        self.sent += self.looks == 0
        return await super().look()


async def test_what_changed_during_a_look_is_looked_at_again() -> None:
    one, other = Quiet(0, known=7), Stirred(0, known=1)
    told, settled = await settled_within({"one": one, "other": other}, 10)
    assert (settled, one.looks, other.looks) == (True, 2, 2)
    assert told["other"]["sent"] == 1


class Working(Quiet):
    """A service that is at work until it commits, which is known."""

    def __init__(self) -> None:
        super().__init__(0, known=1)

    async def look(self) -> dict[str, Any]:
        self.looks += 1
        return {"idle": self.known != 1, "sent": 0}

    async def commit(self) -> None:
        await until(lambda: self.looks > 0)
        self.known = 2


async def test_what_is_known_to_be_at_work_is_looked_at_again_as_it_commits() -> None:
    one = Working()
    settled, _ = await asyncio.gather(settled_within({"one": one}, 10), one.commit())
    assert settled == ({"one": {"idle": True, "sent": 0}}, True)
    assert one.looks == 3, "busy, idle, and all once more"
