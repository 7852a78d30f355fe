"""The movable clock of demo and tests: a row that survives a crash and serves all replicas."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    bindparam,
    cast,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import REGCLASS, insert

from shared import clock, idempotency, jobs, timers
from shared.auth import may
from shared.bus.base import Bus, BusAway
from shared.db import ScenarioClock, Sessions
from shared.inbox import InboxKey
from shared.outbox import OutboxRow
from shared.problems import Problem, raises
from shared.service import Service
from shared.timers import Timer
from shared.wording import Text

Work = Callable[[], Awaitable[int]]
Look = Callable[[], Awaitable[dict[str, Any]]]
# Seconds between two looks at what is under way: several times what a look takes, within these.
_LEAST_PAUSE, _LONGEST_PAUSE, _PAUSE_SHARE = 0.005, 0.1, 4


class ClockRunsForward(Problem):
    """The scenario's clock was asked to go back."""

    status = 409
    title = Text("情景时钟只能向前", "The scenario's clock never runs back")


class ClockIn(BaseModel):
    """Where the clock is to stand."""

    model_config = ConfigDict(extra="forbid")

    now: clock.Instant


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


_NEW = insert(ScenarioClock).values(id=1, now=bindparam("instant"))
_MOVE = _NEW.on_conflict_do_update(
    index_elements=["id"], set_={"now": _NEW.excluded.now},
    where=ScenarioClock.now <= _NEW.excluded.now,
).returning(ScenarioClock.now)  # fmt: skip


async def _move(sessions: Sessions, instant: datetime) -> None:
    """Set the row; the first call may set any time, later ones only the same or a later one."""
    if await sessions.ask(_MOVE, {"instant": instant}) is None:
        known = await sessions.ask(select(ScenarioClock.now), {})
        raise ClockRunsForward(now=known["now"].isoformat() if known else None)
    sessions.moved(instant)
    clock.follow(instant)


def _numbered(sequence: str) -> ColumnElement[int]:
    """Give how far a table's numbers have come: to count its rows takes longer each day."""
    return func.coalesce(func.pg_sequence_last_value(cast(sequence, REGCLASS)), 0)


def _looked(service: Service) -> Select[tuple[Any, ...]]:
    """Make the one statement that counts what is under way and was done, and what comes next."""
    now = select(ScenarioClock.now).scalar_subquery()
    until = func.coalesce(now, bindparam("wall", type_=DateTime(timezone=True)))
    armed = Timer.state == timers.ARMED
    nothing = select(literal(0))
    waits = [poll.waits for poll in service.polls if poll.waits is not None]
    parts: dict[str, Select[Any]] = {
        "unsent": select(func.count()).where(OutboxRow.sent_at.is_(None)),
        "sent": select(_numbered("outbox_position_seq")),
        "waiting": select(func.count()).where(InboxKey.retry_at.is_not(None)),
        "heard": select(_numbered("inbox_position_seq")),
        "due": select(func.count()).where(armed, Timer.due_at <= until),
        "pending": nothing if service.pending is None else service.pending,
        "ready": select(or_(false(), *waits)),
        "timer": timers.NEXT_DUE,
        "jobs": jobs.LAST_DONE,
    }
    return select(*(each.scalar_subquery().label(name) for name, each in parts.items()))


def _following(
    service: Service, timer: datetime | None, slots: dict[str, str] | None
) -> datetime | None:
    job = jobs.next_due(jobs.read_last(slots), service.jobs)
    return min((instant for instant in (job, timer) if instant), default=None)


def looking(service: Service, sessions: Sessions, bus: Bus) -> Look:
    """Make the look at a service: what `IdleOut` tells, and where the clock stands."""
    looked = _looked(service)  # The player asks thousands of times.

    async def look() -> dict[str, Any]:
        try:
            lag = await bus.lag(service.name)
        except BusAway:
            lag = -1  # Not known, so not idle; a process that has just come has not joined yet.
        now = await sessions.now()
        asked = {"wall": clock.wall(), "now": now, "today": clock.day_of(now)}
        told = dict(await sessions.ask(looked, asked) or {})
        following = _following(service, told.pop("timer"), told.pop("jobs"))
        told["due"] += bool(following and following <= now)
        busy = told["unsent"] or told["waiting"] or told["due"] or told["pending"] or lag
        return told | {"idle": not busy, "lag": lag, "next": following, "now": now}

    return look


def router(look: Look, work: Work) -> APIRouter:
    """Make the routes of one service; `work` runs what is due, until nothing is."""
    routes = idempotency.router("scenario")
    play: Any = [may("platform:play")]

    @routes.get("/scenario/next", dependencies=play, summary="The next due instant")
    async def next_instant() -> NextOut:
        return NextOut.model_validate(await look())

    @routes.post(
        "/scenario/clock",
        dependencies=play,
        summary="Move the clock forward",
        responses=raises(ClockRunsForward),
    )
    async def move_clock(request: Request, body: ClockIn) -> ClockOut:
        await _move(request.app.state.sessions, body.now)
        done = await work()
        return ClockOut.model_validate(await look() | {"now": body.now, "done": done})

    @routes.get("/scenario/idle", dependencies=play, summary="Whether nothing is under way")
    async def idle(
        request: Request,
        beside: Annotated[list[str] | None, Query(max_length=10)] = None,
        wait: Annotated[float, Query(ge=0, le=30)] = 0,
    ) -> IdlesOut:
        """`beside` names other services: those that this process serves are told of as well.

        `wait`: for so many seconds the answer waits for them to settle.
        """
        known: Mapping[str, Look] = request.app.state.beside
        looks = {"": look} | {name: known[name] for name in beside or () if name in known}
        told, settled = await settled_within(looks, wait)
        own = told.pop("")
        return IdlesOut.model_validate(own | {"beside": told, "settled": settled})

    return routes


async def settled_within(looks: Mapping[str, Look], wait: float) -> tuple[dict[str, Any], bool]:
    """Look until two looks at all find them idle and the same, or for so many seconds."""
    began = time.monotonic()
    told, before = await _all(looks), None
    pause = min(max((time.monotonic() - began) * _PAUSE_SHARE, _LEAST_PAUSE), _LONGEST_PAUSE)
    while time.monotonic() < began + wait:
        if all(one["idle"] for one in told.values()):
            if told == before:
                return told, True
            before, told = told, await _all(looks)
            continue
        await asyncio.sleep(pause)
        # Those that came to rest are looked at again when all have.
        busy = {name: looks[name] for name, one in told.items() if not one["idle"]}
        told |= await _all(busy)
    return told, False


async def _all(looks: Mapping[str, Look]) -> dict[str, Any]:
    found = await asyncio.gather(*(look() for look in looks.values()))
    return dict(zip(looks, found, strict=True))
