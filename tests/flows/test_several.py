"""All services in several processes of one machine: they end together, whoever goes first."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from services.opening import embedded
from services.several import MOST, SHARES
from shared.config import Runtime
from shared.embedded import Server
from tests.fixtures.processes import ROOT
from tests.waiting import until

ALL = {"registry", "payroll", "cases", "alerts"}


def test_each_service_is_served_once_however_many_processes() -> None:
    assert [*SHARES] == [*range(1, MOST + 1)]
    for number, shares in SHARES.items():
        assert len(shares) == number
        assert sorted(name for share in shares for name in share) == sorted(ALL)


@asynccontextmanager
async def serving(data: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, str]]]:
    """Serve in two processes on a database of their own; give the command, and who is where."""
    process = await asyncio.create_subprocess_exec(
        "env", f"DATA_DIR={data}", f"TMPDIR={data}", "LOG_LEVEL=CRITICAL",
        sys.executable, "-m", "services", "serve", "all", "--processes", "2", "--port", "0",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        places = {}
        for _ in range(2):
            word, base, names = (await process.stdout.readline()).decode().split()
            assert word == "serving"
            places |= dict.fromkeys(names.split(","), base)
        yield process, places
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 60)


async def children(process: asyncio.subprocess.Process) -> list[int]:
    """Give the processes that serve for a command."""
    found = await asyncio.create_subprocess_exec(
        *("pgrep", "-f", "-P", str(process.pid), "services serve"), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await found.communicate()
    return [int(line) for line in said.split()]


async def is_gone(base: str) -> bool:
    async with httpx.AsyncClient(trust_env=False) as http:
        try:
            await http.get(f"{base}/healthz")
        except httpx.TransportError:
            return True
    return False


async def ended(bases: set[str]) -> None:
    for base in bases:
        await until(lambda base=base: is_gone(base), within=60)  # type: ignore[misc]


async def is_ready(places: dict[str, str]) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:

        async def ready() -> bool:
            answers = [await http.get(f"{base}/readyz") for base in set(places.values())]
            return all(answer.is_success for answer in answers)

        await until(ready, within=60)


@pytest.mark.parametrize("first", ["one that serves", pytest.param("all", marks=pytest.mark.soak)])
async def test_what_serves_together_ends_together(tmp_path: Path, first: str) -> None:
    async with serving(tmp_path) as (command, places):
        assert set(places) == ALL
        bases = set(places.values())
        assert len(bases) == 2
        await is_ready(places)
        if first == "all":
            command.kill()
        else:
            victim, _ = await children(command)
            await (await asyncio.create_subprocess_exec("kill", "-9", str(victim))).wait()
        assert await asyncio.wait_for(command.wait(), 60) != 0
        await ended(bases)


async def test_a_database_that_still_starts_when_all_is_to_end_ends_too(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"

    async def hold() -> None:
        async with embedded(Runtime(data_dir=tmp_path, embedded_sync=False)):
            await asyncio.Event().wait()

    holding = asyncio.create_task(hold())
    await until(folder.exists)
    holding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holding
    await asyncio.get_running_loop().shutdown_default_executor()
    assert not Server(folder).running
