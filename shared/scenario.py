"""The movable clock of demo and tests: a row that survives a crash and serves all replicas."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Select, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import REGCLASS, insert

from shared import clock, idempotency, jobs, timers
from shared.auth import may
from shared.bus.base import Bus, BusAway
from shared.db import ScenarioClock, Sessions
from shared.inbox import InboxKey
from shared.jobs import JobRun
from shared.outbox import OutboxRow
from shared.problems import Problem, raises
from shared.service import Service
from shared.timers import Timer
from shared.wording import Text

Work = Callable[[], Awaitable[int]]


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

    `sent` and `heard` number what it ever said and was told; a number may be passed over.
    """

    idle: bool
    heard: int
    unsent: int
    waiting: int
    lag: int
    due: int
    pending: int
    sent: int
    next: AwareDatetime | None


class ClockOut(IdleOut):
    """Where the clock stands, how much was due until then, and what is under way after it."""

    now: AwareDatetime
    done: int


async def _move(sessions: Sessions, instant: datetime) -> None:
    """Set the row; the first call may set any time, later ones only the same or a later one."""
    async with sessions.begin("scenario") as session:
        new = insert(ScenarioClock).values(id=1, now=instant)
        moved = new.on_conflict_do_update(
            index_elements=["id"], set_={"now": instant}, where=ScenarioClock.now <= instant
        )
        if await session.scalar(moved.returning(ScenarioClock.now)) is None:
            known = await session.scalar(select(ScenarioClock.now))
            raise ClockRunsForward(now=known.isoformat() if known else None)


def _numbered(sequence: str) -> ColumnElement[int]:
    """Give how far a table's numbers have come: to count its rows takes longer each day."""
    return func.coalesce(func.pg_sequence_last_value(cast(sequence, REGCLASS)), 0)


def _looked() -> Select[tuple[Any, ...]]:
    """Make the one statement that counts what is under way and was done, and what comes next."""
    armed = Timer.state == timers.ARMED
    done = select(JobRun.job, func.max(JobRun.slot).label("slot")).group_by(JobRun.job).subquery()
    parts = {
        "unsent": select(func.count()).where(OutboxRow.sent_at.is_(None)),
        "sent": select(_numbered("outbox_position_seq")),
        "waiting": select(func.count()).where(InboxKey.retry_at.is_not(None)),
        "heard": select(_numbered("inbox_position_seq")),
        "due": select(func.count()).where(armed, Timer.due_at <= bindparam("now")),
        "timer": timers.NEXT_DUE,
        "jobs": select(func.json_object_agg(done.c.job, done.c.slot)),
    }
    return select(*(each.scalar_subquery().label(name) for name, each in parts.items()))


# The player asks thousands of times.
_LOOKED = _looked()


def _following(service: Service, timer: datetime | None, slots: dict[str, str]) -> datetime | None:
    last = {job: date.fromisoformat(slot) for job, slot in slots.items()}
    job = jobs.next_due(last, service.jobs)
    return min((instant for instant in (job, timer) if instant), default=None)


async def _look(sessions: Sessions, service: Service, bus: Bus) -> dict[str, Any]:
    """Give what `IdleOut` tells, and where the clock stands."""
    try:
        lag = await bus.lag(service.name)
    except BusAway:
        lag = -1  # Not known, so not idle; a process that has just come has not joined yet.
    async with sessions.begin() as session:
        now = clock.now()
        told = dict((await session.execute(_LOOKED, {"now": now})).mappings().one())
        pending = await service.pending(session) if service.pending else 0
    following = _following(service, told.pop("timer"), told.pop("jobs") or {})
    told["due"] += bool(following and following <= now)
    busy = told["unsent"] or told["waiting"] or told["due"] or pending or lag
    return {"idle": not busy, "lag": lag, "pending": pending, "next": following, "now": now, **told}


def router(service: Service, bus: Bus, work: Work) -> APIRouter:
    """Make the routes of one service; `work` runs what is due, until nothing is."""
    routes = idempotency.router("scenario")
    play: Any = [may("platform:play")]

    @routes.get("/scenario/next", dependencies=play, summary="The next due instant")
    async def next_instant(request: Request) -> NextOut:
        return NextOut.model_validate(await _look(request.app.state.sessions, service, bus))

    @routes.post(
        "/scenario/clock",
        dependencies=play,
        summary="Move the clock forward",
        responses=raises(ClockRunsForward),
    )
    async def move_clock(request: Request, body: ClockIn) -> ClockOut:
        sessions = request.app.state.sessions
        await _move(sessions, body.now)
        done = await work()
        told = await _look(sessions, service, bus) | {"now": body.now, "done": done}
        return ClockOut.model_validate(told)

    @routes.get("/scenario/idle", dependencies=play, summary="Whether nothing is under way")
    async def idle(request: Request) -> IdleOut:
        return IdleOut.model_validate(await _look(request.app.state.sessions, service, bus))

    return routes
