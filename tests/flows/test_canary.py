"""The platform's canary: back while all works, told of past all that stands still, seen by nobody.

One process serves all services and is reached over a real socket, as its webhook comes back by one.
What stops a part holds it where it is, or lets it find nothing, as a loop that hangs or has ended.
"""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from services.alerts import actions as alerts
from services.alerts import settings as alerts_settings
from services.payroll import settings as payroll_settings
from services.payroll.rules.canary import Stage
from shared import app as composition
from shared import telemetry, watches
from shared.app import Running, create_app
from shared.auth import make_token
from shared.config import Runtime
from shared.roles import KNOWN_ROLES
from tests.fixtures.database import connected, load, names
from tests.fixtures.processes import ROOT, Cluster, ServiceProcess
from tests.postbox import Postbox, postbox
from tests.waiting import until

DONE, LONG = "received_at IS NOT NULL", "600"
# What may be stopped, and how far payroll sees the canary come then. In one process what a reader
# holds has not left the outbox, so the inbox looks as the relay does.
STOPS = {
    "payroll.relay": Stage.FOUND,
    "cases.inbox": Stage.FOUND,
    "payroll.timers": Stage.AWAITED,
    "payroll.find_missed_transfers": Stage.ENTERED,
    "alerts.deliveries": Stage.SENT,
}
MORE_STOPS = {
    "cases.relay": Stage.SENT,
    "alerts.inbox": Stage.SENT,
    "cases.timers": Stage.SENT,
    "alerts.timers": Stage.SENT,
}


class Operators(Postbox):
    """The operators' own server, which is told of alarms; it asks for no signature."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.told: list[dict[str, Any]] = []

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Keep what comes."""
        self.told.append(json.loads(body))
        return 204

    def states(self, since: int = 0) -> list[str]:
        return [one["state"] for one in self.told[since:]]


@dataclass
class House:
    """The process under test: what of it stands still, and its rows."""

    app: FastAPI
    urls: Mapping[str, str]
    operators: Operators
    stopped: set[str] = field(default_factory=set)

    def hold(self) -> None:
        """Put a gate before each part that can be stopped."""
        for one in self.running:
            name = one.service.name
            for what, inner in ((one.relay, "send"), (one.inbox, "_first")):
                part = f"{name}.{type(what).__name__.lower()}"
                setattr(what, inner, self.waits(part, getattr(what, inner)))
            works: Any = vars(one.rounds)["_works"]
            for work in list(works):
                works[work] = self._finds_nothing(f"{name}.{work}", works[work])

    @property
    def running(self) -> list[Running]:
        found: list[Running] = self.app.state.running
        return found

    def waits(
        self, name: str, work: Callable[..., Awaitable[object]]
    ) -> Callable[..., Awaitable[object]]:
        async def gated(*args: object) -> object:
            await until(lambda: name not in self.stopped, within=600)
            return await work(*args)

        return gated

    def _finds_nothing(
        self, name: str, work: Callable[[], Awaitable[int]]
    ) -> Callable[[], Awaitable[int]]:
        async def gated() -> int:
            return 0 if name in self.stopped else await work()

        return gated

    async def value(self, service: str, statement: str) -> Any:  # noqa: ANN401  what is asked
        async with connected(self.urls[service]) as connection:
            return await connection.fetchval(statement)

    async def rounds(self, which: str = "true") -> int:
        counted = f"SELECT count(*) FROM canary_rounds WHERE {which}"  # noqa: S608  our own words
        return int(await self.value("payroll", counted))


@asynccontextmanager
async def served(app: FastAPI, listening: socket.socket) -> AsyncIterator[None]:
    """Serve an app on a socket, with its loops, until the block ends."""
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5)
    )
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await until(lambda: server.started or task.done(), within=60)
        yield
    finally:
        server.should_exit = True
        await task


@pytest.fixture
def forgetful() -> Iterator[None]:
    """Let settings be read anew, before the test and after it."""
    kept = (payroll_settings.settings, payroll_settings.canary_is_on, alerts_settings.canary_url)
    for each in kept:
        each.cache_clear()
    yield
    for each in kept:
        each.cache_clear()


