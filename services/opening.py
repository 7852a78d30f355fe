"""How a command opens services: their manifests by name, their databases, theirs to close."""

import asyncio
import gc
import importlib
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import typer

from shared import pii
from shared.app import Running, compose
from shared.config import Runtime, ServiceSettings
from shared.embedded import Server
from shared.service import Service

HERE = Path(__file__).parent
SELDOM = 50_000
"""Objects that are made between two looks for garbage. By Python's own number (700) a busy process
spends a tenth of its time on looking, and one that reads its modules a third."""

SWITCH = 0.0005
"""Seconds for which a thread keeps the interpreter while another waits; Python's own: 5 ms."""


def names() -> list[str]:
    """Give the services: the folders here that hold a `service.py`."""
    return sorted(path.parent.name for path in HERE.glob("*/service.py"))


def load(name: str) -> Service:
    """Give a service's manifest by its name."""
    if name not in names():
        raise typer.BadParameter(f"{name} is none of {', '.join(names())}")
    with _seldom_swept():
        service: Service = importlib.import_module(f"services.{name}.service").service
    return service


@contextmanager
def _seldom_swept() -> Iterator[None]:
    """Look for garbage seldom: what is imported stays."""
    usual = gc.get_threshold()
    gc.set_threshold(SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def meant(name: str) -> list[str]:
    """Give the name of one service, several (`registry,payroll`), or all of them."""
    return names() if name == "all" else name.split(",")


def chosen(name: str) -> list[Service]:
    """Give the manifests of those that are meant."""
    return [load(each) for each in meant(name)]


@asynccontextmanager
async def database(runtime: Runtime, services: Sequence[str]) -> AsyncIterator[Runtime]:
    """Give settings with a database: the given ones, or an embedded server for the time."""
    homeless = [
        name
        for name in services
        if not ServiceSettings(_env_prefix=f"{name.upper()}_").database_url
    ]
    if runtime.database_url or not homeless:
        yield runtime
        return
    if runtime.kafka_brokers:
        raise typer.BadParameter(
            "KAFKA_BROKERS needs DATABASE_URL, or a URL for each service "
            f"({', '.join(f'{name.upper()}_DATABASE_URL' for name in homeless)}): "
            "replicas share a database"
        )
    async with embedded(runtime) as ready:
        yield ready


@asynccontextmanager
async def embedded(runtime: Runtime) -> AsyncIterator[Runtime]:
    """Give settings with an embedded server, for the time."""
    server = Server(runtime.data_dir / "postgres", synced=runtime.embedded_sync)
    starting = asyncio.get_running_loop().run_in_executor(None, server.start)
    try:
        url = await asyncio.shield(starting)
        yield runtime.model_copy(update={"database_url": url})
    finally:
        # A thread cannot be told to end: what it starts is ended once it is there.
        await asyncio.wait([starting])
        if starting.exception() is None:
            await asyncio.to_thread(server.stop)


@asynccontextmanager
async def opened(*wanted: str) -> AsyncIterator[list[Running]]:
    """Give services that read and write their databases, and serve nobody."""
    services = [load(name) for name in wanted]
    async with database(Runtime(), wanted) as runtime, AsyncExitStack() as closing:
        pii.use(pii.Keyring.of(runtime))
        made = []
        for service in services:
            made.append(compose(service, runtime))
            closing.push_async_callback(made[-1].sessions.close)
        yield made


def settle() -> None:
    """Let a process that stands look for garbage seldom, and never among what it has imported.

    To look through that holds up everything for a tenth of a second and more. And let its threads
    take turns soon: a request that comes while they work waits for several such turns.
    """
    gc.freeze()
    gc.set_threshold(SELDOM)
    sys.setswitchinterval(SWITCH)
