"""Composes a process: one service or all of them, on Kafka or in-process, with its loops."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.engine import make_url

from shared import (
    audit,
    auth,
    egress,
    health,
    idempotency,
    jobs,
    late,
    limits,
    locks,
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
from shared.bus.base import Bus
from shared.bus.mode import make_bus
from shared.config import Runtime, ServiceSettings
from shared.files import Files
from shared.inbox import Inbox
from shared.jobs import Polled, Work
from shared.journals import Books
from shared.outbox import Relay
from shared.rounds import Looks, Rounds, waiting
from shared.service import Service
from shared.standing import Standing
from shared.uploads import BodyLimit, BodyTooLarge
from shared.watches import Watches

log = structlog.get_logger()

Loop = Callable[[], Awaitable[None]]

# What any operation may answer, beside what it says of itself; and any that writes.
_EVERYWHERE = (auth.Unauthenticated, auth.Forbidden, problems.Invalid, problems.Unavailable)
_WRITES = (
    problems.Malformed,
    idempotency.KeyMalformed,
    idempotency.KeyBusy,
    idempotency.KeyReused,
    BodyTooLarge,
)

# How often the clock door looks, in seconds of the machine's time.
LOOK_EVERY, LOOK_LEAST = 1.0, 0.05
LOOK_SOON = 0.2  # And for what another process wrote, which wakes nobody here.
# Whoever moves a scenario's clock looks himself; this is for what a crash left behind, and for
# sealing, which a play would ask for after each of its thousands of acts.
LOOK_EVERY_IN_SCENARIO = 5.0
SWEEP_EVERY = 60.0
# No index tells what an old key sealed: each look reads whole tables. A key is put in front by a
# restart, which looks at once; later looks find what a replica with the old keys still wrote.
RESEAL_EVERY = 3600.0
MEASURE_EVERY, MEASURE_SHARE = 60.0, 20.0


@dataclass(frozen=True)
class Running:
    """One service in this process: its app, its database and its event door."""

    service: Service
    app: FastAPI
    sessions: database.Sessions
    inbox: Inbox
    relay: Relay
    rounds: Rounds
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def due(self, *, wait: bool = True) -> int:
        """Run jobs, timers and polls until none finds anything; give how much was done.

        A failure is raised to whoever waits for it (`wait`), after all else was done.
        Under a scenario's clock one replica does it at a time (others wait for it, or leave it
        to that one), so that whoever moved the clock (and waits) knows when all is done;
        and nothing runs before the scenario has begun.
        """
        if not self.sessions.scenario:
            return await self.rounds.run(at_once=wait)
        async with self._turn(wait=wait) as mine:
            if not mine or not (wait or await self._begun()):
                return 0
            return await self.rounds.run(at_once=wait)

    @asynccontextmanager
    async def _turn(self, *, wait: bool) -> AsyncIterator[bool]:
        """Give whether it is ours alone to run what is due, in this process and all others."""
        if not self.sessions.alone:
            name = f"due:{self.service.name}"
            async with locks.held(self.sessions.bind, name, wait=wait) as mine:
                yield mine
        elif self.lock.locked() and not wait:
            yield False
        else:
            async with self.lock:
                yield True

    async def _begun(self) -> bool:
        async with self.sessions.begin() as session:
            return await session.get(database.ScenarioClock, 1) is not None


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


def larger_bodies(services: Sequence[Service]) -> dict[str, int]:
    """Give the paths that take larger bodies than others, with the number of bytes."""
    return {f"/{one.name}{path}": size for one in services for path, size in one.bodies.items()}


def create_app(
    services: Sequence[Service], runtime: Runtime, elsewhere: Sequence[str] = ()
) -> FastAPI:
    """Make the root app with each service at `/<name>`; `elsewhere`: those of other processes."""
    keyring = pii.Keyring.of(runtime)
    pii.use(keyring)
    # Read where it is used; read once here, so that what is wrong with it is told at the start.
    egress.Policy.parse(runtime.egress_allow)
    bus = make_bus(runtime, elsewhere)
    keys, sign = Keys(runtime), audit.signer(runtime)
    composed = [compose(service, runtime, bus, keys) for service in services]
    _share(composed, Files.of(runtime, keyring))
    served = [(one.service, one.sessions) for one in composed]
    standing = Standing(bus, [Books(service, sessions) for service, sessions in served])
    watches = Watches(served)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await _verify(composed)
        async with asyncio.TaskGroup() as group:
            loops: list[tuple[str, Loop]] = [("bus", bus.run), ("standing", standing.run)]
            loops += [loop for one in composed for loop in _loops(one, sign)]
            begun = [(name, standing.gated(loop)) for name, loop in loops] + watches.loops
            tasks = [group.create_task(_keep(name, loop), name=name) for name, loop in begun]
            yield
            for task in tasks:
                task.cancel()
        await _close(composed, watches)

    app = FastAPI(
        title="Xinqing 薪清", lifespan=lifespan, openapi_url=None, telemetry={"logs": False}
    )
    app.state.running = composed
    app.include_router(health.router(bus, served, migrations.verify_head, standing, watches.words))
    app.add_middleware(BodyLimit, limits=larger_bodies(services))
    problems.install_plain(app)
    for one in composed:
        app.mount(f"/{one.service.name}", one.app)
    return app


async def _close(composed: Sequence[Running], watches: Watches) -> None:
    await watches.close()
    for one in composed:
        await one.sessions.close()


def _share(composed: Sequence[Running], kept: Files) -> None:
    """Give each service the kept files, and let each of a scenario answer for those beside it."""
    played = {name: each for one in composed for name, each in one.app.state.beside.items()}
    for one in composed:
        one.app.state.files = one.sessions.files = kept
        one.app.state.beside = played


async def _verify(composed: Sequence[Running]) -> None:
    """Refuse to start on tables that this version does not know, and on too few connections."""
    needed: dict[object, int] = {}
    for one in composed:
        await migrations.verify_head(one.service, one.sessions.url)
        async with one.sessions.begin() as session:
            most = int(await session.scalar(text("SHOW max_connections")) or 0)
        url = make_url(one.sessions.url)
        server = (url.host, url.port, url.query.get("host"))
        # Beside the pool: relay, one job or scenario lock, sealing, Asker, a watch, one in reserve.
        here = needed.get(server, 0) + one.service.settings().pool_size + 6
        needed[server] = here
        if here > most:
            raise RuntimeError(
                f"with {one.service.name} this process may open {here} connections to its server, "
                f"max_connections is {most}"
            )


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
        alone=not runtime.kafka_brokers,
    )
    inbox = Inbox(sessions, service.handles, service.together)
    subscribing = bus is not None
    bus = bus or make_bus(runtime)
    app = service_app(service, sessions, keys)
    beside = scenario.asked_beside(service) if runtime.scenario_clock else None
    looks = Looks(service, sessions, beside)
    rounds = Rounds(service.name, _due(service, sessions), looks.wanted)
    one = Running(service, app, sessions, inbox, Relay(sessions, bus), rounds)
    if subscribing:
        # A service that reads nothing is a group all the same: its lag is asked for, and 0.
        bus.subscribe(service.name, service.topics, inbox.receive)
    if runtime.scenario_clock:
        played = scenario.Played(service, looks, one.relay, bus, one.due)
        app.include_router(scenario.router(played))
        # A play asks it thousands of times: it is not looked for behind some hundred others.
        app.router.routes.insert(0, app.router.routes.pop())
        app.state.beside = {service.name: played}
    return one


class _Described(FastAPI):
    """A service's app, whose document also tells what is the same at every door."""

    def openapi(self) -> dict[str, Any]:
        """Give the OpenAPI 3.1 document; made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            problems.describe(document, _EVERYWHERE, _WRITES)
            auth.describe(document)
            idempotency.describe(document)
        return super().openapi()


def service_app(
    service: Service, sessions: database.Sessions | None = None, keys: Keys | None = None
) -> FastAPI:
    """Make one service's app: routes, documents, problems, state (none: documents only)."""
    app = _Described(
        title=f"Xinqing 薪清 – {service.name}",
        version="1",
        # Where the paths begin, wherever the document is read; a gateway routes by this prefix.
        servers=[{"url": f"/{service.name}"}],
        root_path_in_servers=False,
        separate_input_output_schemas=False,
        telemetry={"logs": False},
    )
    app.state.sessions, app.state.keys, app.state.beside = sessions, keys, {}
    app.include_router(service.router)
    app.include_router(parked.router())
    app.add_middleware(telemetry.CountedRequests, service=service.name)
    problems.install(app)
    return app