@pytest.fixture
async def house(
    home: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, forgetful: None
) -> AsyncIterator[House]:
    """Give all services with a canary that sets out again and again once its timers may run."""
    monkeypatch.setenv("SCENARIO_CLOCK", "0")
    monkeypatch.setenv("PAYROLL_CANARY_EVERY", "0.3")
    monkeypatch.setenv("PAYROLL_CANARY_WITHIN", LONG)
    monkeypatch.setenv("PAYROLL_CANARY_ALARM_EVERY", "0.2")
    monkeypatch.setattr(composition, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(watches, "EVERY", 0.1)
    async with postbox(Operators) as operators:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            monkeypatch.setenv("CANARY_URL", f"{address}/payroll/v1/canary")
            monkeypatch.setenv("PAYROLL_CANARY_ALARM_URL", operators.address)
            app = create_app([load(name) for name in names()], Runtime())
            made = House(app, home, operators)
            made.hold()
            made.stopped.add("payroll.timers")
            claim = made.waits("alerts.deliveries", alerts.deliveries.claim_deliveries)
            monkeypatch.setattr(alerts.deliveries, "claim_deliveries", claim)
            async with served(app, listening):
                yield made


def change(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Set how canaries fly from now on."""
    monkeypatch.setenv(f"PAYROLL_CANARY_{name}", value)
    payroll_settings.settings.cache_clear()


@pytest.mark.parametrize("stops", [STOPS, pytest.param(MORE_STOPS, marks=pytest.mark.soak)])
async def test_the_canary_comes_back_and_its_alarm_passes_whatever_stands_still(
    house: House, stops: Mapping[str, Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    house.stopped.clear()
    # All works: they come back, what each opened is closed, and nobody hears of anything.
    whole = f"back_at IS NOT NULL AND found_at IS NOT NULL AND {DONE}"
    await until(lambda: _some(house, whole, least=2), within=120)
    closed = "SELECT count(*) > 1 FROM {} WHERE kind = 'canary' AND state = 'closed'"
    for service, table in (("cases", "watch_items"), ("alerts", "alerts")):
        which = closed.format(table)
        await until(lambda service=service, which=which: house.value(service, which), within=120)
    assert house.operators.told == []
    for stopped, stage in stops.items():
        heard = len(house.operators.told)
        house.stopped.add(stopped)
        change(monkeypatch, "WITHIN", "0.01")
        await until(
            lambda heard=heard, stage=stage: _told(house.operators, heard, stage), within=30
        )
        # Once it works again the next one comes back, and operators hear that it is over.
        start = await house.value("payroll", "SELECT max(started_at)::text FROM canary_rounds")
        house.stopped.clear()
        later = f"started_at > '{start}' AND back_at IS NOT NULL"
        await until(lambda later=later: _some(house, later), within=120)
        change(monkeypatch, "WITHIN", LONG)
        await until(lambda heard=heard: "back" in house.operators.states(heard), within=120)
    # None of those that were lost is left open.
    left = "SELECT count(*) < 2 FROM watch_items WHERE kind = 'canary' AND state <> 'closed'"
    await until(lambda: house.value("cases", left), within=120)
    assert await house.value("payroll", "SELECT count(*) FROM canary_alarms") >= len(stops)


async def _some(house: House, which: str, least: int = 1) -> bool:
    return await house.rounds(which) >= least


def _told(operators: Operators, heard: int, stage: Stage) -> bool:
    """Say whether operators have heard since then that the canary is lost, and where it stopped."""
    return any(one["state"] == "lost" and one["stage"] == stage for one in operators.told[heard:])


# ---- in no list, count or export -------------------------------------------------------------

# What routes ask for in their query beyond what may be left out, where it is no choice.
ASKED = {
    "from_on": "2026-01-01",
    "to_on": "2026-01-31",
    "area_code": "0",
    "half_year": "2026H1",
    "credit_code": "91422828000090019X",
}


def reading(one: Running) -> Iterator[tuple[str, dict[str, str]]]:
    """Give the paths by which a service is read, with what each must be asked."""
    document = json.loads((ROOT / "docs/openapi" / f"{one.service.name}.json").read_bytes())
    for path, operations in document["paths"].items():
        if "get" in operations and path.startswith("/v1/"):
            said = operations["get"].get("parameters", [])
            asked = {}
            for each in said:
                if each["in"] == "query" and each["required"]:
                    name = each["schema"].get("$ref", "").rpartition("/")[2]
                    schema = document["components"]["schemas"].get(name, each["schema"])
                    asked[each["name"]] = schema.get("enum", [ASKED.get(each["name"])])[0]
            yield path, asked


def rows(content: bytes) -> bytes:
    """Give an export's rows, and what left; its first and last lines tell the instant, too."""
    shown = (b'{"kind":"row', b'{"kind":"left')
    return b"".join(line for line in content.splitlines() if line.startswith(shown))


async def seen(house: House, client: AsyncClient) -> dict[str, bytes]:
    """Give what every list, count and export shows to whoever may read everything."""
    shown = {}
    for one in house.running:
        for path, asked in reading(one):
            if "{" not in path and not path.endswith("/template"):  # a form to fill, no list
                at = f"/{one.service.name}{path}"
                answer = await client.get(at, params=asked)
                assert answer.status_code == 200, (at, asked, answer.text)
                shown[at] = rows(answer.content) if "/exports/" in at else answer.content
    return shown


async def test_nobody_sees_the_canary(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    change(monkeypatch, "EVERY", "3600")
    token = make_token(Runtime(), subject="all", roles=KNOWN_ROLES, areas=["0"], org=None)
    async with AsyncClient(
        transport=ASGITransport(house.app), base_url="http://tests",
        headers={"authorization": f"Bearer {token}"},
    ) as client:  # fmt: skip
        before, promises = await seen(house, client), await promised(house)
        house.stopped.add("alerts.deliveries")
        house.stopped.remove("payroll.timers")
        waiting = "SELECT count(*) > 0 FROM deliveries WHERE area_code = 'canary'"
        await until(lambda: house.value("alerts", waiting), within=120)
        # It is under way: its item and its alert are open, and wait for the webhook.
        opened = "SELECT count(*) FROM {} WHERE kind = 'canary' AND state <> 'closed'"
        for service, table in (("cases", "watch_items"), ("alerts", "alerts")):
            assert await house.value(service, opened.format(table)) > 0
        after = await seen(house, client)
        assert {at for at in before if before[at] != after[at]} <= {"/alerts/v1/duty-rosters/gaps"}
        assert [at for at, content in after.items() if b"canary" in content] == []
        await _is_unknown_by_its_ids(house, client)
        assert await promised(house) == promises
        for one in house.running:
            for name, broken in one.service.invariants.items():
                async with one.sessions.begin("test") as session:
                    assert await broken(session) == [], name
    house.stopped.clear()
    await until(lambda: _some(house, f"back_at IS NOT NULL AND {DONE}"), within=120)
    attempted = "SELECT count(*) > 0 FROM attempts"
    await until(lambda: house.value("alerts", attempted), within=120)
    assert await promised(house) == promises


# What the board of operations and the promise of detection are read from.
PROMISES = ("open_items", "deliveries", "delivery_accepted", "event_handled", "supervised")


async def promised(house: House) -> set[str]:
    """Give what metrics say of people's matters, measured now."""
    for one in house.running:
        for measure in one.service.measures:
            await measure(one.sessions)
    names = tuple(f"xinqing_{name}" for name in PROMISES)
    return {line for line in telemetry.exposition().decode().splitlines() if line.startswith(names)}


async def _is_unknown_by_its_ids(house: House, client: AsyncClient) -> None:
    """See that no route shows what is asked for by any id of the canary's rows."""
    ids: dict[str, UUID] = {
        "item_id": await house.value("cases", "SELECT id FROM watch_items LIMIT 1"),
        "alert_id": await house.value("alerts", "SELECT id FROM alerts LIMIT 1"),
        "delivery_id": await house.value("alerts", "SELECT id FROM deliveries LIMIT 1"),
        "endpoint_id": await house.value("alerts", "SELECT id FROM endpoints LIMIT 1"),
        "feed_id": await house.value("payroll", "SELECT id FROM bank_feeds LIMIT 1"),
        "batch_id": await house.value("payroll", "SELECT id FROM feed_batches LIMIT 1"),
    }
    tried = 0
    for one in house.running:
        for path, _ in reading(one):
            if "{" in path and all(name in ids for name in re.findall(r"{(\w+)}", path)):
                answer = await client.get(f"/{one.service.name}{path.format_map(ids)}")
                assert answer.status_code == 404, path
                tried += 1
    assert tried >= len(ids)


# ---- real processes on a real broker ---------------------------------------------------------


@pytest.mark.soak
@pytest.mark.kafka
async def test_a_process_that_is_killed_is_told_of_by_payroll_until_it_is_back(
    cluster: Cluster,
) -> None:
    async with postbox(Operators) as told:
        settings = {
            "SCENARIO_CLOCK": "0", "CANARY_URL": "", "PAYROLL_CANARY_ALARM_URL": told.address,
            "PAYROLL_CANARY_EVERY": "2", "PAYROLL_CANARY_WITHIN": "20",
            "PAYROLL_CANARY_ALARM_EVERY": "5",
        }  # fmt: skip
        made = {}
        for name in ("payroll", "registry", "cases", "alerts"):
            environment = {**cluster.environment, **settings}
            made[name] = ServiceProcess(name, cluster.folder, environment)
            if name == "payroll":
                settings["CANARY_URL"] = f"{made[name].base}/payroll/v1/canary"
                environment = {**cluster.environment, **settings}
                made[name]._environment.update(environment)  # noqa: SLF001  its port is known now
            cluster.processes[name] = [made[name]]
            made[name].launch()
        for process in made.values():
            await process.ready(cluster.client.http)

        async def back(since: str = "-infinity") -> bool:
            """Say whether one is back that set out after an instant."""
            async with connected(cluster.urls["payroll"]) as connection:
                newest = await connection.fetchval(
                    "SELECT count(*) FROM canary_rounds WHERE back_at IS NOT NULL"
                    " AND started_at > $1::text::timestamptz", since
                )  # fmt: skip
            return bool(newest)

        await until(back, within=60)
        for name in ("cases", "alerts"):
            heard = len(told.told)
            made[name].kill()
            await until(lambda heard=heard: _told(told, heard, Stage.SENT), within=90)
            made[name].launch()
            await until(lambda heard=heard: "back" in told.states(heard), within=90)
