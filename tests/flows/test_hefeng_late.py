"""What would be in the county of `scenarios/hefeng` if one bank's feed came late: a part of it."""

import csv
import json
from datetime import date, datetime
from pathlib import Path

from tests.fixtures.processes import ROOT, Town
from tests.flows import came, reference, written
from tests.flows.playing import play
from tests.flows.reference import at

HEFENG = ROOT / "scenarios" / "hefeng"
# Of months before the part begins.
PAYROLLS = (
    *("crews.csv", "attendance.csv", "gates.csv"),
    *("payrolls.csv", "returned.csv", "disputes.csv", "cases.csv", "case_acts.csv"),
)


def _a_part(folder: Path, project: str, late: tuple[str, date, datetime]) -> None:
    """Write what the county's files say of one project and its bank, from 20 June on."""
    folder.mkdir()
    settings = json.loads((HEFENG / "scenario.json").read_text("utf-8"))
    settings["from"] = at(date(2023, 6, 20)).isoformat()
    (folder / "scenario.json").write_text(json.dumps(settings), "utf-8")
    files = {path.name: written.rows(HEFENG, path.name) for path in HEFENG.glob("*.csv")}
    (account,) = [row for row in files["wage_accounts.csv"] if row["project"] == project]
    for name, rows in files.items():
        kept = [
            row
            for row in rows
            if row.get("project", project) == project
            and (row.get("code") == project or name != "projects.csv")
            and (row.get("code") == account["source"] or name != "sources.csv")
            and row.get("account_no", account["account_no"]) == account["account_no"]
            and row.get("at", "2023-06-20") >= "2023-06-20"
            and name not in {"late_feeds.csv", "acts.csv", *PAYROLLS}
            and row.get("person", "") in {"", project}
        ]
        for row in kept:
            row |= {
                name: new
                for name, new in (
                    ("first_period", "2023-06"),
                    ("opened_on", "2023-06-20"),
                    ("from_day", "2023-06-20"),
                    ("agreement_on", ""),
                    ("filed_on", ""),
                )
                if name in row
            }
        if name == "late_feeds.csv":
            source, day, sent_at = late
            kept = [{"source": source, "day": f"{day}", "sent_at": sent_at.isoformat()}]
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(kept)


async def test_a_late_feed_holds_back_the_miss_that_it_proves(
    household: Town, tmp_path: Path
) -> None:
    came_at = at(date(2023, 6, 30), "09:40")
    _a_part(tmp_path / "part", "HF-JT-12", ("jia-hefeng", date(2023, 6, 28), came_at))
    await play(tmp_path / "part", household.client)
    outcome = await came.outcome(household.client)
    items = {item.kind: item for item in outcome.items}
    assert len(items) == len(outcome.items) == 2
    # In the county it opens on 29 June at 08:30, when that bank's feed comes.
    assert items["transfer_missed"].opened == came_at
    assert items["bank_feed_late"].opened == at(date(2023, 6, 29), "10:00")
    assert items["bank_feed_late"].closed == came_at
    assert came.differences(outcome, reference.outcome(written.county(tmp_path / "part"))) == []
