"""Plays a scenario: facts in order of their instants, over every due instant between them."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from services.demo import requirements
from services.demo.banks import Banks
from services.demo.cases import Cases
from services.demo.disputes import Disputes
from services.demo.facts import Row, Scenario
from services.demo.payrolls import AT_ONCE, Payrolls
from services.demo.stage import Client, Fact, Json, Stage
from shared import clock

Say = Callable[[str], None]
# What people act upon; other items may have the same period.
MISSED = "transfer_missed"


_at = attrgetter("at")


def _filled(row: Row, *names: str) -> dict[str, Any]:
    """Give the named columns of a row that are not empty."""
    return {name: row[name] for name in names if row[name]}


def _list(value: str) -> list[str]:
    return [part for part in value.split("|") if part]


_Made = TypeVar("_Made")


async def _one_by_one(facts: Iterable[Fact]) -> None:
    for fact in facts:
        await fact.act()


async def _few_at_once(acts: Iterable[Awaitable[_Made]]) -> list[_Made]:
    """Do what does not depend on each other, as many at a time as contractors act."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(act: Awaitable[_Made]) -> _Made:
        async with free:
            return await act

    return await asyncio.gather(*map(one, acts))


class Player:
    """Knows the ids that the services gave, and turns facts into requests."""

    def __init__(self, scenario: Scenario, client: Client, say: Say) -> None:
        """Take the facts, the way to the services, and where progress is told."""
        self.scenario, self.client, self.say = scenario, client, say
        self.stage = Stage(client)
        self.organisations: dict[str, str] = {}
        self.projects: dict[str, str] = {}
        self.persons: dict[str, str] = {}
        self.accounts: dict[str, str] = {}
        self.banks = Banks(scenario, client, self.organisations)
        self.payrolls = Payrolls(scenario, client, self.banks, self.projects, self.organisations)
        self.disputes = Disputes(scenario, client, self.payrolls)
        self.cases = Cases(scenario, client, self.projects, self.organisations)

    async def enter(self) -> None:
        """Set the clock to the scenario's first instant and enter the standing facts."""
        await self.stage.go(self.scenario.begins)
        await self._standing()
        await self.stage.settle()

    async def play(self) -> None:
        """Play what happened until the end."""
        month = 0
        for instant, facts in groupby(sorted(self._happenings(), key=_at), key=_at):
            together = list(facts)
            names = sorted({name for fact in together for name in fact.names})
            await self.stage.go(instant, names)
            # Feeds of different banks do not wait for each other, nor does what is entered about
            # different projects; people's acts are in order.
            await asyncio.gather(*(fact.act() for fact in together if len(fact.names) == 1))
            await self._in_order(fact for fact in together if len(fact.names) > 1)
            await self.stage.happened(instant, names)
            if clock.day_of(instant).month != month:
                month = clock.day_of(instant).month
                self.say(f"  … {clock.day_of(instant)}")
        await self.stage.go(self.scenario.ends)
        await self.stage.settle()

    async def _in_order(self, facts: Iterable[Fact]) -> None:
        """Do what people did, one after the other but for what is about different projects."""
        for _, of_kind in groupby(facts, key=lambda fact: fact.apart and fact.apart[0]):
            about: dict[object, list[Fact]] = defaultdict(list)
            for fact in of_kind:
                about[fact.apart].append(fact)
            await _few_at_once(map(_one_by_one, about.values()))

    async def _post(
        self, path: str, body: Json, *, role: str = "operator", area: str = "0", org: str = ""
    ) -> Json:
        return await self.client.call("POST", path, body=body, role=role, area=area, org=org)

    async def _standing(self) -> None:
        rows = self.scenario.rows
        names = ("code", "name", "parent_code", "valid_from", "valid_to")
        areas = [_filled(row, *names) for row in rows("areas.csv")]
        await self._post("/registry/v1/areas", {"items": areas})
        for year in self.scenario.calendar_years:
            await self._post("/registry/v1/calendars", {"area_code": "0", "year": year})
        await self.stage.settle()
        for row in rows("duties.csv"):
            required = {"required": _list(row["required"])}
            body = {**_filled(row, *(name for name in row if name != "required")), **required}
            await self._post("/registry/v1/reporting/duties", body)
        await _few_at_once(map(self._organisation, rows("organisations.csv")))
        # In their order: so is armed, and later done, what is due of several at one instant.
        for row in rows("projects.csv"):
            await self._project(row)
        persons = rows("persons.csv")
        made = await _few_at_once(map(self._person, persons))
        self.persons = dict(zip((row["project"] for row in persons), made, strict=True))
        # What was in place before the story begins is there before anything else is entered.
        await self._systems([r for r in rows("requirements.csv") if r["done_on"] <= self._begun])
        # In their order, which their ids keep: so are those named who are told of the same.
        for row in rows("recipients.csv"):
            await self._recipient(row)
        self.say(f"  {len(self.organisations)} organisations, {len(self.projects)} projects")

    async def _organisation(self, row: Row) -> None:
        body = {
            **_filled(row, "credit_code", "name", "area_code"),
            "roles": _list(row["roles"]),
            "trades": _list(row["trades"]),
        }
        made = await self._post("/registry/v1/organisations", body)
        self.organisations[row["credit_code"]] = made["id"]

    async def _person(self, row: Row) -> str:
        body = {
            **_filled(row, "name", "post", "role", "from_on", "until_on"),
            "unit_id": self.organisations[row["unit"]],
        }
        path = f"/registry/v1/projects/{self.projects[row['project']]}/persons"
        made = await self._post(path, body, role="wage_office")
        return str(made["person_id"])

    async def _project(self, row: Row) -> None:
        body = _filled(
            row,
            "code",
            "name",
            "area_code",
            "investment_type",
            "funding_source",
            "status",
            "supervised_since",
            "started_on",
        )
        particulars = (
            "works_kind",
            "investment_amount",
            "approval_number",
            "permit_number",
            "address",
        )
        for known in self.scenario.rows("particulars.csv"):
            if known["project"] == row["code"]:
                body |= _filled(known, *particulars)
        for name in ("developer", "contractor", "sector_authority"):
            if row[name]:
                body[f"{name}_id"] = self.organisations[row[name]]
        made = await self._post("/registry/v1/projects", body, role="wage_office")
        self.projects[row["code"]] = made["id"]

    async def _recipient(self, row: Row) -> None:
        body: dict[str, Any] = {
            "title": row["name"],
            "roles": [row["role"]],
            "area_code": row["area_code"],
            "channels": _list(row["channels"]),
        }
        if row["organisation"]:
            body["org_id"] = self.organisations[row["organisation"]]
        if row["person"]:
            body["person_id"] = self.persons[row["person"]]
        await self._post("/alerts/v1/recipients", body)

    def _happenings(self) -> list[Fact]:
        """Give everything that has an instant of its own, with what it does."""
        rows = self.scenario.rows
        facts: list[Fact] = []
        for row in rows("sources.csv"):
            first = date.fromisoformat(row["from_day"])
            facts.append(Fact(clock.at(first), partial(self._source, row)))
            facts += self.banks.feeds(row, first)
        # An account is entered before the contract of its day: nothing is missing meanwhile.
        for row in rows("wage_accounts.csv"):
            opened_at = clock.at(date.fromisoformat(row["opened_on"]), 9)
            facts.append(
                Fact(opened_at, partial(self._account, row), apart=("account", row["project"]))
            )
        for account_no, at, path, body in self.scenario.filings_later():
            facts.append(Fact(at, partial(self._file, account_no, path, body), ("payroll",)))
        for row in rows("works_contracts.csv"):
            signed_at = clock.at(date.fromisoformat(row["signed_on"]), 12)
            facts.append(
                Fact(signed_at, partial(self._contract, row), apart=("contract", row["project"]))
            )
        facts += self._lists("reports.csv", self._report)
        facts += self._lists("sightings.csv", self._see)
        facts += self._in_place()
        facts += self.payrolls.happenings()
        facts += self.disputes.happenings()
        facts += self.cases.happenings()
        for row in rows("acts.csv"):
            facts.append(Fact(datetime.fromisoformat(row["at"]), partial(self._act, row)))
        begins, ends = self.scenario.begins, self.scenario.ends
        return [fact._replace(at=max(fact.at, begins)) for fact in facts if fact.at < ends]

    def _lists(self, file: str, enter: Callable[[list[Row]], Awaitable[None]]) -> Iterator[Fact]:
        """Give a fact for the rows of an instant that one role enters together."""
        together = itemgetter("at", "role")
        for (instant, _), rows in groupby(self.scenario.rows(file), key=together):
            # Only registry takes them; the others hear of it by events, which carry its instant.
            at = datetime.fromisoformat(instant)
            yield Fact(at, partial(enter, list(rows)), ("registry",))

    async def _report(self, rows: list[Row]) -> None:
        day = clock.day_of(datetime.fromisoformat(rows[0]["at"])).isoformat()
        items = [{"project_id": self.projects[row["project"]], "reported_on": day} for row in rows]
        area = self.scenario.area_code
        await self._post("/registry/v1/reports", {"items": items}, role=rows[0]["role"], area=area)

    async def _see(self, rows: list[Row]) -> None:
        names = {row["credit_code"]: row["name"] for row in self.scenario.rows("organisations.csv")}
        told = (
            *("seen_on", "name", "area_code", "works_kind", "approval_number"),
            *("investment_amount", "started_on", "note"),
        )
        for source, seen in groupby(rows, key=itemgetter("source")):
            items = [
                {
                    **_filled(row, *told),
                    "developer_name": names[row["developer"]],
                    "developer_code": row["developer"],
                }
                for row in seen
            ]
            body = {"items": items}
            path = "inspected" if source == "inspection" else "approvals"
            if path == "approvals":
                body |= {"source": source}
            who = {"role": rows[0]["role"], "area": self.scenario.area_code}
            await self._post(f"/registry/v1/{path}", body, **who)

    @property
    def _begun(self) -> str:
        return clock.day_of(self.scenario.begins).isoformat()

    def _in_place(self) -> Iterator[Fact]:
        """Give a fact for what is in place since each day of the story, entered at its noon."""
        rows = sorted(self.scenario.rows("requirements.csv"), key=itemgetter("done_on"))
        for day, found in groupby(rows, key=itemgetter("done_on")):
            if day > self._begun:
                # Only registry takes it; the others hear of it by events.
                at = clock.at(date.fromisoformat(day), 12)
                yield Fact(at, partial(self._systems, list(found)), ("registry",))

    async def _systems(self, rows: Sequence[Row]) -> None:
        """File what shows required systems in place."""
        who = {"role": "wage_office", "area": self.scenario.area_code}
        for body in requirements.bodies(rows, self.projects):
            await self._post("/registry/v1/requirements/evidence", body, **who)

    async def _source(self, row: Row) -> None:
        await self._post(
            "/payroll/v1/sources",
            {
                **_filled(row, "code", "name", "area_code", "expected_by", "from_day"),
                "bank_id": self.organisations[row["bank"]],
                "expected_after_wd": int(row["expected_after_wd"]),
            },
        )

    async def _contract(self, row: Row) -> None:
        terms = _filled(
            row,
            "basis",
            "amount",
            "share",
            "first_period",
            "last_period",
            "transfer_month",
            "due_shift",
        )
        terms |= {name: int(row[name]) for name in ("cycle_months", "transfer_day")}
        await self._post(
            "/registry/v1/works-contracts",
            {
                **_filled(row, "number", "signed_on", "contract_amount"),
                "project_id": self.projects[row["project"]],
                "contractor_id": self.organisations[row["contractor"]],
                "labour_cost": terms,
            },
            role="wage_office",
        )

    async def _account(self, row: Row) -> None:
        made = await self._post(
            "/payroll/v1/wage-accounts",
            {
                **_filled(row, "source", "account_no", "account_name", "bank_name", "opened_on"),
                **self.scenario.filed_at_entry(row),
                "project_id": self.projects[row["project"]],
            },
            role="wage_office",
            area=self.scenario.area_code,
        )
        self.accounts[row["account_no"]] = made["id"]
        self.banks.open(row)

    async def _file(self, account_no: str, path: str, body: Json) -> None:
        step = f"/payroll/v1/wage-accounts/{self.accounts[account_no]}/{path}"
        await self._post(step, body, role="wage_office", area=self.scenario.area_code)

    async def _act(self, row: Row) -> None:
        """Do what a person did: acknowledge an alert, answer an item, decide on a proposal."""
        who = {
            "role": row["role"],
            "area": self.scenario.area_code,
            "org": self.organisations.get(row["organisation"], ""),
        }
        project = self.projects[row["project"]]
        if row["act"] in {"confirm", "refuse"}:
            found = await self.client.everything("/cases/v1/proposals", project_id=project)
            body = {"reason": row["text"]} if row["act"] == "refuse" else None
            await self._post(f"/cases/v1/proposals/{found[-1]['id']}/{row['act']}", body, **who)
            return
        items = await self.client.everything(
            "/cases/v1/watch-items", project_id=project, period=row["period"], kind=MISSED
        )
        item = items[-1]["id"]
        if row["act"] == "answer":
            body = {"explanation": row["text"], **_filled(row, "promised_on")}
            await self._post(f"/cases/v1/watch-items/{item}/answers", body, **who)
            return
        for alert in await self.client.everything("/alerts/v1/alerts", watch_item_id=item):
            if not alert["acknowledged_at"] and not alert["closed_at"]:
                body = {"note": row["text"], **_filled(row, "promised_on")}
                await self._post(f"/alerts/v1/alerts/{alert['id']}/acknowledge", body, **who)
