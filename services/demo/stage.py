"""The way to the services: requests under roles, and the clock of all of them."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import httpx

from services.demo.patience import ask
from shared import auth
from shared.config import Runtime

SERVICES = ("registry", "payroll", "cases", "alerts")
# Only payroll takes what banks and contractors send; the others hear of it by events.
ALONE = ("payroll",)
Json: TypeAlias = Any
# Seconds: for which a process is given to come to rest before it is asked again; and with no sign
# of life at most.
WAIT, PATIENCE = 10.0, 90.0


class Fact(NamedTuple):
    """Something that happened: when, what to call, and whose clocks must stand there."""

    at: datetime
    act: Callable[[], Awaitable[None]]
    names: Sequence[str] = SERVICES
    apart: tuple[str, str] | None = None
    """Of what kind it is and about whom, if those of a kind about others may happen beside it."""


class PlayFailed(RuntimeError):
    """A request of the scenario was refused; the words are the service's."""


@dataclass
class Client:
    """Calls the services under roles, each with a token of its own."""

    runtime: Runtime
    bases: Mapping[str, str]
    http: httpx.AsyncClient
    patience: float = 0.0
    """Seconds for which a service that is being started again is asked again."""
    tokens: dict[tuple[str, str, str, str], str] = field(default_factory=dict)

    def token(self, role: str, area: str, org: str = "", person: str = "") -> str:
        """Give a token of a role in an area, for an organisation or none; of another `person`."""
        key = (role, area, org, person)
        if key not in self.tokens:
            self.tokens[key] = auth.make_token(
                self.runtime,
                subject=f"{role}:{org or area}" + (person and f":{person}"),
                roles=[role],
                areas=[area],
                org=UUID(org) if org else None,
            )
        return self.tokens[key]

    async def call(self, method: str, path: str, **asked: Any) -> Json:
        """Call `/<service>/…` as `ask` does, and read what it answers."""
        answer = await self.ask(method, path, **asked)
        return answer.json() if answer.content else None

    async def ask(
        self,
        method: str,
        path: str,
        *,
        role: str = "operator",
        area: str = "0",
        org: str = "",
        person: str = "",
        body: Json = None,
        query: Mapping[str, Any] | None = None,
        **form: Any,
    ) -> httpx.Response:
        """Call `/<service>/…`; raise PlayFailed with the problem if it is refused.

        `form` are the `files` and `data` of a form, instead of a body.
        """
        service = path.split("/")[1]
        answer = await ask(
            self.http,
            method,
            self.bases[service] + path,
            patience=self.patience,
            json=body,
            params=query,
            headers={"authorization": f"Bearer {self.token(role, area, org, person)}"},
            **form,
        )
        if answer.is_error:
            raise PlayFailed(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    async def everything(
        self, path: str, *, seen_by: str = "operator", area: str = "0", org: str = "", **query: str
    ) -> list[Any]:
        """Give all items of a list, page by page, as a role in an area sees it."""
        who = {"role": seen_by, "area": area, "org": org}
        items: list[Any] = []
        cursor: dict[str, Any] = {}
        while True:
            page = await self.call("GET", path, query={**query, **cursor}, **who)
            items += page["items"]
            if not page["next"]:
                return items
            cursor = {"cursor": page["next"]}


class Stage:
    """Moves the clock of all services and knows when they are quiet."""

    def __init__(self, client: Client) -> None:
        """Take the client; nothing is due before the clock was first set."""
        self.client = client
        self.following: dict[str, datetime | None] = dict.fromkeys(SERVICES)
        self.now: datetime | None = None
        self.sent: dict[str, int] = {}
        self.told: dict[str, Any] = {}
        """The counters that each service told last."""
        self.ready: list[str] = []
        self._rested: dict[str, int] = {}
        """How much each service had sent when it was found at rest last."""
        self._knew: dict[str, Mapping[str, int]] = {}
        """What was known of others when a process was asked and found at rest, by its first."""

    async def settle(self) -> None:
        """Ask every process anew, and wait until all are idle.

        Raises PlayFailed if they neither move nor come to rest.
        """
        self._knew.clear()
        await self._settle()

    async def _settle(self) -> None:
        """Ask each process that was not found at rest since others were that had sent more.

        What a process at rest has sent is in the hands of the others, which are not idle as long
        as they have it. So when each was at rest after all that any other had sent when it was at
        rest itself, nothing is under way. What the machine's clock makes due is not waited for.
        """
        moved_at = time.monotonic()
        while behind := [one for one in self._shares.values() if self._is_behind(one)]:
            before = dict(self.told)
            await asyncio.gather(*map(self._idle, behind))
            moved_at = moved_at if self.told == before else time.monotonic()
            if time.monotonic() - moved_at > PATIENCE:
                raise PlayFailed(f"the services do not come to rest: {self.told}")
        self.sent = {name: one["sent"] for name, one in self.told.items()}
        self.ready = [name for name, one in self.told.items() if one["ready"]]

    @cached_property
    def _shares(self) -> Mapping[str, Sequence[str]]:
        """Give the services of each process by its first one; processes stay what they are."""
        served: dict[str, list[str]] = defaultdict(list)
        for name in SERVICES:
            served[self.client.bases[name]].append(name)
        return {names[0]: names for names in served.values()}

    def _processes(self, names: Sequence[str]) -> list[list[str]]:
        """Give some services by the process that serves them."""
        found = ([one for one in share if one in names] for share in self._shares.values())
        return [share for share in found if share]

    def _first(self, name: str) -> str:
        return next(first for first, share in self._shares.items() if name in share)

    def _is_behind(self, share: Sequence[str]) -> bool:
        return self._knew.get(share[0]) != self._others(share)

    def _others(self, share: Sequence[str]) -> Mapping[str, int]:
        """Give how much the services of other processes had sent when they were at rest."""
        return {name: sent for name, sent in self._rested.items() if name not in share}

    def _rests(self, share: Sequence[str], knew: Mapping[str, int]) -> None:
        """Note that a process was found at rest, asked when so much was known of the others."""
        self._rested |= {name: self.told[name]["sent"] for name in share}
        self._knew[share[0]] = knew

    async def _idle(self, share: Sequence[str]) -> None:
        """Ask a process once it has settled, which tells of all of its services."""
        first, *others = share
        knew = self._others(share)
        asked = {"beside": others, "wait": WAIT}
        told = await self.client.call("GET", f"/{first}/scenario/idle", query=asked)
        settled, beside = told.pop("settled"), told.pop("beside")
        self._follow({first: told, **beside})
        if settled:
            self._rests(share, knew)

    async def go(self, instant: datetime, names: Sequence[str] = SERVICES) -> None:
        """Move the clock of some services to an instant, stopping at every due one before it.

        The others follow when something falls due there: what they do is dated by the events
        that reach them, not by their clock.
        """
        while (following := self._nearest()) and following < instant:
            await self._set(following, self._due(following))
        await self._set(instant, names)

    async def happened(self, instant: datetime, names: Sequence[str] = SERVICES) -> None:
        """Let everything follow from a fact, and what it made due be done at its instant.

        What only one service took is there already when its clock looks.
        """
        for name in names:
            self._knew.pop(self._first(name), None)
        if len(names) > 1:
            await self._settle()
            names = [name for name in names if name in {*self.ready, *self._due(instant)}]
        await self._set(instant, names, changed=True)

    async def _set(self, instant: datetime, names: Sequence[str], *, changed: bool = False) -> None:
        self.now = instant
        stuck: set[str] = set()
        while names:
            told: dict[str, Any] = {}
            for one in await asyncio.gather(*map(self._move, self._processes(names))):
                told |= one
            # What told nobody anything and has nothing under way leaves nothing to wait for.
            if changed or any(
                self._has_sent(name, one) or not one["idle"] for name, one in told.items()
            ):
                await self._settle()
            changed = False
            # What was done here may have made something due there, at this very instant; what
            # fails and is tried again later does not hold up the scenario.
            stuck |= {name for name, one in told.items() if not one["done"]}
            names = [name for name in self._due(instant) if name not in stuck]

    def _due(self, instant: datetime) -> list[str]:
        return [name for name, at in self.following.items() if at and at <= instant]

    def _nearest(self) -> datetime | None:
        """Give what falls due next; what should have been done before fails, and is not next."""
        ahead = (at for at in self.following.values() if at and (not self.now or at > self.now))
        return min(ahead, default=None)

    async def _move(self, names: Sequence[str]) -> dict[str, Any]:
        share = self._shares[self._first(names[0])]
        knew, asked_at = self._others(share), time.monotonic()
        first, *others = names
        body = {"now": self.now and self.now.isoformat(), "beside": others, "wait": WAIT}
        answer = await self.client.call("POST", f"/{first}/scenario/clock", body=body)
        told: dict[str, Any] = {**answer.pop("beside"), first: answer}
        self._follow(told)
        rests = time.monotonic() - asked_at < WAIT and all(one["idle"] for one in told.values())
        if rests and len(names) == len(share):
            self._rests(share, knew)
        elif not rests or any(self._has_sent(name, one) for name, one in told.items()):
            # What else this process serves may have heard of it.
            self._knew.pop(share[0], None)
        return told

    def _has_sent(self, name: str, now: Mapping[str, Any]) -> bool:
        """Say whether a service tells of more than when everything rested last."""
        return bool(now["sent"] != self.sent.get(name))

    def _follow(self, told: Mapping[str, Any]) -> None:
        for name, one in told.items():
            following = one["next"]
            self.following[name] = datetime.fromisoformat(following) if following else None
            self.told[name] = {each: one[each] for each in one.keys() - {"next", "now", "done"}}
