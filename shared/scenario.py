"""The movable clock of demo and tests: a row that survives a crash and serves all replicas."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import Select, func, select, text
from sqlalchemy.dialects.postgresql import insert

from shared import clock, idempotency, jobs, timers
from shared.auth import may
from shared.bus.base import Bus, BusAway
from shared.db import ScenarioClock, Session, Sessions
from shared.inbox import InboxKey, InboxRow
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


class ClockOut(BaseModel):
    """Where the clock stands, how much was due until then, events so far, and what is due next."""

    now: AwareDatetime
    done: int
    sent: int
    next: AwareDatetime | None


class NextOut(BaseModel):
    """The next instant at which something falls due here, if anything does."""

    next: AwareDatetime | None
    now: AwareDatetime


class IdleOut(BaseModel):
    """Whether this service is quiet, and counters that stand still while it is."""

    idle: bool
    handled: int
    unsent: int
    waiting: int
    lag: int
    due: int
    pending: int
    sent: int
    next: AwareDatetime | None


async def _move(sessions: Sessions, instant: datetime) -> None:
    """Set the row; the first call may set any time, later ones only the same or a later one."""
    async with sessions.begin("scenario") as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('scenario', 0))"))
        known = await session.scalar(select(ScenarioClock.now).with_for_update())
        if known and instant < known:
            raise ClockRunsForward(now=known.isoformat())
        await session.execute(
            insert(ScenarioClock)
            .values(id=1, now=instant)
            .on_conflict_do_update(index_elements=["id"], set_={"now": instant})
        )


async def _next(session: Session, service: Service) -> datetime | None:
    job = await jobs.next_due(session, service.jobs)
    timer = await timers.next_due(session)
    return min((instant for instant in (job, timer) if instant), default=None)


def _counted() -> Select[tuple[int, int, int, int, int]]:
    """Make the one statement that counts what is under way and what was done."""
    counts = {
        "unsent": select(func.count()).where(OutboxRow.sent_at.is_(None)),
        "sent": select(func.count()).select_from(OutboxRow),
        "waiting": select(func.count()).where(InboxKey.retry_at.is_not(None)),
        "handled": select(func.count()).where(InboxRow.state == "handled"),
        "due": select(func.count()).where(Timer.state == "armed", Timer.due_at <= clock.now()),
    }
    return select(*(each.scalar_subquery().label(name) for name, each in counts.items()))


async def _idle(sessions: Sessions, service: Service, bus: Bus) -> IdleOut:
    try:
        lag = await bus.lag(service.name)
    except BusAway:
        lag = -1  # Not known, so not idle; a process that has just come has not joined yet.
    async with sessions.begin() as session:
        following = await _next(session, service)
        count = dict((await session.execute(_counted())).mappings().one())
        pending = await service.pending(session) if service.pending else 0
        count["due"] += bool(following and following <= clock.now())
    busy = count["unsent"] or count["waiting"] or count["due"] or pending or lag
    return IdleOut(idle=not busy, lag=lag, pending=pending, next=following, **count)


def router(service: Service, bus: Bus, work: Work) -> APIRouter:
    """Make the routes of one service; `work` runs what is due, until nothing is."""
    routes = idempotency.router("scenario")
    play: Any = [may("platform:play")]

    @routes.get("/scenario/next", dependencies=play, summary="The next due instant")
    async def next_instant(request: Request) -> NextOut:
        async with request.app.state.sessions.begin() as session:
            return NextOut(next=await _next(session, service), now=clock.now())

    @routes.post(
        "/scenario/clock",
        dependencies=play,
        summary="Move the clock forward",
        responses=raises(ClockRunsForward),
    )
    async def move_clock(request: Request, body: ClockIn) -> ClockOut:
        await _move(request.app.state.sessions, body.now)
        done = await work()
        async with request.app.state.sessions.begin() as session:
            sent = await session.scalar(select(func.count()).select_from(OutboxRow))
            following = await _next(session, service)
        return ClockOut(now=body.now, done=done, sent=sent or 0, next=following)

    @routes.get("/scenario/idle", dependencies=play, summary="Whether nothing is under way")
    async def idle(request: Request) -> IdleOut:
        return await _idle(request.app.state.sessions, service, bus)

    return routes
