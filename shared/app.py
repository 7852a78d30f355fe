"""Composes a process: one service or all of them, on Kafka or in-process, with its loops."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.engine import make_url

from shared import (
    audit,
    health,
    idempotency,
    jobs,
    limits,
    migrations,
    parked,
    partitions,
    pii,
    problems,
    rotation,
    scenario,
    telemetry,
    timers,
)
from shared import db as database
from shared.auth import Keys
from shared.bus.base import Bus, running
from shared.bus.kafka import KafkaBus
from shared.bus.local import LocalBus
from shared.config import Runtime, ServiceSettings
from shared.inbox import Inbox
from shared.jobs import Poll
from shared.outbox import Relay, replay, replay_topic
from shared.service import Service
from shared.uploads import BodyLimit

log = structlog.get_logger()

Loop = Callable[[], Awaitable[None]]

# How often the clock door looks, in seconds of the machine's time.
LOOK_EVERY = 1.0
# Whoever moves a scenario's clock looks himself; this is for what a crash left behind.
LOOK_EVERY_IN_SCENARIO = 5.0
SWEEP_EVERY = 60.0


@dataclass(frozen=True)
class Running:
    """One service in this process: its app, its database and its event door."""

    service: Service
    app: FastAPI
    sessions: database.Sessions
    inbox: Inbox
    relay: Relay

    async def replay_to(self, taker: "Running") -> int:
        """Send this service's whole past to another one's own topic; give how many events."""
        bus = self.relay.bus
        if isinstance(bus, LocalBus):
            bus.subscribe(
                taker.service.name, [replay_topic(taker.service.name)], taker.inbox.receive
            )
        async with running(bus):
            return await replay(self.sessions, bus, taker.service.name, set(taker.inbox.handles))

    async def due(self, *, wait: bool = True) -> int:
        """Run jobs, timers and polls until none finds anything; give how much was done.

        Under a scenario's clock one replica does it at a time (others wait for it, or leave it
        to that one), so that whoever moved the clock knows when all is done; and nothing runs
        before the scenario has begun.
        """
        if not self.sessions.scenario:
            return await self._all_due()
        async with database.held(self.sessions, f"due:{self.service.name}", wait=wait) as mine:
            if not mine or not await self._begun():
                return 0
            return await self._all_due()

    async def _begun(self) -> bool:
        async with self.sessions.begin() as session:
            return await session.get(database.ScenarioClock, 1) is not None

    async def _all_due(self) -> int:
        done = 0
        while True:
            found = await jobs.run_due(self.sessions, self.service.jobs)
            found += await timers.run_due(self.sessions, self.service.timers)
            for poll in self.service.polls:
                found += await poll(self.sessions)
            if not found:
                return done
            done += found


def url_of(service: Service, runtime: Runtime) -> str:
    """Give a service's database: its own setting, or its name on the process's server."""
    settings = service.settings()
    if settings.database_url:
        return settings.database_url
    if not runtime.database_url:
        raise RuntimeError(
            f"{service.name} has no database: set DATABASE_URL or "
            f"{service.name.upper()}_DATABASE_URL"
        )
    server = make_url(runtime.database_url).set(database=service.name)
    if server.password is None:
        # The embedded server knows each service by its own role, which owns only its database.
        server = server.set(username=service.name)
    return server.render_as_string(hide_password=False)


def create_app(services: Sequence[Service], runtime: Runtime) -> FastAPI:
    """Make the root app with each service mounted at `/<name>`; its lifespan owns everything."""
    pii.use(pii.Keyring.of(runtime))
    bus = make_bus(runtime)
    keys, sign = Keys(runtime), audit.signer(runtime)
    composed = [compose(service, runtime, bus, keys) for service in services]

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await _verify(composed)
        async with asyncio.TaskGroup() as group:
            loops = [("bus", bus.run), *(loop for one in composed for loop in _loops(one, sign))]
            tasks = [group.create_task(_keep(name, loop), name=name) for name, loop in loops]
            yield
            for task in tasks:
                task.cancel()
        for one in composed:
            await one.sessions.close()

    app = FastAPI(
        title="Xinqing 薪清", lifespan=lifespan, openapi_url=None, telemetry={"logs": False}
    )
    app.state.running = composed
    app.include_router(
        health.router(
            bus, [(one.service, one.sessions) for one in composed], migrations.verify_head
        )
    )
    app.add_middleware(BodyLimit)
    for one in composed:
        app.mount(f"/{one.service.name}", one.app)
    return app


async def _verify(composed: Sequence[Running]) -> None:
    """Refuse to start on tables that this version does not know, and on too few connections."""
    for one in composed:
        await migrations.verify_head(one.service, one.sessions.url)
        async with one.sessions.begin() as session:
            most = int(await session.scalar(text("SHOW max_connections")) or 0)
        # Beside the pool: relay, one job or scenario lock, sealing, and one in reserve.
        needed = one.service.settings().pool_size + 4
        if needed > most:
            raise RuntimeError(
                f"{one.service.name} may open {needed} connections, max_connections is {most}"
            )


def make_bus(runtime: Runtime) -> Bus:
    """Choose the bus: the only branch on the mode in the code base."""
    if runtime.kafka_brokers:
        return KafkaBus(runtime.kafka_brokers, session=runtime.kafka_session)
    return LocalBus()


def compose(
    service: Service, runtime: Runtime, bus: Bus | None = None, keys: Keys | None = None
) -> Running:
    """Put one service together; without a bus it only reads and writes its database."""
    url = url_of(service, runtime)
    settings: ServiceSettings = service.settings()
    sessions = database.Sessions(
        database.engine(url, pool_size=settings.pool_size),
        url=url,
        service=service.name,
        publishes=service.publishes,
        scenario=runtime.scenario_clock,
    )
    inbox = Inbox(sessions, service.handles)
    subscribing = bus is not None
    bus = bus or make_bus(runtime)
    one = Running(
        service, service_app(service, sessions, keys), sessions, inbox, Relay(sessions, bus)
    )
    if subscribing:
        # A service that reads nothing is a group all the same: its lag is asked for, and 0.
        own = [replay_topic(service.name)] if service.topics else []
        bus.subscribe(service.name, [*service.topics, *own], inbox.receive)
    if runtime.scenario_clock:
        one.app.include_router(scenario.router(service, bus, one.due))
    return one


def service_app(
    service: Service, sessions: database.Sessions | None = None, keys: Keys | None = None
) -> FastAPI:
    """Make one service's app: routes, documents, problems, state (none: documents only)."""
    app = FastAPI(
        title=f"Xinqing 薪清 – {service.name}",
        version="1",
        root_path_in_servers=False,
        separate_input_output_schemas=False,
        telemetry={"logs": False},
    )
    app.state.sessions, app.state.keys = sessions, keys
    app.include_router(service.router)
    app.include_router(parked.router())
    app.add_middleware(telemetry.CountedRequests, service=service.name)
    problems.install(app)
    return app