def _due(service: Service, sessions: database.Sessions) -> dict[str, Work]:
    """Give what the clock door looks after: daily jobs, timers, and each poll for itself."""
    return {
        "jobs": partial(jobs.run_due, sessions, service.jobs),
        "timers": partial(timers.run_due, sessions, service.timers),
        **{poll.name: partial(poll.run, sessions) for poll in service.polls},
    }


def _loops(one: Running, sign: audit.Sign | None) -> list[tuple[str, Loop]]:
    """Give a service's loops, each with its name; every replica runs all of them."""
    name = one.service.name
    sweep = Rounds(
        name,
        {
            "tell_late": partial(late.tell_late, one.sessions),
            "forget_keys": partial(idempotency.forget, one.sessions),
            "forget_limits": partial(limits.forget, one.sessions),
            "keep_partitions": partial(partitions.keep_partitions, one.sessions),
        },
    )
    rest = LOOK_EVERY_IN_SCENARIO if one.sessions.scenario else LOOK_EVERY
    every: list[tuple[str, Work, float]] = [
        ("drain", one.inbox.drain, LOOK_EVERY),
        ("seal", partial(audit.seal, one.sessions, sign), rest),
        ("sweep", sweep.run, SWEEP_EVERY),
        ("reseal", partial(rotation.reseal, one.sessions, one.service.metadata), RESEAL_EVERY),
    ]
    return [
        (f"{name}.relay", one.relay.run),
        (f"{name}.due", _looking(one)),
        *((f"{name}.{what}", _repeated(work, pause)) for what, work, pause in every),
        *(
            (f"{name}.{poll.name}", _woken(table, poll, one.sessions))
            for table, poll in one.service.loops.items()
        ),
        *((f"{name}.{m.__name__}", _measured(m, one.sessions)) for m in one.service.measures),
    ]


