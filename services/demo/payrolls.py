"""Plays the contractors: rosters, attendance of gates, and payroll sheets from upload on."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from services.demo import papers, workers
from services.demo.banks import Banks
from services.demo.facts import Row, Scenario
from services.demo.papers import File, Head
from services.demo.stage import ALONE, Client, Fact, Json
from shared import clock

# So many contractors act at a time: each file is read by a process of its own.
AT_ONCE = 4
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Payrolls:
    """Knows the sheets that payroll gave, and sends what contractors and gates have."""

    def __init__(
        self,
        scenario: Scenario,
        client: Client,
        banks: Banks,
        projects: Mapping[str, str],
        organisations: Mapping[str, str],
    ) -> None:
        """Take the facts, the way to the services, and the ids that codes stand for."""
        self.scenario, self.client, self.banks = scenario, client, banks
        self.projects, self.organisations = projects, organisations
        self.sheets: dict[tuple[str, str], str] = {}
        self.batches: dict[tuple[str, str], str] = {}
        self.free = asyncio.Semaphore(AT_ONCE)
        self.of = {row["code"]: row for row in scenario.rows("projects.csv")}
        self.names = {row["credit_code"]: row["name"] for row in scenario.rows("organisations.csv")}

    def happenings(self) -> Iterator[Fact]:
        """Give everything that has an instant of its own."""
        for (project, instant), crews in self._rosters().items():
            yield self.fact(instant, self._enrol, project, crews)
            for crew in crews:
                if crew["left_on"]:
                    evening = clock.at(date.fromisoformat(crew["left_on"]), 18)
                    yield self.fact(evening.isoformat(), self._leave, project, crew)
        for gate in self.scenario.rows("gates.csv"):
            yield from self._gate(gate)
        for row in self.scenario.rows("payrolls.csv"):
            yield self.fact(row["uploaded_at"], self._upload, row)
            for step, instant in (("review", row["reviewed_at"]), ("approve", row["approved_at"])):
                if instant:
                    yield self.fact(instant, self._step, row, step)
            if row["sent_at"]:
                yield self.fact(row["sent_at"], self._send, row)
                yield self.fact(row["paid_at"], self._pay, row, row["paid_at"])
        for instant, row in self._again():
            yield self.fact(instant, self._retry, row, instant)

    def _again(self) -> Iterator[tuple[str, Row]]:
        """Give when wages of a payroll that came back are sent again."""
        of = {(row["project"], row["period"]): row for row in self.scenario.rows("payrolls.csv")}
        sent = {
            (row["again_at"], row["project"], row["period"])
            for row in self.scenario.rows("returned.csv")
            if row["again_at"]
        }
        for instant, project, period in sorted(sent):
            yield instant, of[project, period]

    def _rosters(self) -> Mapping[tuple[str, str], list[Row]]:
        """Give the crews by project and instant: they are one file."""
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.scenario.rows("crews.csv"):
            found[row["project"], row["told_at"]].append(row)
        return found

    def _gate(self, gate: Row) -> Iterator[Fact]:
        """Give the batches of a site's gates: each tells whom they saw since the one before."""
        seen = workers.seen(self.scenario.files, gate["project"])
        hour = time.fromisoformat(gate["sends_at"])
        step = timedelta(days=int(gate["every_days"]))
        day = before = date.fromisoformat(gate["from_on"])
        while (sent := clock.at(day := day + step, hour.hour, hour.minute)) < self.scenario.ends:
            records = [
                _record(number, on)
                for on in (before + timedelta(days=n) for n in range(step.days))
                for number in seen.get(on, ())
            ]
            if records:
                yield self.fact(sent.isoformat(), self._attend, gate, records)
            before = day

    def fact(self, instant: str, act: Callable[..., Awaitable[None]], *about: object) -> Fact:
        """Give what happens at an instant; only so much happens at a time."""

        async def in_turn() -> None:
            async with self.free:
                await act(*about)

        return Fact(datetime.fromisoformat(instant), in_turn, ALONE)

    def contractor(self, project: str) -> str:
        """Give the id of a project's contractor."""
        return self.organisations[self.of[project]["contractor"]]

    async def _call(
        self, path: str, project: str, role: str, *, person: str = "", **sent: Any
    ) -> Json:
        """Make a request for the contractor of a project."""
        return await self.client.call(
            "POST",
            f"/payroll/v1/{path}",
            role=role,
            area=self.scenario.area_code,
            org=self.contractor(project),
            person=person,
            **sent,
        )

    async def _enrol(self, project: str, crews: Sequence[Row]) -> None:
        file = papers.roster(self.of[project]["name"], crews)
        path = f"projects/{self.projects[project]}/roster-lists"
        await self._call(path, project, "contractor", files=_part(file))

    async def _leave(self, project: str, crew: Row) -> None:
        body = {
            "movements": [
                {"id_number": workers.id_number(number), "kind": "out", "day": crew["left_on"]}
                for number in workers.numbers(crew["workers"])
            ]
        }
        path = f"projects/{self.projects[project]}/site-movements"
        await self._call(path, project, "contractor", body=body)

    async def _attend(self, gate: Row, records: Sequence[Json]) -> None:
        project = gate["project"]
        path = f"projects/{self.projects[project]}/attendance"
        body = {"source": gate["source"], "records": records}
        await self._call(path, project, "gate_vendor", body=body)

    async def _upload(self, row: Row) -> None:
        """Send the month's file, and stand for it once it is found right."""
        project = row["project"]
        about = self.of[project]
        head = Head(about["name"], self.names[about["contractor"]], row["period"])
        file = papers.payroll(row["layout"], head, workers.lines(self.scenario.files, row))
        checked = await self._call(
            f"projects/{self.projects[project]}/sheets",
            project,
            "contractor",
            files=_part(file),
            data={"period": row["period"]},
        )
        self.sheets[project, row["period"]] = checked["sheet"]["id"]
        await self._step(row, "submit")

    async def _step(self, row: Row, step: str) -> None:
        """Do what follows on a sheet, each step by another person."""
        path = f"sheets/{self.sheets[row['project'], row['period']]}/{step}"
        role = "wage_officer" if step == "review" else "contractor"
        await self._call(path, row["project"], role, person=step if step == "approve" else "")

    async def _send(self, row: Row) -> None:
        """Send an approved sheet to the bank; who approved it may."""
        key = row["project"], row["period"]
        path = f"sheets/{self.sheets[key]}/disbursements"
        made = await self._call(path, row["project"], "contractor", person="approve")
        self.batches[key] = made["disbursement"]["id"]

    async def _pay(self, row: Row, instant: str) -> None:
        batch = self.batches[row["project"], row["period"]]
        await self.banks.pay(row, batch, datetime.fromisoformat(instant))

    async def _retry(self, row: Row, instant: str) -> None:
        """Send again what came back, and let the bank pay it."""
        batch = self.batches[row["project"], row["period"]]
        path = f"disbursements/{batch}/retry"
        await self._call(path, row["project"], "contractor", person="approve", body={})
        await self._pay(row, instant)


def _record(number: int, day: date) -> dict[str, str]:
    """Give how a gate saw a worker on a day, as he came in."""
    return {
        "record_key": f"{number:04d}",
        "id_number": workers.id_number(number),
        "at": clock.at(day, 6 + number % 2, number % 60).isoformat(),
        "direction": "01",
        "attend_type": "001",
    }


def _part(file: File) -> dict[str, tuple[str, bytes, str]]:
    kind = "text/csv" if file.name.endswith(".csv") else _XLSX
    return {"file": (file.name, file.content, kind)}
