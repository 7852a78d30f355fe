"""Broker away, database away: what was acknowledged is kept, told once and in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest

from shared import migrations
from shared.embedded import Server
from tests.fixtures.database import connected, load
from tests.fixtures.processes import Cluster, gathered
from tests.flows.folder import credit_code
from tests.kafka import KafkaBroker
from tests.waiting import until

pytestmark = pytest.mark.kafka


@dataclass
class Registrar:
    """Registers banks one after the other, each until it is acknowledged, and counts."""

    cluster: Cluster
    acknowledged: dict[str, str] = field(default_factory=dict)
    """The id that was given, by credit code."""
    refused: int = 0
    """Answers that said: not now, again after so many seconds."""

    async def enter_area(self, name: str = "湖北省") -> None:
        """Enter the area of all banks, or another name of it."""
        nation = {"code": "0", "name": "全国", "valid_from": "1949-10-01"}
        area = {"code": "42", "name": name, "parent_code": "0", "valid_from": "1949-10-01"}
        body = {"items": [nation, area]}
        await self.cluster.client.call("POST", "/registry/v1/areas", body=body)

    async def register(self, number: int) -> None:
        """Register one bank: again with the same key for as long as the answer is "not now"."""
        code, key = credit_code(str(number)), str(uuid4())
        body = {"credit_code": code, "name": f"银行{number}", "area_code": "42", "roles": ["bank"]}
        token = self.cluster.client.token("operator", "0")
        headers = {"authorization": f"Bearer {token}", "idempotency-key": key}
        while True:
            url = f"{self.cluster.client.bases['registry']}/registry/v1/organisations"
            answer = await self.cluster.client.http.post(url, json=body, headers=headers)
            if answer.status_code == httpx.codes.CREATED:
                self.acknowledged[code] = answer.json()["id"]
                return
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["content-type"] == "application/problem+json"
            self.refused += 1
            await asyncio.sleep(0.02)

    async def heard(self) -> list[str]:
        """Give the banks that payroll has heard of, in the order in which it handled them."""
        async with connected(self.cluster.urls["payroll"]) as connection:
            rows = await connection.fetch(
                "SELECT key FROM inbox WHERE type = 'registry.organisation_registered.v1'"
                " AND state = 'handled' ORDER BY handled_at"
            )
        return [row["key"] for row in rows]

    async def all_are_heard(self) -> bool:
        return sorted(await self.heard()) == sorted(self.acknowledged.values())


async def ready(cluster: Cluster, name: str) -> dict[str, Any]:
    """Give what a process says of its readiness, by the check's name, and its status."""
    answer = await cluster.client.http.get(f"{cluster.one(name).base}/readyz")
    checks = {check["name"]: check["state"] for check in answer.json()["checks"]}
    return checks | {"status": answer.status_code}


async def unsent(cluster: Cluster) -> int:
    async with connected(cluster.urls["registry"]) as connection:
        number: int = await connection.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
    return number


async def test_while_the_broker_is_away_work_goes_on_and_is_told_later_in_order(
    cluster: Cluster,
) -> None:
    await cluster.start("registry", "payroll")
    registrar = Registrar(cluster)
    await registrar.enter_area()
    await registrar.register(1)
    await until(registrar.all_are_heard)

    cluster.broker.stop(SIGKILL)
    for number in range(2, 12):
        await registrar.register(number)
    for name in ("first", "second", "third"):
        await registrar.enter_area(name)
    assert registrar.refused == 0
    assert await unsent(cluster) == 13
    told = await ready(cluster, "registry")
    assert (told["status"], told["bus"]) == (200, "warn"), told

    cluster.broker.start()
    await until(registrar.all_are_heard, within=60)
    await until(lambda: _is_called(cluster, "third"))
    assert await unsent(cluster) == 0
    async with connected(cluster.urls["payroll"]) as connection:
        rows = await connection.fetch(
            "SELECT convert_from(body, 'UTF8')::jsonb ->> 'name' AS name FROM inbox"
            " WHERE key = '42' ORDER BY handled_at"
        )
    assert [row["name"] for row in rows] == ["湖北省", "first", "second", "third"]


async def _is_called(cluster: Cluster, name: str) -> bool:
    async with connected(cluster.urls["payroll"]) as connection:
        known = await connection.fetchval("SELECT name FROM known_areas WHERE code = '42'")
    return bool(known == name)


@asynccontextmanager
async def own_server(folder: Path) -> AsyncIterator[tuple[Server, dict[str, str]]]:
    """Give a server of this test's own, that keeps what it has acknowledged when it is killed."""
    with Server(folder, fast=True) as server:
        urls = {}
        for name in ("registry", "payroll"):
            urls[name] = await migrations.ensure_database(server.url(), name, own_role=True)
            await migrations.upgrade(load(name), urls[name])
            async with connected(server.url()) as connection:
                await connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = on')
        yield server, urls


def crash(folder: Path) -> None:
    """Kill a server as a crash does; those who worked for it end by themselves."""
    process = psutil.Process(int((folder / "data" / "postmaster.pid").read_text().split()[0]))
    process.kill()
    process.wait(10)


@pytest.mark.parametrize("how", ["killed", pytest.param("stopped", marks=pytest.mark.soak)])
async def test_while_the_database_is_away_nothing_acknowledged_is_lost(
    kafka: KafkaBroker, tmp_path: Path, how: str
) -> None:
    folder = tmp_path / "postgres"
    async with own_server(folder) as (server, urls), gathered(urls, kafka, tmp_path) as cluster:
        await cluster.start("registry", "payroll")
        registrar = Registrar(cluster)
        await registrar.enter_area()
        await registrar.register(0)

        working = asyncio.create_task(_register(registrar, 1, 120))
        await until(lambda: len(registrar.acknowledged) > 20, within=30)
        if how == "killed":
            crash(folder)
        else:
            server.stop()
        await until(lambda: registrar.refused > 5, within=30)
        told = await ready(cluster, "registry")
        assert (told["status"], told["registry.database"]) == (503, "fail"), told
        server.start()
        await asyncio.wait_for(working, 60)

        await until(registrar.all_are_heard, within=60)
        listed = await cluster.client.everything("/registry/v1/organisations")
        ids = {one["credit_code"]: one["id"] for one in listed}
        assert ids == registrar.acknowledged
        assert len(listed) == len(ids) == 121
        assert (await ready(cluster, "registry"))["status"] == 200


async def _register(registrar: Registrar, first: int, last: int) -> None:
    for number in range(first, last + 1):
        await registrar.register(number)
