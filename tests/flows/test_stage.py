"""A play waits for all that follows; a client of few words stands for the services."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from services.demo.stage import SERVICES, Stage

AT = datetime(2023, 1, 2, tzinfo=UTC)
QUIET: Mapping[str, Any] = {
    "idle": True, "heard": 0, "unsent": 0, "waiting": 0, "lag": 0, "due": 0, "pending": 0,
    "ready": False, "next": None, "now": AT.isoformat(),
}  # fmt: skip


@dataclass
class Answering:
    """Stands in for a client: gives what services have sent by now, and notes whom it was asked."""

    bases: Mapping[str, str]
    sent: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SERVICES, 0))
    asked: list[str] = field(default_factory=list)
    then: dict[str, list[Mapping[str, int]]] = field(default_factory=dict)
    """What is sent when a service is asked next, in turn."""
    restless: list[str] = field(default_factory=list)
    """Who has not come to rest when asked next."""

    async def call(self, method: str, path: str, **asked: Any) -> dict[str, Any]:
        _, name, *_ = path.split("/")
        self.asked.append(f"{method} {name}")
        if self.then.get(name):
            self.sent |= self.then[name].pop(0)
        said = asked.get("query") or asked["body"]
        told = {
            each: QUIET | {"sent": self.sent[each], "done": 1} for each in (name, *said["beside"])
        }
        settled = name not in self.restless
        if not settled:
            self.restless.remove(name)
            told[name] = told[name] | {"idle": False}
        own = dict(told.pop(name))
        return own | {"beside": told, "settled": settled}


def _two(dealt: Sequence[str] = ("registry", "payroll")) -> dict[str, str]:
    return {name: "one" if name in dealt else "two" for name in SERVICES}


async def _at_rest(client: Answering) -> Stage:
    stage = Stage(client)  # type: ignore[arg-type]  # a client of few words
    await stage.go(AT)
    await stage.settle()
    client.asked.clear()
    return stage


async def test_who_sends_nothing_is_asked_no_more() -> None:
    client = Answering(_two())
    stage = await _at_rest(client)
    await stage.go(AT.replace(hour=1), ["payroll"])
    assert client.asked == ["POST payroll"]


async def test_the_others_are_asked_after_who_sent_something_until_nobody_does() -> None:
    client = Answering(_two())
    stage = await _at_rest(client)
    client.then = {
        "registry": [{"payroll": 3}],
        "cases": [{"cases": 2}],  # Of what payroll said, cases says more, which nobody hears of.
    }
    await stage.go(AT.replace(hour=1), ["registry", "payroll"])
    assert client.asked == ["POST registry", "GET cases", "GET registry"]
    assert stage.sent == client.sent


async def test_who_is_slow_to_rest_has_the_others_asked_after_it_although_its_count_stands() -> (
    None
):
    """Its count was told before what it counts had left: then the others had not got it."""
    client = Answering(_two())
    stage = await _at_rest(client)
    client.then = {"payroll": [{"payroll": 7}]}
    client.restless = ["payroll", "registry"]
    await stage.happened(AT, ["payroll"])
    assert client.asked == ["POST payroll", "GET registry", "GET registry", "GET cases"]


class _Drawn(dict[str, str]):
    """Gives one of two replicas at each look."""

    def __init__(self) -> None:
        super().__init__({name: name for name in SERVICES})
        self.turn: Iterator[int] = iter(range(10_000))

    def __getitem__(self, name: str) -> str:
        return f"{name}-{next(self.turn) % 2}"


async def test_a_service_of_which_replicas_answer_in_turn_is_one_service() -> None:
    client = Answering(_Drawn())
    stage = await _at_rest(client)
    await stage.settle()
    assert sorted(client.asked) == sorted(f"GET {name}" for name in SERVICES)
    client.asked.clear()
    await stage.happened(AT, ["payroll", "cases"])
    assert {"GET payroll", "GET cases"} <= set(client.asked)


@pytest.mark.parametrize("together", [SERVICES, ("registry", "payroll")])
async def test_after_acts_each_process_that_took_one_is_asked(together: Sequence[str]) -> None:
    client = Answering(_two())
    stage = await _at_rest(client)
    await stage.happened(AT, together)
    firsts = {"GET registry", "GET cases"} if together is SERVICES else {"GET registry"}
    assert set(client.asked) == firsts
