"""Days on which rows change, and what lists told at their ends, beside exports as of them."""

import json
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from httpx import AsyncClient

from shared import clock
from shared.db import Session
from tests.fixtures.service import Time

FIRST, DAYS = date(2023, 3, 6), 5
Rows = dict[str, dict[str, Any]]


async def listed(client: AsyncClient, path: str) -> Rows:
    """Give all that a list tells now, by id."""
    rows: Rows = {}
    asked = {"limit": "200"}
    while True:
        page = (await client.get(path, params=asked)).raise_for_status().json()
        rows |= {row["id"]: row for row in page["items"]}
        if page["next"] is None:
            return rows
        asked["cursor"] = page["next"]


async def told(client: AsyncClient, path: str, **asked: str) -> tuple[list[Any], list[str]]:
    """Give rows and ids of those that left, of an export that came to its end."""
    service, _, name = path.strip("/").split("/")
    answer = await client.get(f"/{service}/v1/exports/{name}", params=asked)
    assert answer.status_code == 200, answer.text
    lines = [json.loads(line) for line in answer.text.splitlines()]
    rows = [line["row"] for line in lines if line["kind"] == "row"]
    left = [line["id"] for line in lines if line["kind"] == "left"]
    assert lines[-1]["kind"] == "end"
    assert (lines[-1]["rows"], lines[-1]["left"]) == (len(rows), len(left))
    assert lines[0]["day"] == asked["as_of"]
    return rows, left


async def check_past(
    session: Session,
    client: AsyncClient,
    time: Time,
    path: str,
    change: Callable[[], Awaitable[None]],
) -> None:
    """Let rows change twice a day; then hold each day's export against what its list told."""
    truth: dict[date, Rows] = {}
    for day in (FIRST + timedelta(days=ahead) for ahead in range(DAYS)):
        for hour in (8, 15):
            time.move_to(clock.at(day, hour))
            await change()
            await session.flush()
        time.move_to(clock.at(day, 23, 59))
        truth[day] = await listed(client, path)
    time.move_to(clock.at(FIRST + timedelta(days=DAYS), 9))
    await change()
    await session.flush()
    assert len({json.dumps(rows, sort_keys=True) for rows in truth.values()}) == DAYS
    for day, rows in truth.items():
        assert await told(client, path, as_of=str(day)) == (
            [rows[each] for each in sorted(rows)],
            [],
        )
        for since, earlier in truth.items():
            if since < day:
                fresh = [rows[each] for each in sorted(rows) if rows[each] != earlier.get(each)]
                gone = sorted(earlier.keys() - rows.keys())
                assert await told(client, path, as_of=str(day), since=str(since)) == (fresh, gone)
