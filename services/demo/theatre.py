"""One performance: services and a subscriber are started, a scenario played, the page shown."""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import typer

from services.demo.board import document, show
from services.demo.facts import Scenario, read
from services.demo.player import Player
from services.demo.stage import SERVICES, Client
from shared import auth
from shared.config import Runtime

Say = Callable[[str], None]
TYPES = (
    "cases.watch_item_opened.v1",
    "cases.watch_item_raised.v1",
    "cases.watch_item_closed.v1",
    "cases.watch_item_step_reached.v1",
    "cases.case_proposed.v1",
    "cases.arrears_case_opened.v1",
)


class NotServed(RuntimeError):
    """The services did not come up; their own words stand on standard error."""


@dataclass
class Subscriber:
    """The subscriber's process: where it listens, and what it got."""

    process: asyncio.subprocess.Process
    port: int
    http: httpx.AsyncClient

    async def subscribe(self, client: Client, area_code: str) -> None:
        """Make an endpoint at alerts and hand its secret, shown once, to the process."""
        made = await client.call(
            "POST",
            "/alerts/v1/endpoints",
            role="wage_office",
            area=area_code,
            body={
                "url": f"http://127.0.0.1:{self.port}/",
                "types": list(TYPES),
                "areas": [area_code],
            },
        )
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
    scenario: Scenario, runtime: Runtime, bases: Mapping[str, str], say: Say
) -> dict[str, Any]:
    """Play a scenario against running services; give everything that came of it."""
    say(f"播放情景 playing {scenario.name}: {scenario.begins:%Y-%m-%d} … {scenario.ends:%Y-%m-%d}")
    async with (
        httpx.AsyncClient(timeout=60, trust_env=False) as http,
        _subscriber(http) as subscriber,
    ):
        player = Player(scenario, Client(runtime, bases, http), say)
        await player.enter()
        await subscriber.subscribe(player.client, scenario.area_code)
        await player.play()
        return await document(player, await subscriber.received())


@asynccontextmanager
async def _served(data: Path, port: int) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """Serve all services in a process of their own on a fresh embedded database; give where."""
    settings = {
        "DATA_DIR": str(data),
        "SCENARIO_CLOCK": "1",
        "EGRESS_ALLOW": "127.0.0.1/32:*",
        "LOG_LEVEL": "ERROR",
    }
    elsewhere = ["KAFKA_BROKERS", "DATABASE_URL", "OIDC_ISSUER", "TOKEN_KEY", "FILES_URL"]
    elsewhere += [f"{name.upper()}_DATABASE_URL" for name in SERVICES]
    unset = [word for name in elsewhere for word in ("-u", name)]
    process = await asyncio.create_subprocess_exec(
        "env",
        *unset,
        *(f"{name}={value}" for name, value in settings.items()),
        sys.executable,
        "-m",
        "services",
        "serve",
        "all",
        "--port",
        str(port),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        said = await process.stdout.readline() if process.stdout else b""
        if not said.startswith(b"serving "):
            raise NotServed(f"the services did not start; is port {port} in use?")
        yield said.decode().split()[1], process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def perform(folder: Path, *, leave: bool, as_json: bool, port: int) -> None:
    """Play a folder, show what came of it; go on serving unless asked to leave."""
    scenario = read(folder)
    with tempfile.TemporaryDirectory(prefix="xinqing-demo-", ignore_cleanup_errors=True) as data:
        # Whatever the environment says, the services below have nothing but this folder.
        runtime = Runtime(
            data_dir=Path(data),
            scenario_clock=True,
            kafka_brokers=None,
            database_url=None,
            oidc_issuer=None,
            token_key=None,
        )
        say: Say = _nothing if as_json else typer.echo
        say("薪清 Xinqing: 正在准备数据库 making a database …")
        async with _served(Path(data), port) as (base, process):
            told = await tell(scenario, runtime, dict.fromkeys(SERVICES, base), say)
            if as_json:
                typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
                return
            show(told, say)
            if not leave:
                invite(scenario, runtime, base, say)
                await process.wait()


def _nothing(_: str) -> None:
    return


def invite(scenario: Scenario, runtime: Runtime, base: str, say: Say) -> None:
    """Say where to look, with requests that can be pasted."""
    made = auth.make_token(runtime, subject="demo", roles=["wage_office", "operator"], areas=["0"])
    say("\n仍在运行，可继续查看 still serving. API docs:")
    for name in SERVICES:
        say(f"  {base}/{name}/docs")
    say(f"\n可直接粘贴 ready to paste:\n  TOKEN={made}")
    for path in (
        "cases/v1/watch-items?kind=transfer_missed",
        "payroll/v1/obligations",
        "alerts/v1/alerts",
        f"registry/v1/projects?area_code={scenario.area_code}",
    ):
        say(f"  curl -s -H \"Authorization: Bearer $TOKEN\" '{base}/{path}'")
    say("\nCtrl-C 结束 ends it.")
