"""The cluster as a user starts it: any of its six processes may be killed while it plays."""

import asyncio
import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from deploy.cluster.folder import PROCESSES, SERVICES, Folder
from deploy.cluster.postgres import Supervised
from deploy.cluster.watch import Supervisor
from services.demo import How, NotServed, perform, read
from services.demo.stage import Client
from shared import clock
from shared.config import Runtime
from shared.pii import Keyring
from tests.fixtures.database import connected
from tests.fixtures.processes import ROOT
from tests.flows import searching
from tests.flows.searching import Collector
from tests.flows.test_clear_data import TOPICS
from tests.flows.test_first import FEBRUARY, timeline
from tests.waiting import until

pytestmark = [pytest.mark.kafka, pytest.mark.soak]

CLUSTER = (sys.executable, "-m", "deploy.cluster", "--folder")
DEMO = (sys.executable, "-m", "services", "demo", "--json")
# Half of February's money comes too late, which takes two weeks to show and to be put right.
WORKERS = 2_500
"""Of the county, at the least."""
UNTIL = "2023-03-04T00:00:00+08:00"
MOMENTS = (
    ("2023-02-18T00:00:00+08:00", ("kafka", "registry")),
    ("2023-02-25T00:00:00+08:00", ("postgres", "payroll")),
    ("2023-03-01T00:00:00+08:00", ("cases", "alerts")),
)
Moments = Sequence[tuple[str, Sequence[str]]]


async def said(*command: str) -> str:
    """Run a command to its end, which must be a good one; give what it wrote."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    wrote, complained = await process.communicate()
    assert process.returncode == 0, f"{wrote.decode()}\n{complained.decode()}"
    return wrote.decode()


def ender(path: Path) -> "subprocess.Popen[bytes]":
    """Start what stops a cluster when we leave it, or when this run ends in any other way."""
    return subprocess.Popen(
        ("/bin/sh", "-c", 'read _; exec "$@"', "sh", *CLUSTER, str(path), "stop"),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


@asynccontextmanager
async def launched(path: Path, **settings: str) -> AsyncIterator[Folder]:
    """Give a cluster that its own command has started, with some settings of its processes."""
    Folder(path).prepare(0)
    with (path / "cluster.env").open("a") as written:
        written.writelines(f"{name}={value}\n" for name, value in settings.items())
    with ender(path):
        told = await said(*CLUSTER, str(path), "start", "--port", "0")
        assert all(re.search(rf"\b{name} +RUNNING .*就绪 ready", told) for name in PROCESSES), told
        yield Folder(path)


class Killer:
    """Kills processes of a cluster while a scenario is played on it, and sees them replaced."""

    def __init__(self, folder: Folder, play: asyncio.subprocess.Process, path: Path) -> None:
        self._supervisor, self._play = Supervisor(folder), play
        self._scenario = read(path)
        runtime = Runtime(data_dir=folder.path, token_key=folder.token_key)
        self._http = httpx.AsyncClient(timeout=60, trust_env=False)
        self._client = Client(runtime, folder.bases, self._http, patience=60)

    async def kill_at(self, moments: Moments) -> None:
        """Kill processes, each once the scenario's clock has come to its moment."""
        async with self._http:
            for instant, names in moments:
                await until(partial(self._has_come, instant), within=300)
                for name in names:
                    await self._kill(name)

    async def _has_come(self, instant: str) -> bool:
        assert self._play.returncode is None, f"the play had ended before {instant}"
        told = await self._client.call("GET", "/registry/scenario/next")
        # Before the first fact is entered the clock is the machine's.
        return datetime.fromisoformat(instant) <= _at(told["now"]) < self._scenario.ends

    async def _kill(self, name: str) -> None:
        before = await self._running(name)
        assert self._play.returncode is None, f"the play had ended before {name} was killed"
        before.kill()
        await until(lambda: not before.is_running(), within=10)
        assert await self._running(name) != before

    async def _running(self, name: str) -> psutil.Process:
        """Give a process that the supervisor says is there, as soon as it says so."""

        def there() -> bool:
            return self._supervisor.states()[name].pid != 0

        await until(there, within=60)
        return psutil.Process(self._supervisor.states()[name].pid)


def _at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


