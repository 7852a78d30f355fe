"""Serves all services in several processes of one machine, which need no broker between them."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack

import typer

from services.opening import database, names
from shared.config import Runtime

SHARES: Mapping[int, Sequence[Sequence[str]]] = {
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
    async with database(runtime, names()) as ready, AsyncExitStack() as closing:
        folder = closing.enter_context(tempfile.TemporaryDirectory(prefix="xinqing-bus-"))
        settings, more = [f"BUS_DIR={folder}"], ["--host", host]
        if ready is not runtime:
            settings.append(f"DATABASE_URL={ready.database_url}")
            more.append("--setup")
        started = []
        for at, share in enumerate(SHARES[number]):
            process = await asyncio.create_subprocess_exec(
                *("env", *settings, sys.executable, "-m", "services"),
                *("serve", ",".join(share), "--beside", "--port", str(port and port + at), *more),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            closing.push_async_callback(_end, process)
            started.append(process)
        for process, share in zip(started, SHARES[number], strict=True):
            said = await process.stdout.readline() if process.stdout else b""
            if not said.startswith(b"serving "):
                raise typer.Exit(await process.wait() or 1)
            tell(f"{said.decode().strip()} {','.join(share)}")
        ends = [asyncio.create_task(each.wait()) for each in started]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        raise typer.Exit(1)


async def _end(process: asyncio.subprocess.Process) -> None:
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
