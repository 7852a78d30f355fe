"""The example rows of `scenarios/README.md`, written into their files, are a county that plays."""

from pathlib import Path

from tests.fixtures.processes import Town
from tests.flows import came, page
from tests.flows.playing import play


async def test_the_pages_example_rows_play(household: Town, tmp_path: Path) -> None:
    page.example(tmp_path / "example")
    player = await play(tmp_path / "example", household.client)

    told = came.plain(await came.outcome(household.client))
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
    board = await came.board(household.client, player.scenario.ends.date(), "investment_type")
    assert list(board) == ["government", "state_firm", "all"]
    assert board["government"] == (1, 0, 1, 0, "150000.00", 100)
    assert board["state_firm"] == (1, 1, 0, 0, "100000.00", 100)
    item = (await household.client.everything("/cases/v1/watch-items", period="2023-03"))[0]
    shown = await household.client.call("GET", f"/cases/v1/watch-items/{item['id']}")
    assert {entry["what"] for entry in shown["timeline"]} >= {"answered", "acknowledged"}

    (sheet,) = await household.client.everything("/payroll/v1/sheets", seen_by="wage_office")
    assert (sheet["status"], sheet["rows"], sheet["errors"]) == ("approved", 4, 0)
    # 20, 23, 20 and 20 days: the three of the crew by the day, the fourth by the month.
    assert (sheet["gross"], sheet["net"]) == ("18720.00", "17475.00")
    roster = f"/payroll/v1/projects/{sheet['project_id']}/roster-entries"
    left = [
        one["left_on"] for one in await household.client.everything(roster, seen_by="wage_office")
    ]
    assert sorted(left, key=str) == ["2023-03-29", None, None, None]
