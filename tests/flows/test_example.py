"""The example rows of `scenarios/README.md`, written into their files, are a county that plays.

Of what it leaves `services invariants`, as an operator starts it, is green, and red for each spoilt
row. Services are stopped before rows are spoilt: what they can put right they put right at once.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from services.demo import months
from tests.fixtures.database import connected
from tests.fixtures.processes import ROOT, Town, at_home
from tests.flows import came, page
from tests.flows.playing import play

# What is spoilt by hand, by the rule that names it; what is unheard is missing with the listener.
SPOILT = {
    "payroll.unhandled_obligations": """
        UPDATE obligations SET status = 'due', missed_on = NULL
        WHERE id = (SELECT id FROM obligations WHERE missed_on IS NOT NULL ORDER BY id LIMIT 1)
        RETURNING id""",
    "payroll.without_timer": """
        INSERT INTO expectations (id, kind, source, area_code, name, unit_id, valid_from, state,
            counted_from, expected_by)
        VALUES (gen_random_uuid(), 'treasury', '0', '0', 'x', gen_random_uuid(), '2023-01-01',
            'awaited', '2023-01-01', '2023-02-01')
        RETURNING id""",
    "cases.closed_without_proof": """
        UPDATE watch_items SET close_reason = 'promised'
        WHERE id = (SELECT id FROM watch_items WHERE closed_at IS NOT NULL LIMIT 1)
        RETURNING id""",
    "cases.without_timer": """
        UPDATE timers SET state = 'cancelled' WHERE kind = 'level' AND state = 'armed'
            AND subject_id = (SELECT id FROM watch_items WHERE closed_at IS NULL LIMIT 1)
        RETURNING subject_id""",
    "alerts.without_timer": """
        UPDATE timers SET state = 'cancelled' WHERE state = 'armed' AND subject_id = (
            SELECT id FROM alerts WHERE state IN ('raised', 'sent') LIMIT 1)
        RETURNING subject_id""",
    "alerts.sent_twice": """
        WITH one AS (SELECT id FROM notices LIMIT 1), twice AS (
            INSERT INTO deliveries (id, key, lane, channel, type, area_code, notice_id, state,
                made_attempts, created_at, next_at)
            SELECT gen_random_uuid(), 'spoilt' || n, 'mail', 'mail', 'raised', '0', one.id,
                'delivered', 1, now(), now() FROM one, generate_series(1, 2) n)
        SELECT id FROM one""",
    "alerts.unsaid": """
        DELETE FROM deliveries WHERE id = (
            SELECT id FROM deliveries WHERE channel = 'inbox' LIMIT 1)
        RETURNING notice_id""",
    "cases→alerts.unheard": """
        DELETE FROM inbox WHERE id = (
            SELECT id FROM inbox WHERE type = 'cases.watch_item_opened.v1' LIMIT 1)
        RETURNING id""",
    "payroll→cases.untold": """
        DELETE FROM outbox WHERE id = (
            SELECT id FROM outbox WHERE type = 'payroll.transfer_missed.v1' LIMIT 1)
        RETURNING id""",
}


async def broken(town: Town) -> Mapping[str, tuple[int, list[str]]]:
    """Give the rules that the command finds broken: how often, and by which rows."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "services", "invariants", "--json"],
        cwd=ROOT, env=dict(town.environment), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    told = {one["name"]: one for one in json.loads(done.stdout)}
    assert told.keys() >= SPOILT.keys()
    found = {
        name: (one["count"], [each["id"] for each in one["first"]])
        for name, one in told.items()
        if one["count"]
    }
    assert done.returncode == bool(found)
    return found


async def check_example(town: Town, ends: date) -> None:
    """Compare what came of the page's rows with what was worked out by hand."""
    told = came.plain(await came.outcome(town.client))
    assert told == {
        "items": [
            (
                ("bank_feed_late", "yangli-a", "2023-03-24", "03-27 10:00"),
                ["blue 03-27 10:00", "yellow 03-28 09:00", "closed 03-28 15:00"],
            ),
            (
                ("transfer_missed", "YL-1", "2023-03", "03-28 15:00"),
                ["blue 03-28 15:00", "yellow 03-29 09:00", "open"],
            ),
            (
                ("transfer_missed", "YL-2", "2023-02", "03-11 00:00"),
                ["blue 03-11 00:00", "yellow 03-15 09:00", "orange 03-24 09:00", "open"],
            ),
        ],
        "proposals": [],
        "cases": [],
    }
    board = await came.board(town.client, ends, "investment_type")
    assert list(board) == ["government", "state_firm", "all"]
    assert board["government"] == (1, 0, 1, 0, "150000.00", 100)
    assert board["state_firm"] == (1, 1, 0, 0, "100000.00", 100)
    missed = {"period": "2023-03", "kind": "transfer_missed"}
    (item,) = await town.client.everything("/cases/v1/watch-items", **missed)
    shown = await town.client.call("GET", f"/cases/v1/watch-items/{item['id']}")
    assert {entry["what"] for entry in shown["timeline"]} >= {"answered", "acknowledged"}


async def check_wages(town: Town) -> None:
    """Compare what became of the page's payroll: one of four was paid by a second attempt."""

    async def seen(path: str) -> list[Any]:
        return await town.client.everything(path, seen_by="wage_office")

    (sheet,) = await seen("/payroll/v1/sheets")
    assert (sheet["status"], sheet["rows"], sheet["errors"]) == ("sent", 4, 0)
    # 20, 23, 20 and 20 days: the three of the crew by the day, the fourth by the month.
    assert (sheet["gross"], sheet["net"]) == ("18720.00", "17475.00")
    roster = await seen(f"/payroll/v1/projects/{sheet['project_id']}/roster-entries")
    left = [one["left_on"] for one in roster]
    assert sorted(left, key=str) == ["2023-03-29", None, None, None]
    (batch,) = await seen("/payroll/v1/disbursements")
    assert (batch["state"], batch["disbursement"]["rounds"]) == ("settled", 2)
    assert batch["tally"]["settled"] == {"lines": 4, "total": "17475.00"}
    # The gates saw all four; what the third said was settled within the hour.
    (month,) = await months.of_all(town.client)
    names = ("period", "projects", "attendance_told", "attended", "attended_paid", "disputed")
    assert [month[name] for name in names] == ["2023-03", 1, 1, 4, 4, 0]
    (item,) = await town.client.everything("/cases/v1/watch-items", kind="receipt_disputed")
    assert (item["level"], item["close_reason"]) == ("yellow", "dispute_closed")
    lives = [came.china(item[name]) for name in ("opened_at", "closed_at")]
    assert [f"{one:%m-%d %H:%M}" for one in lives] == ["04-04 11:15", "04-04 11:45"]


async def test_the_pages_example_plays_is_whole_at_rest_and_each_spoilt_row_is_named(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    page.example(tmp_path / "example")
    async with at_home(home, tmp_path) as town:
        player = await play(tmp_path / "example", town.client)
        await check_example(town, player.scenario.ends.date())
        await check_wages(town)
        assert await broken(town) == {}
    spoilt = {}
    for name, statement in SPOILT.items():
        service = "alerts" if name.endswith("unheard") else name.partition("→")[0].partition(".")[0]
        async with connected(town.urls[service]) as connection:
            spoilt[name] = str(await connection.fetchval(statement))
    found = await broken(town)
    assert found.keys() == spoilt.keys()
    for name, row_id in spoilt.items():
        assert found[name] == (1, [row_id]), name
