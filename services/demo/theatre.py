"""One performance: services and a subscriber are started, a scenario played, the page shown."""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import typer

from services import several
from services.demo.board import document
from services.demo.cases import ledger_file
from services.demo.facts import Scenario, read
from services.demo.page import show
from services.demo.player import Player
from services.demo.stage import SERVICES, Client, PlayFailed
from services.opening import embedded
from shared import auth
from shared.config import Runtime

Say = Callable[[str], None]
TYPES = (
    "cases.watch_item_opened.v1",
    "cases.watch_item_raised.v1",
    "cases.watch_item_lowered.v1",
    "cases.watch_item_closed.v1",
    "cases.watch_item_step_reached.v1",
    "cases.case_proposed.v1",
    "cases.arrears_case_opened.v1",
)


# Where the arrears ledger is written unless somebody says otherwise.
LEDGER = Path(".cache/arrears-ledger.xlsx")
# Seconds for which a process of a cluster may be away while a play goes on.
PATIENCE = 120.0
# Before each request a client looks at all of its connections, and few are ever in use at once.
LIMITS = httpx.Limits(max_connections=8)


class NotServed(RuntimeError):
    """There are no services to play on, or not fresh ones."""


@dataclass
class Place:
    """Services that run, and what is needed to call them."""

    runtime: Runtime
    bases: Mapping[str, str]
    patience: float = 0.0
    serving: several.Serving | None = None
    """What we started for it, if we did."""


@dataclass
class Subscriber:
    """The subscriber's process: where it listens, and what it got."""

    process: asyncio.subprocess.Process
    port: int
    http: httpx.AsyncClient

    async def subscribe(self, client: Client, area_code: str) -> None:
        """Make an endpoint at alerts and hand its secret, shown once, to the process."""
        url = f"http://127.0.0.1:{self.port}/"
        body = {"url": url, "types": list(TYPES), "areas": [area_code]}
        who: dict[str, Any] = {"role": "wage_office", "area": area_code}
        try:
            made = await client.call("POST", "/alerts/v1/endpoints", body=body, **who)
        except PlayFailed:
            # A secret whose answer was lost is not shown again: that endpoint is given up.
            lost = [e for e in await client.everything("/alerts/v1/endpoints") if e["url"] == url]
            if not lost:
                raise
            for one in lost:
                given_up = {"version": one["version"], "state": "disabled"}
                path = f"/alerts/v1/endpoints/{one['id']}"
                await client.call("PATCH", path, body=given_up, **who)
            made = await client.call("POST", "/alerts/v1/endpoints", body=body, **who)
        stdin = self.process.stdin
        if stdin is None:
            raise RuntimeError("the subscriber has no standard input")
        stdin.write(f"{made['secret']}\n".encode())
        await stdin.drain()

    async def received(self) -> Mapping[str, Any]:
        """Give what it received and verified."""
        answer = await self.http.get(f"http://127.0.0.1:{self.port}/received")
        told: Mapping[str, Any] = answer.raise_for_status().json()
        return told


@asynccontextmanager
async def _subscriber(http: httpx.AsyncClient) -> AsyncIterator[Subscriber]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.demo.subscriber",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        if process.stdout is None:
            raise RuntimeError("the subscriber has no standard output")
        port = int(await process.stdout.readline())
        yield Subscriber(process, port, http)
    finally:
        process.terminate()
        await process.wait()


async def tell(
    scenario: Scenario,
    runtime: Runtime,
    bases: Mapping[str, str],
    say: Say,
    *,
    patience: float = 0.0,
) -> dict[str, Any]:
    """Play a scenario against running services; give everything that came of it.

    A service that is away is waited for, for as many seconds as `patience` says.
    """
    say(f"播放情景 playing {scenario.name}: {scenario.begins:%Y-%m-%d} … {scenario.ends:%Y-%m-%d}")
    async with (
        httpx.AsyncClient(timeout=60, trust_env=False, limits=LIMITS) as http,
        _subscriber(http) as subscriber,
    ):
        player = Player(scenario, Client(runtime, bases, http, patience), say)
        await player.enter()
        await subscriber.subscribe(player.client, scenario.area_code)
        await player.play()
        return await document(player, await subscriber.received())


