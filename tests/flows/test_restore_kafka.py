"""The drill on a real broker: a restored database is found older than the bus, and mended."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import make_url

from shared import clock
from tests.fixtures.database import Databases, connected
from tests.fixtures.processes import Cluster, Town
from tests.flows.test_crashes import BEGINS, begin, look, move, source, until_found
from tests.flows.test_restore import tool
from tests.waiting import until

pytestmark = [pytest.mark.kafka, pytest.mark.soak]

_DAY = timedelta(days=1)
ITEMS = "SELECT count(*) FROM watch_items"
# What others know of the items, and where they stand: the same rows before and after.
STAND = """
    SELECT json_agg(
        json_build_array(id, key, state, level, step, step_at, due_at) ORDER BY key
    )::text FROM watch_items
"""
SAID = "SELECT json_agg(json_build_array(id, type, body) ORDER BY id)::text FROM outbox"
ALL_SENT = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"


async def test_a_database_older_than_the_bus_is_found_and_mended(
    cluster: Cluster, databases: Databases, tmp_path: Path
) -> None:
    await begin(cluster, "registry", "payroll", "cases")
    first = clock.day_of(BEGINS) + _DAY
    await source(cluster, "S1", first)
    await move(cluster, "payroll", clock.at(first))
    await move(cluster, "payroll", clock.at(first + _DAY, 10))
    await until_found(cluster, "cases", 1, ITEMS)

    dump = str(tmp_path / "cases.dump")
    await asyncio.to_thread(tool, "pg_dump", "-Fc", "-f", dump, cluster.urls["cases"])
    # Since the backup: the item climbs, and the next day is late as well.
    await move(cluster, "cases", clock.at(first + 2 * _DAY, 9))
    await move(cluster, "payroll", clock.at(first + 2 * _DAY, 10))
    await until_found(cluster, "cases", 2, ITEMS)
    await until_found(cluster, "cases", 0, ALL_SENT)
    await until(lambda: _committed(cluster), within=30)
    stand, said = await look(cluster, "cases", STAND), await look(cluster, "cases", SAID)

    cases = cluster.one("cases")
    cases.ask_to_end()
    await cases.ended()
    url = make_url(cluster.urls["cases"])
    async with connected(databases.superuser) as connection:
        await connection.execute(f'DROP DATABASE "{url.database}" WITH (FORCE)')
        await connection.execute(
            f'CREATE DATABASE "{url.database}" OWNER "{url.username}" TEMPLATE template0'
        )
    how = ("--no-owner", "--exit-on-error", "-d", cluster.urls["cases"], dump)
    await asyncio.to_thread(tool, "pg_restore", *how)

    cases.launch()
    await until(lambda: _says(cluster, 503, "has not heard, from the bus: 1 events"), within=60)
    assert await _says(cluster, 503, "but the bus heard: 2 events")
    assert await look(cluster, "cases", ITEMS) == 1, "nothing is read and nothing fires"
    cases.ask_to_end()
    await cases.ended()

    assert "payroll → cases: 1 events" in await cluster.command("restored", "cases")
    await cluster.again(cases)
    await until(lambda: _says(cluster, 200, "what was said and heard is all here"), within=60)
    assert await look(cluster, "cases", STAND) == stand
    assert await look(cluster, "cases", SAID) == said


async def _committed(town: Town) -> bool:
    told = await town.client.call("GET", "/cases/scenario/idle")
    return bool(told["lag"] == 0)


async def _says(cluster: Cluster, status: int, words: str) -> bool:
    """Say whether cases' readiness answers so, with these words on where its database stands."""
    try:
        answer = await cluster.client.http.get(f"{cluster.one('cases').base}/readyz")
    except httpx.TransportError:
        return False
    checks: list[dict[str, Any]] = answer.json()["checks"]
    (standing,) = (each["words"] for each in checks if each["name"] == "cases.standing")
    return answer.status_code == status and words in standing
