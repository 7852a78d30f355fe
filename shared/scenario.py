"""The movable clock of demo and tests: a row that survives a crash and serves all replicas."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import REGCLASS, insert

from shared import clock, idempotency, jobs, timers
from shared.auth import may
from shared.bus.base import Bus, BusAway
from shared.db import ScenarioClock
from shared.inbox import InboxKey
from shared.outbox import OutboxRow, Relay
from shared.problems import Problem, raises
from shared.rounds import Looks, Seen
from shared.service import Service
from shared.timers import Timer
from shared.wording import Text

Work = Callable[[], Awaitable[int]]
# Seconds between two looks at what is under way: several times what a look takes, within these;
# and between two at what is known without asking for it.
_LEAST_PAUSE, _LONGEST_PAUSE, _PAUSE_SHARE = 0.005, 0.1, 4
_MOMENT = 0.001


class ClockRunsForward(Problem):
    """The scenario's clock was asked to go back."""

    status = 409
    title = Text("情景时钟只能向前", "The scenario's clock never runs back")


class ClockIn(BaseModel):
    """Where the clock is to stand."""

    model_config = ConfigDict(extra="forbid")

    now: clock.Instant
    beside: list[str] = Field(default=[], max_length=10)
    """Other services that this process serves, whose clocks are to stand there, too."""
    wait: float = Field(default=0, ge=0, le=30)
    """Seconds for which the answer waits for them to settle."""


class NextOut(BaseModel):
    """The next instant at which something falls due here, if anything does."""

    next: AwareDatetime | None
    now: AwareDatetime


class IdleOut(BaseModel):
    """Whether this service is quiet, and counters that stand still while it is.

    `sent` and `heard` number what it ever said and was told; a number may be passed over. `ready`:
    a poll would find something if the clock were set, be it to where it stands.
    """

    idle: bool
    heard: int
    unsent: int
    waiting: int
    lag: int
    due: int
    pending: int
    ready: bool
    sent: int
    next: AwareDatetime | None


class IdlesOut(IdleOut):
    """The same, and of other services of the process by name.

    `settled`: two looks at all of them, one after the other, found them idle and the same.
    """

    settled: bool
    beside: dict[str, IdleOut]


class ClockOut(IdleOut):
    """Where the clock stands, how much was due until then, and what is under way after it."""

    now: AwareDatetime
    done: int


class ClocksOut(ClockOut):
    """The same, and of the other services that were named."""

    beside: dict[str, ClockOut]


_NEW = insert(ScenarioClock).values(id=1, now=bindparam("instant"))
_MOVE = _NEW.on_conflict_do_update(
    index_elements=["id"], set_={"now": _NEW.excluded.now},
    where=ScenarioClock.now <= _NEW.excluded.now,
).returning(ScenarioClock.now)  # fmt: skip


def _numbered(sequence: str) -> ColumnElement[int]:
    """Give how far a table's numbers have come: to count its rows takes longer each day."""
    return func.coalesce(func.pg_sequence_last_value(cast(sequence, REGCLASS)), 0)


def asked_beside(service: Service) -> dict[str, Select[Any]]:
    """Give what counts what is under way and was done, to be asked with what falls due."""
    return {
        "unsent": select(func.count()).where(OutboxRow.sent_at.is_(None)),
        "sent": select(_numbered("outbox_position_seq")),
        "waiting": select(func.count()).where(InboxKey.retry_at.is_not(None)),
        "heard": select(_numbered("inbox_position_seq")),
        "due": select(func.count()).where(timers.IS_ARMED, Timer.due_at <= bindparam("now")),
        "pending": select(literal(0)) if service.pending is None else service.pending,
        "timer": timers.NEXT_DUE,
    }


class Look(Protocol):
    """What is asked of a service to know whether a play has settled."""

    @property
    def changes(self) -> int | None:
        """Stands still as long as nothing changes; None: others may change what is here."""
        ...

    async def rest(self, until: float) -> None:
        """Return when nothing is under way as far as memory tells, or at `until` of the loop."""
        ...

    async def look(self) -> dict[str, Any]:
        """Give what `IdleOut` tells, and where the clock stands."""
        ...


