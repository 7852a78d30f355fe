"""Serves all services in processes of one machine, which need no broker between them."""

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import typer

from services.opening import database, names
from shared.config import Runtime

SHARES: Mapping[int, Sequence[Sequence[str]]] = {
    1: (("alerts", "cases", "payroll", "registry"),),
    2: (("payroll", "registry"), ("alerts", "cases")),
    3: (("payroll",), ("cases",), ("alerts", "registry")),
    4: (("payroll",), ("cases",), ("alerts",), ("registry",)),
}
"""Who serves what, so that the processes have about the same to do."""
MOST = max(SHARES)
GRACE = 20.0
"""Seconds that a process has to end once it is told to."""


def usual() -> int:
    """Give how many processes a play is worth on this machine: no more than it has cores."""
    # Beside two, their database and whoever plays have something to do, too.
    return min(2, len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1)


async def serve(
    runtime: Runtime, number: int, host: str, port: int, tell: Callable[[str], None]
) -> None:
    """Serve in so many processes, at ports one after the other, until one of them ends.

    `tell` is given a line for each: where it serves, and what. Raises typer.Exit if one failed.
    """
    async with (
        database(runtime, names()) as ready,
        started(number, host, port, own=None if ready is runtime else ready) as serving,
    ):
        for base, share in serving.items():
            tell(f"serving {base} {','.join(share)}")
        await serving.one_ended()
        raise typer.Exit(1)


class Serving(dict[str, Sequence[str]]):
    """Which services are served where, by processes that were started for it."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.processes: list[Process] = []

    async def one_ended(self) -> None:
        """Return when one of the processes ends."""
        ends = [asyncio.create_task(each.wait()) for each in self.processes]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)


@asynccontextmanager
async def started(
    number: int, host: str, port: int, *, own: Runtime | None, settings: Sequence[str] = ()
) -> AsyncIterator[Serving]:
    """Give so many processes that serve, at ports one after the other; end them at the end.

    `own`: the database that was made for them, to be set up. `settings` are words for `env`.
    Raises typer.Exit if one failed.
    """
    async with AsyncExitStack() as closing:
        folder = closing.enter_context(tempfile.TemporaryDirectory(prefix="xinqing-bus-"))
        words, more = [*settings, f"BUS_DIR={folder}"], ["--host", host]
        if own:
            words.append(f"DATABASE_URL={own.database_url}")
            more.append("--setup")
        serving = Serving()
        for at, share in enumerate(SHARES[number]):
            process = await asyncio.create_subprocess_exec(
                *("env", *words, sys.executable, "-m", "services"),
                *("serve", ",".join(share), "--beside", "--port", str(port and port + at), *more),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            closing.push_async_callback(_end, process)
            serving.processes.append(process)
        for process, share in zip(serving.processes, SHARES[number], strict=True):
            said = await process.stdout.readline() if process.stdout else b""
            if not said.startswith(b"serving "):
                raise typer.Exit(await process.wait() or 1)
            serving[said.decode().split()[1]] = share
        yield serving


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(GRACE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def orphaned() -> None:
    """Return when whoever started this process is gone: it holds the other end of the input."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