@asynccontextmanager
async def _served(data: Path, port: int, processes: int) -> AsyncIterator[Place]:
    """Serve all services in so many processes on a fresh embedded database."""
    runtime = _runtime(data)
    settings = {
        "DATA_DIR": str(data),
        "SCENARIO_CLOCK": "1",
        "EGRESS_ALLOW": "127.0.0.1/32:*",
        "LOG_LEVEL": "ERROR",
        # Whoever takes the webhooks is ours: what is told of at one instant goes out at once.
        "ALERTS_SEND_AT_ONCE_PER_LANE": "16",
    }
    elsewhere = ["KAFKA_BROKERS", "OIDC_ISSUER", "TOKEN_KEY", "FILES_URL"]
    elsewhere += [f"{name.upper()}_DATABASE_URL" for name in SERVICES]
    words = [word for name in elsewhere for word in ("-u", name)]
    words += [f"{name}={value}" for name, value in settings.items()]
    async with embedded(runtime) as ready, AsyncExitStack() as closing:
        serving = several.started(processes, "127.0.0.1", port, own=ready, settings=words)
        try:
            found = await closing.enter_async_context(serving)
        except typer.Exit:
            ports = f"port {port}" + (" or the next" if port and processes > 1 else "")
            raise NotServed(f"the services did not start; is {ports} in use?") from None
        bases = {name: base for base, share in found.items() for name in share}
        yield Place(runtime, bases, serving=found)


def _runtime(data: Path) -> Runtime:
    """Give what tokens are made with; whatever the environment says, the key lies there."""
    return Runtime(
        data_dir=data,
        embedded_sync=False,
        scenario_clock=True,
        kafka_brokers=None,
        database_url=None,
        oidc_issuer=None,
        token_key=data / "token.pem",
    )


@asynccontextmanager
async def of_ours(port: int, processes: int, say: Say) -> AsyncIterator[Place]:
    """Give services in processes of ours over a database, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="xinqing-demo-", ignore_cleanup_errors=True) as data:
        say("薪清 Xinqing: 正在准备数据库 making a database …")
        async with _served(Path(data), port, processes) as place:
            yield place


@asynccontextmanager
async def _of_a_cluster(folder: Path) -> AsyncIterator[Place]:
    """Give the services of the cluster whose data lie in a folder; refuse one that was used."""
    try:
        told = json.loads((folder / "cluster.json").read_text("utf-8"))
        bases = {name: str(told["services"][name]) for name in SERVICES}
    except (OSError, ValueError, LookupError, TypeError):
        raise NotServed(f"no cluster was ever started in {folder}: make cluster") from None
    place = Place(_runtime(folder), bases, PATIENCE)
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        for name in SERVICES:
            try:
                ready = (await http.get(f"{place.bases[name]}/readyz")).is_success
            except httpx.TransportError:
                ready = False
            if not ready:
                raise NotServed(
                    f"{name} of the cluster in {folder} is not ready: make cluster starts what "
                    "does not run, make cluster ARGS=status says more"
                )
        if await Client(place.runtime, place.bases, http).everything("/registry/v1/areas"):
            raise NotServed(
                "the cluster has played before, and its clock never runs back. To forget all its "
                "data and begin anew: make cluster ARGS=fresh"
            )
    yield place


@dataclass(frozen=True, slots=True)
class How:
    """How a play goes: whether its services go on, what is told of it where, who serves."""

    leave: bool
    as_json: bool
    ledger: Path = LEDGER
    processes: int = 1


async def perform(folder: Path, how: How, *, port: int, cluster: Path | None = None) -> None:
    """Play a folder, show what came of it; go on serving unless asked to leave.

    `cluster` is the folder of a running cluster to play on; without it the services are ours.
    """
    scenario = read(folder)
    # What is printed beside the one document goes where no program reads it.
    say: Say = partial(typer.echo, err=how.as_json)
    async with _of_a_cluster(cluster) if cluster else of_ours(port, how.processes, say) as place:
        told = await tell(scenario, place.runtime, place.bases, say, patience=place.patience)
        if told["ledger"]["rows"]:
            await _write(how.ledger, place, scenario.area_code, say)
        if how.as_json:
            typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
            return
        show(told, say, scenario.title)
        if not how.leave:
            invite(scenario, place, say)
            if place.serving:
                say("\nCtrl-C 结束 ends it.")
                await place.serving.one_ended()


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


async def _write(path: Path, place: Place, area: str, say: Say) -> None:
    """Write the arrears ledger as the wage office sends it."""
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
        content = await ledger_file(Client(place.runtime, place.bases, http), area)
    await asyncio.to_thread(_keep, path, content)
    say(f"欠薪处置台账已写入 arrears ledger written: {path}")


def invite(scenario: Scenario, place: Place, say: Say) -> None:
    """Say where to look, with requests that can be pasted."""
    roles = ["wage_office", "operator"]
    made = auth.make_token(place.runtime, subject="demo", roles=roles, areas=["0"])
    say("\n仍在运行，可继续查看 still serving. API docs:")
    for name in SERVICES:
        say(f"  {place.bases[name]}/{name}/docs")
    say(f"\n可直接粘贴 ready to paste:\n  TOKEN={made}")
    for path in (
        "cases/v1/watch-items?kind=transfer_missed",
        "payroll/v1/obligations",
        "alerts/v1/alerts",
        f"registry/v1/projects?area_code={scenario.area_code}",
    ):
        base = place.bases[path.split("/")[0]]
        say(f"  curl -s -H \"Authorization: Bearer $TOKEN\" '{base}/{path}'")