def _woken(table: str, poll: Polled, sessions: database.Sessions) -> Loop:
    """Look when rows of a table were written here, and often enough for what others wrote."""
    written = asyncio.Event()
    sessions.written.append((table, written.set))
    waits = waiting(poll, sessions)

    async def loop() -> None:
        while True:
            written.clear()
            if not await waits() or not await poll.run(sessions):
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY if sessions.alone else LOOK_SOON):
                        await written.wait()

    return loop


def _measured(measure: jobs.Poll, sessions: database.Sessions) -> Loop:
    """Count each minute, or less often: what takes long may not keep the database busy."""

    async def loop() -> None:
        while True:
            began = asyncio.get_running_loop().time()
            await measure(sessions)
            took = asyncio.get_running_loop().time() - began
            await asyncio.sleep(max(MEASURE_EVERY, MEASURE_SHARE * took))

    return loop


def _looking(one: Running) -> Loop:
    """Look for what is due each second, and when a limit falls due in between."""

    async def loop() -> None:
        while True:
            await one.due(wait=False)
            pause = LOOK_EVERY_IN_SCENARIO
            if not one.sessions.scenario:
                async with one.sessions.begin() as session:
                    pause = max(LOOK_LEAST, await timers.pause(session, LOOK_EVERY))
            await asyncio.sleep(pause)

    return loop


def _repeated(work: Work, pause: float) -> Loop:
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
        except (Exception, asyncio.CancelledError) as error:
            # A cancellation that nobody asked this task for would end the loop in silence.
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and (task is None or task.cancelling()):
                raise
            ran = asyncio.get_running_loop().time() - began
            pause = 0.2 if ran > 30 else min(pause * 2, 5.0)  # noqa: PLR2004  it ran well for a while
            telemetry.LOOP_FAILURES.labels(name).inc()
            log.error("loop_failed", loop=name, reason=type(error).__name__, exc_info=error)
            await asyncio.sleep(pause)