async def played(folder: Folder, scenario: Path, moments: Moments) -> dict[str, Any]:
    """Play a scenario on a cluster by the user's command, and kill meanwhile."""
    process = await asyncio.create_subprocess_exec(
        *DEMO, "--scenario", str(scenario), "--cluster", str(folder.path),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    killing = asyncio.create_task(Killer(folder, process, scenario).kill_at(moments))
    try:
        wrote, _ = await process.communicate()
        await killing
    finally:
        killing.cancel()
    assert process.returncode == 0
    told: dict[str, Any] = json.loads(wrote)
    return told


ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# How often something was sent is not what came of it: a crash between sending and writing that
# down sends it once more.
TIMES = {"arrivals", "made_attempts"}


def alike(told: Any) -> Any:  # noqa: ANN401  any part of a document
    """Give a document without what differs from run to run: ids, the machine's time, and order."""
    if isinstance(told, Mapping):
        return {name: alike(value) for name, value in told.items() if name not in TIMES}
    if isinstance(told, list):
        return sorted(map(alike, told), key=lambda one: json.dumps(one, sort_keys=True))
    if not isinstance(told, str):
        return told
    try:
        recent = abs(_at(told) - clock.wall()) < timedelta(days=1)
    except (ValueError, TypeError):
        return ID.sub("#", told)
    return "the machine's time" if recent else told


# Rows that say the same of the same instant: a fact that was told, or taken, more than once.
TWICE = "SELECT count(*) - count(DISTINCT (type, key, body, occurred_at)) FROM {table}"


async def check_unharmed(folder: Folder) -> None:
    """Check that nothing waits, is parked, or was told or taken twice."""
    server = Supervised(folder.postgres)
    server.locate()
    for name in SERVICES:
        async with connected(server.url(name)) as connection:
            for table in ("outbox", "inbox"):
                assert await connection.fetchval(TWICE.format(table=table)) == 0
            assert await connection.fetchval("SELECT count(*) FROM inbox_keys") == 0
            left = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
            assert await connection.fetchval(left) == 0


async def check_nothing_clear(folder: Folder, traces: Collector) -> None:
    """Check that no number, card or name of a worker lies anywhere, in logs and traces neither."""
    server = Supervised(folder.postgres)
    server.locate()
    urls = {name: server.url(name) for name in SERVICES}
    settings = folder.settings()
    wanted = await searching.Wanted.by(Keyring.parse(settings["PII_KEYS"]), urls)
    lying = [one async for one in searching.dumped(urls)]
    lying += [one async for one in searching.topics(settings["KAFKA_BROKERS"], *TOPICS)]
    lying += [*searching.files(folder.path / "files"), *searching.files(folder.logs)]
    assert len(wanted.numbers) > WORKERS
    assert {f"{name}.events" for name in SERVICES} <= {where for where, _ in lying}
    assert traces.taken
    searching.check(wanted, [*lying, *traces.taken])


async def test_each_process_is_killed_in_the_middle_and_the_result_is_the_same(
    tmp_path: Path,
) -> None:
    scenario = tmp_path / "february"
    shutil.copytree(ROOT / "scenarios" / "first", scenario)
    settings = json.loads((scenario / "scenario.json").read_text("utf-8"))
    (scenario / "scenario.json").write_text(json.dumps(settings | {"until": UNTIL}), "utf-8")

    assert sorted(name for _, names in MOMENTS for name in names) == sorted(PROCESSES)
    folder = tmp_path / "cluster"
    with pytest.raises(NotServed, match="make cluster"):
        await perform(scenario, How(leave=True, as_json=True), port=0, cluster=folder)
    uninterrupted = asyncio.create_task(said(*DEMO, "--scenario", str(scenario), "--port", "0"))
    async with launched(folder) as cluster:
        told = await played(cluster, scenario, MOMENTS)
        (item,) = [one for one in told["watch_items"] if one["kind"] == "transfer_missed"]
        assert timeline(item) == FEBRUARY
        await check_unharmed(cluster)
        with pytest.raises(NotServed, match="ARGS=fresh"):
            await perform(scenario, How(leave=True, as_json=True), port=0, cluster=folder)
    assert alike(told) == alike(json.loads(await uninterrupted))


def drawn(scenario: Path, seed: int, number: int) -> Moments:
    """Draw who is killed when: each process several times, over the whole scenario."""
    facts, dice = read(scenario), random.Random(seed)
    span = facts.ends - facts.begins
    instants = sorted(facts.begins + span * (0.02 + 0.94 * dice.random()) for _ in range(number))
    names = [PROCESSES[each % len(PROCESSES)] for each in range(number)]
    dice.shuffle(names)
    return [(at.isoformat(), (name,)) for at, name in zip(instants, names, strict=True)]


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
async def test_the_county_is_the_same_whoever_is_killed_when(tmp_path: Path, seed: int) -> None:
    scenario = ROOT / "scenarios" / "hefeng"
    traces = Collector()
    settings = {"LOG_LEVEL": "INFO", "OTLP_ENDPOINT": traces.address}
    async with launched(tmp_path / "cluster", **settings) as cluster:
        told = await played(cluster, scenario, drawn(scenario, seed, 18))
        await check_unharmed(cluster)
        await check_nothing_clear(cluster, traces)
    traces.close()
    uninterrupted = await said(*DEMO, "--scenario", str(scenario), "--port", "0")
    assert alike(told) == alike(json.loads(uninterrupted))