def _loops(one: Running, sign: audit.Sign | None) -> list[tuple[str, Loop]]:
    """Give a service's loops, each with its name; every replica runs all of them."""
    name = one.service.name

    async def look() -> int:
        await one.due(wait=False)
        return 0

    async def drain() -> int:
        return await one.inbox.drain()

    async def sweep() -> int:
        found = await timers.tell_late(one.sessions)
        found += await idempotency.forget(one.sessions)
        found += await limits.forget(one.sessions)
        found += await rotation.reseal(one.sessions, one.service.metadata)
        return found + await partitions.keep_partitions(one.sessions)

    async def seal() -> int:
        return await audit.seal(one.sessions, sign)

    every: list[tuple[str, Callable[[], Awaitable[int]], float]] = [
        ("due", look, LOOK_EVERY_IN_SCENARIO if one.sessions.scenario else LOOK_EVERY),
        ("drain", drain, LOOK_EVERY),
        ("seal", seal, LOOK_EVERY),
        ("sweep", sweep, SWEEP_EVERY),
    ]
    every += [(poll.__name__, _bound(poll, one.sessions), 0.2) for poll in one.service.loops]
    return [
        (f"{name}.relay", one.relay.run),
        *((f"{name}.{what}", _repeated(work, pause)) for what, work, pause in every),
    ]


def _bound(poll: Poll, sessions: database.Sessions) -> Callable[[], Awaitable[int]]:
    async def run() -> int:
        return await poll(sessions)

    return run


def _repeated(work: Callable[[], Awaitable[int]], pause: float) -> Loop:
    async def loop() -> None:
        while True:
            if not await work():
                await asyncio.sleep(pause)

    return loop


async def _keep(name: str, loop: Loop) -> None:
    """Start a loop again whenever it fails, with a pause that grows while it keeps failing."""
    pause = 0.2
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await loop()
        except Exception as error:
            ran = asyncio.get_running_loop().time() - began
            pause = 0.2 if ran > 30 else min(pause * 2, 5.0)  # noqa: PLR2004  it ran well for a while
            telemetry.LOOP_FAILURES.labels(name).inc()
            log.error("loop_failed", loop=name, reason=type(error).__name__, exc_info=error)
            await asyncio.sleep(pause)
