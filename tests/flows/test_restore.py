"""The drill: back up, lose one database, restore it, follow the handbook; the board is the same.

The steps are those of docs/operations/restore.md, each by its command. What people had done since
the backup, and no event tells of, they do again.
"""

import asyncio
import csv
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner

from services.__main__ import cli
from services.demo.board import document
from services.demo.facts import read
from services.demo.player import Fact, Player
from shared import clock, embedded
from tests.fixtures.database import Databases, connected
from tests.fixtures.processes import ROOT, Town, at_home
from tests.flows.folder import credit_code
from tests.postbox import Postbox, postbox
from tests.waiting import until

COUNTY = "422828"
# Before all of it the developer has been told of the miss of April, and nobody has answered.
HALF_WAY = datetime.fromisoformat("2023-04-27T12:00:00+08:00")
REGISTERED_AT = datetime.fromisoformat("2023-05-04T10:00:00+08:00")
CONFIRMED_AT = datetime.fromisoformat("2023-05-31T15:00:00+08:00")
ENDS = datetime.fromisoformat("2023-06-01T12:00:00+08:00")
WHOLE = "what was said was heard, and what was heard was said\n"

# What each must say of its own once it is restored and nothing else is done.
LACKING = {
    "registry": ["payroll heard: 4 events", "registry.works_contract_signed.v1 1"],
    "payroll": ["from registry: 4 events", "cases heard: 45 events", "bank_feed_completed.v1 35"],
    "cases": [
        "from payroll: 45 events",
        "alerts.alert_acknowledged.v1 1",
        "alerts heard: 40 events",
    ],
    "alerts": ["from cases: 40 events", "alerts.alert_acknowledged.v1 1"],
}
ANEW = {
    "registry": "5 events",
    "payroll": "38 events",
    "cases": "nothing",
    "alerts": "nothing",
}
# Lost with a database, because no event tells it: who acted, and what he wrote beside it.
UNTOLD = {"actor", "decided_by", "opened_by", "note", "explanation"}
# The bank's files came again, on another day, which is the day of what they showed.
SENT_AGAIN = {"feed": {"closed_at", "completed_at"}, "obligations": {"missed_on"}}


