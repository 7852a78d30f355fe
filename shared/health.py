"""What operations ask a process: does it live, can it work, how is it doing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import select

from shared import clock, inbox, late, telemetry
from shared.bus.base import Bus
from shared.db import Sessions, reach
from shared.outbox import OutboxRow
from shared.service import Service
from shared.standing import Standing

# A check that does not answer in this many seconds has failed.
PATIENCE = 5.0
# An event that waits longer than this for the bus says that the relay does not work.
OLDEST_UNSENT = 60.0

# How long a migration that was found right needs no second look.
BELIEVED_FOR = timedelta(minutes=1)

Served = Sequence[tuple[Service, Sessions]]
VerifyHead = Callable[[Service, str], Awaitable[None]]


State = Literal["ok", "warn", "fail"]


class Check(BaseModel):
    """One thing that was looked at; `warn` is for operators, it takes no traffic away."""

    name: str
    state: State
    words: str


Look = Callable[[Service, Sessions], Awaitable[Check]]


class ReadyOut(BaseModel):
    """Whether requests may come here."""

    ready: bool
    checks: list[Check]


async def _database(service: Service, sessions: Sessions) -> Check:
    await reach(sessions, "health")
    return Check(name=f"{service.name}.database", state="ok", words="the database answers")


def _migration(verify_head: VerifyHead) -> Look:
    """Make the check of the migration; what was found right is believed for a minute."""
    right: dict[str, datetime] = {}

    async def look(service: Service, sessions: Sessions) -> Check:
        name, now = f"{service.name}.migration", clock.wall()
        if right.get(service.name, datetime.min.replace(tzinfo=UTC)) < now - BELIEVED_FOR:
            try:
                await verify_head(service, sessions.url)
            except RuntimeError as error:
                # At an upgrade the tables go first, and fit the replicas that are still there.
                newer = getattr(error, "newer", False)
                return Check(name=name, state="warn" if newer else "fail", words=str(error))
            right[service.name] = now
        return Check(name=name, state="ok", words="database and code stand at the same migration")

    return look


async def _unsent(service: Service, sessions: Sessions) -> Check:
    age = await outbox_age(sessions)
    slow = age > OLDEST_UNSENT
    words = f"the oldest unsent event has waited {age:.0f} s" if age else "all events are sent"
    # Requests are still taken: what they publish waits in the outbox and is sent later.
    return Check(name=f"{service.name}.relay", state="warn" if slow else "ok", words=words)


async def _parked(service: Service, sessions: Sessions) -> Check:
    async with sessions.begin("health") as session:
        keys = await inbox.parked_keys(session)
    words = f"{keys} keys wait for an operator: services parked {service.name} list"
    return Check(
        name=f"{service.name}.parked",
        state="warn" if keys else "ok",
        words=words if keys else "no key is parked",
    )


async def _bus(bus: Bus) -> Check:
    ready = await bus.ready()
    words = "messages can be sent" if ready else "the broker is away; events wait in the outbox"
    return Check(name="bus", state="ok" if ready else "warn", words=words)


async def _asked(name: str, check: Awaitable[Check], otherwise: State = "fail") -> Check:
    """Wait for a check, but not for ever; give what it means if it raises or does not answer."""
    try:
        return await asyncio.wait_for(check, PATIENCE)
    except Exception as error:  # noqa: BLE001  whatever went wrong, it is what we are asked for
        return Check(name=name, state=otherwise, words=f"no answer: {type(error).__name__}")


async def checks(bus: Bus, served: Served, looks: Mapping[str, Look]) -> list[Check]:
    """Look at everything that work depends on, all at once."""
    asked = [_asked("bus", _bus(bus), otherwise="warn")]
    for service, sessions in served:
        asked += [
            _asked(f"{service.name}.{name}", look(service, sessions))
            for name, look in looks.items()
        ]
    return list(await asyncio.gather(*asked))


async def outbox_age(sessions: Sessions) -> float:
    """Give for how many seconds the oldest unsent event has waited; 0 if none does."""
    async with sessions.begin("health") as session:
        oldest = await session.scalar(
            select(OutboxRow.created_at)
            .where(OutboxRow.sent_at.is_(None))
            .order_by(OutboxRow.position)
            .limit(1)
        )
    return max(0.0, (clock.wall() - oldest).total_seconds()) if oldest else 0.0


async def measure(bus: Bus, served: Served) -> None:
    """Bring the gauges up to date; one that cannot be read keeps its last value."""
    for service, sessions in served:
        name = service.name
        try:
            async with asyncio.timeout(PATIENCE):
                telemetry.OUTBOX_AGE.labels(name).set(await outbox_age(sessions))
                async with sessions.begin("health") as session:
                    telemetry.PARKED_KEYS.labels(name).set(await inbox.parked_keys(session))
                    telemetry.TIMER_OVERDUE.labels(name).set(await late.overdue(session))
                telemetry.INBOX_LAG.labels(name).set(await bus.lag(name))
        except Exception:  # noqa: BLE001  the counters are told all the same
            telemetry.LOOP_FAILURES.labels(f"{name}.metrics").inc()


def _standing(standing: Standing) -> Look:
    """Make the check of whether a database was restored and lacks what it had."""

    async def look(service: Service, _: Sessions) -> Check:
        name, words = f"{service.name}.standing", standing.words.get(service.name)
        if standing.unknown:
            return Check(name=name, state="fail", words=standing.unknown)
        if words is None:
            return Check(name=name, state="ok", words="what was said and heard is all here")
        if service.name in standing.older:
            remedy = f"older than what others hold; services restored {service.name}"
            return Check(name=name, state="fail", words=f"{remedy}: {words}")
        lost = "lost with the database before this one, to be entered anew or settled"
        return Check(name=name, state="warn", words=f"{lost}: {words}")

    return look


def _watched(said: Mapping[str, str]) -> list[Check]:
    states: dict[bool, State] = {True: "warn", False: "ok"}
    return [
        Check(name=name, state=states[bool(words)], words=words or "what it watches works")
        for name, words in said.items()
    ]


def router(
    bus: Bus,
    served: Served,
    verify_head: VerifyHead | None = None,
    standing: Standing | None = None,
    watched: Mapping[str, str] | None = None,
) -> APIRouter:
    """Make the routes at the root of a process; anybody may ask, nothing personal is told.

    `verify_head` is `migrations.verify_head`, which this module does not know; `watched` is what
    watches said last.
    """
    routes = APIRouter(tags=["operations"])
    looks: dict[str, Look] = {"database": _database, "relay": _unsent, "parked": _parked}
    if verify_head:
        looks["migration"] = _migration(verify_head)

    if standing:
        looks["standing"] = _standing(standing)

    @routes.get("/healthz", summary="Whether this process lives")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/readyz", summary="Whether requests may come here, and why not")
    async def ready(response: Response) -> ReadyOut:
        found = [*await checks(bus, served, looks), *_watched(watched or {})]
        able = all(check.state != "fail" for check in found)
        response.status_code = 200 if able else 503
        return ReadyOut(ready=able, checks=found)

    @routes.get("/metrics", summary="What is counted, for Prometheus")
    async def metrics() -> Response:
        await measure(bus, served)
        return Response(telemetry.exposition(), media_type=telemetry.CONTENT_TYPE)

    return routes