class Played:
    """A service of this process under a scenario's clock: what is under way, and its clock."""

    def __init__(self, service: Service, looks: Looks, relay: Relay, bus: Bus, work: Work) -> None:
        """Take its parts; `looks` ask `asked_beside`, `work` runs what is due, until nothing is."""
        self._service, self._sessions, self._relay, self._bus = service, looks.sessions, relay, bus
        self._looks, self._work = looks, work
        self._waits = {poll.name for poll in service.polls if poll.waits is not None}
        self._known: tuple[int | None, dict[str, Any]] = (None, {})

    @property
    def changes(self) -> int | None:
        """Stands still as long as nothing is committed here; None: other replicas commit, too."""
        return self._sessions.changes if self._sessions.alone else None

    async def rest(self, until: float) -> None:
        """Return when all is sent and nothing is in hand, as far as memory tells, or at `until`."""
        if not self._sessions.alone:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._relay.rests.wait()
                while await self._bus.lag(self._service.name):
                    await asyncio.sleep(_MOMENT)
                    await self._relay.rests.wait()

    async def look(self) -> dict[str, Any]:
        """Give what `IdleOut` tells, and where the clock stands; what is known is not asked."""
        changes = self.changes
        if changes is not None and changes == self._known[0]:
            return dict(self._known[1])
        try:
            lag = await self._bus.lag(self._service.name)
        except BusAway:
            lag = -1  # Not known, so not idle; a process that has just come has not joined yet.
        seen = self._looks.last()
        told = self._told(seen) if seen else {"idle": False}
        if not told["idle"]:  # What was under way may be over.
            told = self._told(await self._looks.look())
        told |= {"lag": lag, "idle": told["idle"] and not lag}
        self._known = (changes if told["idle"] else None, told)
        return dict(told)

    def _told(self, seen: Seen) -> dict[str, Any]:
        """Give what a look says of this service."""
        told = dict(seen.told)
        coming = (jobs.next_due(seen.last, self._service.jobs), told.pop("timer"))
        following = min((at for at in coming if at), default=None)
        told["due"] += bool(following and following <= seen.now)
        busy = any(told[name] for name in ("unsent", "waiting", "due", "pending"))
        ready = not self._waits.isdisjoint(seen.wanted)
        return told | {"ready": ready, "idle": not busy, "next": following, "now": seen.now}

    async def move(self, instant: datetime) -> dict[str, Any]:
        """Set the clock's row, do what is due until then, and give what `ClockOut` tells.

        The first call may set any time, later ones only the same or a later one.
        """
        if await self._sessions.ask(_MOVE, {"instant": instant}) is None:
            known = await self._sessions.ask(select(ScenarioClock.now), {})
            raise ClockRunsForward(now=known["now"].isoformat() if known else None)
        self._sessions.moved(instant)
        clock.follow(instant)
        done = await self._work()
        return await self.look() | {"now": instant, "done": done}


def _beside(request: Request, names: Sequence[str]) -> dict[str, Played]:
    """Give of those named the ones that this process serves."""
    known: Mapping[str, Played] = request.app.state.beside
    return {name: known[name] for name in names if name in known}


def router(played: Played) -> APIRouter:
    """Make the routes of one service."""
    routes = idempotency.router("scenario")
    play: Any = [may("platform:play")]

    @routes.get("/scenario/next", dependencies=play, summary="The next due instant")
    async def next_instant() -> NextOut:
        return NextOut.model_validate(await played.look())

    @routes.post(
        "/scenario/clock",
        dependencies=play,
        summary="Move the clock forward",
        responses=raises(ClockRunsForward),
    )
    async def move_clock(request: Request, body: ClockIn) -> ClocksOut:
        moved = {"": played} | _beside(request, body.beside)
        found = await asyncio.gather(*(one.move(body.now) for one in moved.values()))
        told = dict(zip(moved, found, strict=True))
        if body.wait:
            settled, _ = await settled_within(moved, body.wait)
            told = {name: told[name] | settled[name] for name in moved}
        return ClocksOut.model_validate(told.pop("") | {"beside": told})

    @routes.get("/scenario/idle", dependencies=play, summary="Whether nothing is under way")
    async def idle(
        request: Request,
        beside: Annotated[list[str] | None, Query(max_length=10)] = None,
        wait: Annotated[float, Query(ge=0, le=30)] = 0,
    ) -> IdlesOut:
        """`beside` names other services: those that this process serves are told of as well.

        `wait`: for so many seconds the answer waits for them to settle.
        """
        looks = {"": played} | _beside(request, beside or [])
        told, settled = await settled_within(looks, wait)
        own = told.pop("")
        return IdlesOut.model_validate(own | {"beside": told, "settled": settled})

    return routes


async def settled_within(looks: Mapping[str, Look], wait: float) -> tuple[dict[str, Any], bool]:
    """Look until all are idle and nothing changed meanwhile, or for so many seconds.

    Where others may change something, two looks at all must find the same.
    """
    now = asyncio.get_running_loop().time
    until = now() + wait
    told: dict[str, Any] = {}
    before, wanted, pause = None, looks, 0.0
    while True:
        if now() < until:  # Who does not wait is told at once, whatever is under way.
            await asyncio.gather(*(one.rest(until) for one in looks.values()))
        changes, looked_at = _changes(looks), now()
        told |= await _all(wanted)
        pause = pause or min(max((now() - looked_at) * _PAUSE_SHARE, _LEAST_PAUSE), _LONGEST_PAUSE)
        busy = {name: looks[name] for name, one in told.items() if not one["idle"]}
        if not busy and (
            told == before
            or (wanted is looks and changes is not None and changes == _changes(looks))
        ):
            return told, True
        if now() >= until:
            return told, False
        if busy and changes is None:
            await asyncio.sleep(pause)
        elif busy:
            await _changed(looks, changes)
        # Those that came to rest are looked at again when all have.
        before, wanted = (None, busy) if busy else (dict(told), looks)


async def _changed(looks: Mapping[str, Look], before: list[int] | None) -> None:
    """Wait until something is committed at one of them, which ends what is under way, or a while.

    What only time ends is found after that while.
    """
    now = asyncio.get_running_loop().time
    until = now() + _LONGEST_PAUSE
    while _changes(looks) == before and now() < until:  # noqa: ASYNC110  a number, no event
        await asyncio.sleep(_MOMENT)


def _changes(looks: Mapping[str, Look]) -> list[int] | None:
    """Give how often each has changed, if that is known of all."""
    changes = [one.changes for one in looks.values()]
    known = [each for each in changes if each is not None]
    return known if len(known) == len(changes) else None


async def _all(looks: Mapping[str, Look]) -> dict[str, Any]:
    found = await asyncio.gather(*(one.look() for one in looks.values()))
    return dict(zip(looks, found, strict=True))