def tool(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs, of the server's version."""
    program = embedded._wheel() / "bin" / name  # noqa: SLF001  tests need more of it than services
    subprocess.run([program, *arguments], check=True)


@dataclass
class Drill:
    """The databases of all services, their backups of half-way, and a subscriber."""

    urls: Mapping[str, str]
    superuser: str
    folder: Path
    box: Postbox
    player: "BackingUp" = field(init=False)
    board: dict[str, Any] = field(init=False)
    pushed: int = field(init=False)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[Town]:
        """Serve all services, and let the player speak to them."""
        async with at_home(self.urls, self.folder) as town:
            self.player.client = self.player.stage.client = town.client
            yield town

    async def play(self) -> None:
        """Play the story to its end, and keep the board."""
        async with at_home(self.urls, self.folder) as town:
            self.player = BackingUp(read(spring(self.folder / "spring")), town.client, str)
            self.player.drill = self
            await self.player.enter()
            await self.box.subscribe(town.client, COUNTY)
            await self.player.play()
            self.board = await board(self.player)
        self.pushed = len(self.box.arrivals)

    async def back_up(self) -> None:
        """Dump each database while everything is served."""
        for name, url in self.urls.items():
            await asyncio.to_thread(tool, "pg_dump", "-Fc", "-f", self._dump(name), url)

    def _dump(self, name: str) -> str:
        return str(self.folder / f"{name}.dump")

    async def restore(self, name: str) -> None:
        """Put one database back to its backup."""
        url = make_url(self.urls[name])
        async with connected(self.superuser) as connection:
            await connection.execute(f'DROP DATABASE "{url.database}"')
            await connection.execute(
                f'CREATE DATABASE "{url.database}" OWNER "{url.username}" TEMPLATE template0'
            )
        how = ("--no-owner", "--exit-on-error", "-d", self.urls[name], self._dump(name))
        await asyncio.to_thread(tool, "pg_restore", *how)

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Run `services …` in a thread of this process; give its exit code and what it says."""
        ended = await asyncio.to_thread(CliRunner().invoke, cli, arguments)
        return ended.exit_code, ended.output


class BackingUp(Player):
    """Plays a story, backs everything up half-way, and does what the files do not tell."""

    drill: Drill

    def _happenings(self) -> list[Fact]:
        more = [
            Fact(HALF_WAY, self.drill.back_up),
            Fact(REGISTERED_AT, self.register),
            Fact(CONFIRMED_AT, self.confirm),
        ]
        return [*super()._happenings(), *more]

    async def register(self) -> None:
        """Register a company that builds for itself, its project without account, the contract."""
        body: dict[str, Any] = {"credit_code": credit_code("后来的"), "name": "后来登记的单位"}
        body |= {"area_code": COUNTY, "roles": ["contractor", "developer"], "trades": []}
        company = (await self._post("/registry/v1/organisations", body))["id"]
        body = {"code": "LATER", "name": "后来登记的项目", "area_code": COUNTY}
        body |= {"developer_id": company, "investment_type": "private", "status": "003"}
        project = (await self._post("/registry/v1/projects", body, role="wage_office"))["id"]
        terms = {"basis": "per_period", "amount": "1000.00", "cycle_months": 1}
        terms |= {"first_period": "2023-05", "last_period": "2023-06", "transfer_day": 25}
        terms |= {"transfer_month": "same", "due_shift": "backwards"}
        body = {"project_id": project, "number": "1", "contractor_id": company}
        body |= {"signed_on": "2023-05-04", "contract_amount": "2000.00", "labour_cost": terms}
        await self._post("/registry/v1/works-contracts", body, role="wage_office")

    async def confirm(self) -> None:
        """Let the wage office confirm the open proposal."""
        (proposal,) = await self.client.everything("/cases/v1/proposals", state="open")
        path = f"/cases/v1/proposals/{proposal['id']}/confirm"
        await self._post(path, None, role="wage_office", area=COUNTY)

    async def again(self, name: str) -> None:
        """Do again what people had done in a service since the backup."""
        if name == "registry":
            await self.register()
        elif name == "payroll":
            (source,) = self.scenario.rows("sources.csv")
            day = clock.day_of(HALF_WAY)
            while clock.day_end(day) < ENDS:
                await self._feed(source, day)
                day += timedelta(days=1)


def spring(folder: Path) -> Path:
    """Write the first scenario's folder from mid-April to the first of June."""
    shutil.copytree(ROOT / "scenarios" / "first", folder)
    told = json.loads((folder / "scenario.json").read_text())
    told |= {"from": "2023-04-17T00:00:00+08:00", "until": ENDS.isoformat()}
    (folder / "scenario.json").write_text(json.dumps(told))
    _change(folder / "sources.csv", lambda row: row | {"from_day": "2023-04-20"})
    _change(folder / "wage_accounts.csv", lambda row: row | {"opened_on": "2023-04-20"})
    _change(folder / "filings.csv", lambda row: row | {"filed_on": "", "agreement_on": ""})
    _change(
        folder / "works_contracts.csv",
        lambda row: (
            row
            | {"signed_on": "2023-04-17", "first_period": "2023-04"}
            # What was spread over four periods is spread over two.
            | ({"share": "12.5"} if row["share"] else {})
        ),
    )
    _change(folder / "lines.csv", lambda row: row if row["at"] > "2023-04-20" else None)
    # Its wages and what people tell of them are another story.
    for name in ("crews", "attendance", "payrolls", "returned", "disputes", "cases", "case_acts"):
        (folder / f"{name}.csv").unlink()
    return folder


def _change(path: Path, change: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    rows = list(csv.DictReader(path.read_text().splitlines()))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept for row in rows if (kept := change(row)))


async def board(player: Player) -> dict[str, Any]:
    """Give the board as the demo shows it, but for what no event tells of."""
    told: dict[str, Any] = _plain(await document(player, {}))
    for alert in told["alerts"]:
        _leave_out_ties(alert)
    for one in (*told["watch_items"], *told["alerts"]):
        # What fell due in two services at one instant came in either order.
        one["timeline"].sort(key=lambda line: (line["at"], json.dumps(line, sort_keys=True)))
    return {name: value for name, value in told.items() if name != "deliveries"}


def _leave_out_ties(alert: dict[str, Any]) -> None:
    """Leave out a rung that fell due at the very instant at which a higher alert took over.

    Whether it was climbed is chance, the first time too: two services did it at once.
    """
    taken = {line["at"] for line in alert["timeline"] if line["entry"] == "superseded"}
    if taken:
        del alert["step"]

    def climbed(line: dict[str, Any], at: str) -> bool:
        why = {line.get("entry"), line.get("reason"), line.get("details", {}).get("reason")}
        return line[at] in taken and "escalated" in why

    alert["timeline"] = [line for line in alert["timeline"] if not climbed(line, "at")]
    alert["notices"] = [line for line in alert["notices"] if not climbed(line, "told_at")]


def _plain(told: Any, within: str = "") -> Any:  # noqa: ANN401  JSON
    """Leave out when a row was written, and the ids of lines that nobody names."""
    if isinstance(told, list):
        return [_plain(one, within) for one in told]
    if not isinstance(told, Mapping):
        return told
    hidden = UNTOLD | {"changed_at", "next_at"}
    hidden |= {"id"} if within in {"timeline", "notices", "deliveries"} else set()
    hidden |= SENT_AGAIN.get(within, set())
    return {name: _plain(one, name) for name, one in told.items() if name not in hidden}


async def _ready(town: Town) -> httpx.Response:
    """Give what readiness says, once the databases have been compared."""
    told: list[httpx.Response] = []

    async def compared() -> bool:
        told[:] = [await town.client.http.get("http://household/readyz")]
        return "not yet compared" not in told[0].text

    await until(compared, within=30)
    return told[0]


@pytest.mark.parametrize(
    "names",
    [
        ["cases"],
        # Cases hears again from a payroll that was restored itself, and so on.
        pytest.param(["payroll", "cases", "alerts", "registry"], marks=pytest.mark.soak),
    ],
    ids=",".join,
)
async def test_a_database_is_restored_earlier_than_the_others(
    home: Mapping[str, str], databases: Databases, tmp_path: Path, names: list[str]
) -> None:
    async with postbox() as box:
        drill = Drill(home, databases.superuser, tmp_path, box)
        await drill.play()
        assert drill.pushed > 10
        for name in names:
            await drill.restore(name)
            await _says_what_is_missing(drill, name)
            await _is_mended(drill, name)


async def _says_what_is_missing(drill: Drill, name: str) -> None:
    """Readiness and check name what is missing, and nothing of it runs."""
    async with drill.served() as town:
        told = await _ready(town)
        failing = [one for one in told.json()["checks"] if one["state"] == "fail"]
        assert told.status_code == 503, told.text
        assert [one["name"] for one in failing] == [f"{name}.standing"], told.text
        assert [words for words in LACKING[name] if words not in failing[0]["words"]] == [], told
        assert (await town.client.http.get("http://household/healthz")).status_code == 200
        before = await town.client.call("GET", f"/{name}/scenario/next")
    code, said = await drill.command("compare")
    assert (code, [words for words in LACKING[name] if words not in said]) == (1, []), said
    assert datetime.fromisoformat(before["now"]) == HALF_WAY, "the clock door is shut"


async def _is_mended(drill: Drill, name: str) -> None:
    """After the handbook's steps the board is the same, and nobody has heard anything twice."""
    code, said = await drill.command("restored", name)
    assert code == 0, said
    assert f"{name} worked until {ENDS.isoformat()}" in said
    anew = said.splitlines()[-1]
    assert anew.startswith(f"to be entered anew, because others heard it: {ANEW[name]}"), said
    player = drill.player
    async with drill.served() as town:
        assert (await _ready(town)).status_code == 200
        await player.stage.settle()
        assert "is being served" in (await drill.command("restored", name))[1]
        await player.again(name)
        await player.stage.happened(ENDS)
        assert await board(player) == drill.board
    if name == "registry":  # A change is told under an id of its own; what was entered holds it.
        assert (await drill.command("compare"))[0] == 1
        assert (await drill.command("settle", name, "--reason", "entered again"))[0] == 0
    assert await drill.command("compare") == (0, WHOLE)
    assert (await drill.command("audit", "verify", name))[0] == 0
    box = drill.box
    assert (len(box.arrivals), box.refused) == (drill.pushed, 0)
    assert [each for each, came in box.arrivals.items() if len(came) != 1] == []


async def test_a_database_that_does_not_answer_is_named_by_the_check(
    home: Mapping[str, str], databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drill = Drill(home, databases.superuser, tmp_path, Postbox(""))
    assert await drill.command("compare") == (0, WHOLE)
    monkeypatch.setenv("CASES_DATABASE_URL", f"postgresql://cases@/cases?host={tmp_path}")
    code, said = await drill.command("compare")
    assert (code, "cases is not compared" in said, WHOLE in said) == (1, True, False), said
    assert (await drill.command("replay", "all", "--to", "alerts"))[0] != 0
    monkeypatch.setenv("CASES_DATABASE_URL", home["cases"])
    code, said = await drill.command("replay", "all", "--to", "alerts")
    lines = [f"{name} → alerts: 0 events" for name in ("cases", "payroll", "registry")]
    assert (code, said.splitlines()) == (0, lines)
