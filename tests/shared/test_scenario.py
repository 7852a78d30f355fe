"""When the services of a play have settled: what works is looked at again, and all once more."""

from typing import Any

from shared.scenario import settled_within


class Quiet:
    """A service that is at work for so many looks, and says something as it ends."""

    def __init__(self, works: int) -> None:
        self.works, self.looks, self.sent = works, 0, 0

    async def look(self) -> dict[str, Any]:
        self.looks += 1
        idle = self.looks > self.works
        self.sent += self.looks == self.works
        return {"idle": idle, "sent": self.sent}


async def test_two_looks_at_all_must_find_the_same() -> None:
    one, other = Quiet(0), Quiet(3)
    told, settled = await settled_within({"one": one.look, "other": other.look}, 10)
    assert settled
    assert told == {"one": {"idle": True, "sent": 0}, "other": {"idle": True, "sent": 1}}
    assert (one.looks, other.looks) == (2, 5), "the idle one is looked at first and last"


async def test_whoever_waits_long_enough_is_told_what_is_under_way() -> None:
    told, settled = await settled_within({"one": Quiet(10**9).look}, 0.05)
    assert not settled
    assert not told["one"]["idle"]


async def test_who_does_not_wait_is_told_at_once() -> None:
    one = Quiet(0)
    told, settled = await settled_within({"one": one.look}, 0)
    assert (one.looks, settled, told["one"]["idle"]) == (1, False, True)
